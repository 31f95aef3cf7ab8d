"""Every kind of secret that the house keeps, planted: a kind is a row of KINDS.

A row's function puts the secret where it belongs and says where what holds it is read. Add a row for a kind, and the
surfaces of `test_canaries.py` are searched for it.
"""

import base64
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from controlplane.sql.transactions import workspace_transaction
from deployments.services.push import keys as push_keys
from notifications.services import slack_teams
from notifications.services.slack_teams import Installed
from tests.api.deploying import make_deployment, make_pool
from tests.api.test_blocks import make_document, make_schema, make_type, schema_fields
from tests.fakes.receivers import Receivers
from tests.world import Tenant, make_user
from workspaces.models import ServiceAccount, Workspace, WorkspaceAccess
from workspaces.services import keys

FROM_TEMPLATE = '{"event": "called", "resource": {"prefect.resource.id": "x"}}'


@dataclass
class Ground:
    """Where secrets are planted, and what is known of them."""

    tenant: Tenant
    fake: Receivers
    kind: str = ""
    secrets: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    shown_to_owners: set[str] = field(default_factory=set)
    """What a door gives back to whoever may manage it (the address of a webhook) or run it (its parameters)."""
    run_by_owners: set[str] = field(default_factory=set)
    """Paths where a client that runs things reads the secrets that they need."""
    masked_in_logs: set[str] = field(default_factory=set)
    """What a line of a log must not show: the house can know it."""
    paths: list[str] = field(default_factory=list)
    """Of the API, for what holds a secret."""
    pages: list[str] = field(default_factory=list)
    """Of the workspace, for what holds a secret."""
    tests: list[str] = field(default_factory=list)
    """Doors that use the secret against a server."""
    refused: list[tuple[str, str, Any]] = field(default_factory=list)
    """Requests with a secret in its place, and something wrong beside it."""
    heard: list[str] = field(default_factory=list)
    """What was told on `/events/out` meanwhile."""

    @property
    def all(self) -> list[str]:
        return [secret for of_kind in self.secrets.values() for secret in of_kind]

    def plant(self, length: int = 38) -> str:
        return self.took(f"canary{uuid4().hex}"[:length])

    def took(self, secret: str) -> str:
        """A secret that the house has made itself."""
        self.secrets[self.kind].append(secret)
        return secret


def plant_all(tenant: Tenant, fake: Receivers) -> Ground:
    ground = Ground(tenant, fake)
    for kind, row in KINDS.items():
        ground.kind = kind
        row(ground)
        assert ground.secrets[kind], f"{kind}: nothing was planted"
    return ground


# --- blocks -----------------------------------------------------------------------------------------------------------


def plant_block(ground: Ground, schema: Any, name: str, **data: Any) -> dict[str, Any]:
    document = make_document(ground.tenant, schema, name, **data)
    ground.paths.append(f"/block_documents/{document['id']}")
    ground.pages += [f"/blocks/{document['id']}", f"/blocks/{document['id']}/edit"]
    body = {"block_schema_id": schema["id"], "block_type_id": schema["block_type_id"], "data": data}
    ground.refused += [
        ("POST", "/block_documents/", {**body, "name": 7}),
        ("POST", "/block_documents/", {**body, "name": name}),
        ("POST", "/block_documents/", {**body, "name": "x", "block_type_id": "none"}),
        ("POST", "/block_documents/", {**body, "name": "x", "data": [data]}),
        ("PUT", "/block_documents/", {**body, "name": "/"}),
        ("PATCH", f"/block_documents/{document['id']}", {"data": str(data)}),
        ("PATCH", f"/block_documents/{document['id']}", {"data": data, "block_schema_id": str(uuid4())}),
        ("PATCH", f"/block_documents/{uuid4()}", {"data": data}),
    ]
    return document


def plant_in_block(ground: Ground) -> str:
    secret = ground.plant()
    ground.masked_in_logs.add(secret)
    return secret


def plant_blocks(ground: Ground) -> None:
    fields = schema_fields("odd", ["password", "tokens", "headers.*", "deep.token"])
    schema = make_schema(ground.tenant, make_type(ground.tenant, "odd"), fields)
    for n in range(3):
        plant_block(
            ground, schema, f"odd-{n}", password=plant_in_block(ground),
            tokens=[plant_in_block(ground), plant_in_block(ground)], headers={"a": plant_in_block(ground)},
            deep={"token": plant_in_block(ground)},
        )  # fmt: skip


def plant_nested_blocks(ground: Ground) -> None:
    inner = make_schema(ground.tenant, make_type(ground.tenant))
    outer = make_schema(ground.tenant, make_type(ground.tenant, "outer"), schema_fields("outer", ["leaf.password"]))
    for n in range(2):
        document = plant_block(ground, inner, f"inner-{n}", user="u", password=plant_in_block(ground))
        plant_block(ground, outer, f"outer-{n}", leaf={"$ref": {"block_document_id": document["id"]}})


def plant_changed_block(ground: Ground) -> None:
    """What is overwritten is nowhere either; only what the block holds now can be known in a log."""
    schema = make_schema(ground.tenant, make_type(ground.tenant, "changed"), schema_fields("changed", ["password"]))
    document = plant_block(ground, schema, "changed", password=ground.plant())
    ground.tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": {"password": plant_in_block(ground)}})
    put = {"name": "put", "block_schema_id": schema["id"], "block_type_id": schema["block_type_id"]}
    for secret in (ground.plant(), plant_in_block(ground)):
        ground.tenant.ok("PUT", "/block_documents/", {**put, "data": {"password": secret}})


def plant_deleted_block(ground: Ground) -> None:
    schema = make_schema(ground.tenant, make_type(ground.tenant, "deleted"), schema_fields("deleted", ["password"]))
    document = make_document(ground.tenant, schema, "deleted", password=ground.plant())
    ground.tenant.ok("DELETE", f"/block_documents/{document['id']}")


def plant_secret_block(ground: Ground) -> None:
    """Of the type that every workspace has."""
    tenant = ground.tenant
    tenant.ok("POST", "/block_types/install_system_block_types")
    kind = tenant.ok("GET", "/block_types/slug/secret")
    (schema,) = tenant.ok(
        "POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}, "limit": 1}
    )
    plant_block(ground, schema, "plain", value=plant_in_block(ground))


def plant_aws_credentials(ground: Ground) -> None:
    names = ["aws_secret_access_key", "aws_session_token"]
    kind = make_type(ground.tenant, "aws-credentials")
    schema = make_schema(ground.tenant, kind, schema_fields("aws-credentials", names))
    document = plant_block(
        ground, schema, "aws", aws_access_key_id="AKIATEST", region_name="eu-west-1",
        aws_secret_access_key=plant_in_block(ground), aws_session_token=plant_in_block(ground),
        aws_client_parameters={"endpoint_url": "http://127.0.0.1:1"},
    )  # fmt: skip
    ground.tests.append(f"/block_documents/{document['id']}/test")


# --- channels ---------------------------------------------------------------------------------------------------------


def signing(ground: Ground) -> str:
    return "whsec_" + base64.b64encode(ground.plant().encode()).decode()


def aws_of(ground: Ground) -> dict[str, Any]:
    return {"region": "eu-central-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": ground.plant()}


CHANNELS: dict[str, Callable[[Ground, str], dict[str, Any]]] = {
    "slack": lambda g, url: {"url": f"{url}/services/T1/B1/{g.plant()}"},
    "slack-app": lambda g, url: {"token": f"xoxb-{g.plant()}", "channel": "C12345678"},
    "email": lambda g, url: {
        "to": ["ann@example.com"], "sender": "bot@example.com", "host": "127.0.0.1", "username": "u",
        "password": g.plant(),
    },
    "teams": lambda g, url: {"url": f"{url}/teams?sig={g.plant()}"},
    "discord": lambda g, url: {"url": f"{url}/api/webhooks/1/{g.plant()}"},
    "pagerduty": lambda g, url: {"routing_key": g.plant(32), "api_url": url},
    "opsgenie": lambda g, url: {"api_key": g.plant(), "api_url": url},
    "telegram": lambda g, url: {"token": f"123:{g.plant()}", "chat_id": "-1001", "api_url": url},
    "mattermost": lambda g, url: {"url": f"{url}/hooks/{g.plant()}"},
    "twilio": lambda g, url: {
        "account_sid": f"AC{'a' * 32}", "auth_token": g.plant(), "sender": "+15550100", "to": ["+15550101"],
        "api_url": url,
    },
    "ses": lambda g, url: {**aws_of(g), "sender": "bot@example.com", "to": ["ann@example.com"]},
    "sns": lambda g, url: {**aws_of(g), "topic_arn": "arn:aws:sns:eu-central-1:123456789012:alerts"},
    "sendgrid": lambda g, url: {
        "api_key": g.plant(), "sender": "bot@example.com", "to": ["ann@example.com"], "api_url": url,
    },
    "webhook": lambda g, url: {
        "url": f"{url}/signed?k={g.plant()}", "signing_secret": signing(g), "previous_secret": signing(g),
        "headers": {"X-Token": g.plant()},
    },
    "request": lambda g, url: {
        "url": f"{url}/custom?k={{{{key}}}}&t={g.plant()}", "headers": {"X-Token": g.plant()},
        "params": {"p": g.plant()}, "cookies": {"c": g.plant()}, "secrets": {"key": g.plant()},
        "json_text": f'{{"a": "{g.plant()}"}}',
    },
    "apprise": lambda g, url: {"url": f"{url.replace('http', 'json', 1)}/apprise/{g.plant()}"},
}  # fmt: skip
# What would leave this machine if it were tried.
NOT_TRIED = ("ses", "sns", "slack-app")


def plant_channels(ground: Ground) -> None:
    tenant = ground.tenant
    for kind, settings_of in CHANNELS.items():
        settings = settings_of(ground, ground.fake.url)
        made = tenant.ok("POST", "/notification_channels", {"kind": kind, "name": kind, "settings": settings})
        path = f"/notification_channels/{made['id']}"
        ground.paths.append(path)
        ground.pages += [f"/notifications/channels/{made['id']}", f"/notifications/new/{kind}"]
        ground.tests += [] if kind in NOT_TRIED else [f"{path}/test"]
        wrong = [{**settings, "colour": "red"}, [settings], {name: [settings] for name in settings}]
        ground.refused += [("PATCH", path, {"settings": one}) for one in wrong]
        ground.refused += [
            ("POST", "/notification_channels", {"kind": kind, "name": kind, "settings": settings}),  # taken
            ("POST", "/notification_channels", {"kind": "pigeon", "name": "x", "settings": settings}),
            ("POST", "/notification_channels", {"kind": kind, "name": 7, "settings": settings}),
            *(("POST", "/notification_channels", {"kind": kind, "name": "x", "settings": one}) for one in wrong),
        ]


def plant_slack_team(ground: Ground) -> None:
    installed = Installed(token=f"xoxb-{ground.plant()}", team_id="T0123456", name="Acme", channel="C12345678")
    with workspace_transaction(ground.tenant.workspace_id):
        row = slack_teams.keep_team(ground.tenant.workspace_id, installed)
    ground.pages += ["/notifications/new/slack", f"/notifications/new/slack/{row.id}"]


# --- what the house makes itself --------------------------------------------------------------------------------------


def plant_webhooks(ground: Ground) -> None:
    tenant = ground.tenant
    for n in range(3):
        made = tenant.ok("POST", "/webhooks/", {"name": f"w{n}", "template": FROM_TEMPLATE})
        slug = ground.took(made["slug"])
        if n == 0:  # the address that was is a secret still, of whoever calls it
            slug = ground.took(tenant.ok("POST", f"/webhooks/{made['id']}/rotate")["slug"])
        ground.shown_to_owners.add(slug)
        ground.paths.append(f"/webhooks/{made['id']}")
        ground.pages += [f"/webhooks/{made['id']}", f"/webhooks/{made['id']}/edit"]


def plant_keys(ground: Ground) -> None:
    workspace = Workspace.objects.get(id=ground.tenant.workspace_id)
    robot = ServiceAccount.objects.create(account=ground.tenant.account, name="robot")
    WorkspaceAccess.objects.create(workspace=workspace, service_account=robot, role="Worker")
    for n in range(2):
        made = keys.create_key(name=f"k{n}", user=ground.tenant.user, workspace=workspace)
        ground.took(made.token)
        ground.pages.append(f"/keys/{made.key.id}/use")
    ground.took(keys.create_key(name="robot", service_account=robot, workspace=workspace).token)
    ground.took(ground.tenant.key)


def plant_push_key(ground: Ground) -> None:
    pool = make_pool(ground.tenant, type="ecs:push")
    ground.paths.append(f"/work_pools/{pool['name']}")
    ground.pages.append(f"/pools/{pool['name']}")
    with workspace_transaction(ground.tenant.workspace_id):
        now = datetime.now(UTC)
        ground.took(push_keys.key_of_pool(ground.tenant.workspace_id, UUID(pool["id"]), pool["name"], now=now))


def plant_password(ground: Ground) -> None:
    user = make_user("with-a-password")
    user.set_password(ground.plant())
    user.save()
    WorkspaceAccess.objects.create(workspace=ground.tenant.workspace, user=user, role="Viewer")


# --- what runs are given ----------------------------------------------------------------------------------------------

GIVEN = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "format": "password", "writeOnly": True},
        "login": {"type": "object", "properties": {"password": {"type": "string", "format": "password"}}},
        "n": {"type": "integer"},
    },
}


def plant_to_be_run(ground: Ground) -> str:
    """What the owner's own client reads in the clear to run it, and no list and no page shows."""
    secret = ground.plant()
    ground.shown_to_owners.add(secret)
    return secret


def known_to_be_run(ground: Ground) -> str:
    secret = plant_to_be_run(ground)
    ground.masked_in_logs.add(secret)
    return secret


def plant_parameters(ground: Ground) -> None:
    tenant = ground.tenant
    every_day = {"interval": 86_400, "anchor_date": "2020-01-01T00:00:00Z"}
    body = {
        "parameters": {"token": known_to_be_run(ground), "login": {"password": known_to_be_run(ground)}, "n": 1},
        "parameter_openapi_schema": GIVEN, "version_info": {"type": "t", "version": "1"},
        "schedules": [{"schedule": every_day, "parameters": {"token": known_to_be_run(ground)}, "slug": "daily"}],
    }  # fmt: skip
    deployment = make_deployment(tenant, **body)
    tenant.ok("POST", f"/deployments/{deployment['id']}/schedule", {})
    runs = [
        tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", given)
        for given in ({}, {"parameters": {"token": plant_to_be_run(ground)}})
    ]
    flow = {"flow_id": deployment["flow_id"], "name": deployment["name"]}
    create = f"/deployments/{deployment['id']}/create_flow_run"
    ground.refused += [
        ("POST", "/deployments/", {**body, **flow, "tags": 7}),
        ("POST", "/deployments/", {**body, **flow, "parameters": [body["parameters"]]}),
        ("PATCH", f"/deployments/{deployment['id']}", {"parameters": body["parameters"], "tags": 7}),
        ("PATCH", f"/deployments/{deployment['id']}", {"parameters": str(body["parameters"])}),
        ("PATCH", f"/deployments/{deployment['id']}", {"schedules": body["schedules"] * 2, "tags": 7}),
        ("POST", create, {"parameters": {**body["parameters"], "n": "no"}, "enforce_parameter_schema": True}),
        ("POST", create, {"parameters": {"n": "no"}, "enforce_parameter_schema": True}),
        ("POST", create, {"parameters": body["parameters"], "tags": 7}),
        ("POST", "/flow_runs/", {"flow_id": "none", "parameters": body["parameters"]}),
        ("PATCH", f"/flow_runs/{runs[0]['id']}", {"parameters": body["parameters"], "tags": 7}),
    ]
    ground.run_by_owners |= {f"/deployments/{deployment['id']}", *(f"/flow_runs/{run['id']}" for run in runs)}
    ground.pages += [f"/deployments/{deployment['id']}"]
    ground.pages += [f"/runs/{run['id']}/{tab}" for run in runs for tab in ("parameters", "details", "events")]
    ground.paths += [*ground.run_by_owners, f"/deployments/{deployment['id']}/schedules"]


def plant_job_variables(ground: Ground) -> None:
    tenant = ground.tenant
    template = {
        "job_configuration": {"env": "{{ env }}", "key": "{{ key }}"},
        "variables": {"properties": {
            "env": {"type": "object", "additionalProperties": {"type": "string", "format": "password"}},
            "key": {"type": "string", "writeOnly": True, "default": known_to_be_run(ground)},
        }},
    }  # fmt: skip
    pool = make_pool(tenant, base_job_template=template)
    variables = {"env": {"A": known_to_be_run(ground)}}
    deployment = make_deployment(tenant, work_pool_name=pool["name"], job_variables=variables)
    create = f"/deployments/{deployment['id']}/create_flow_run"
    run = tenant.ok("POST", create, {"job_variables": {"key": plant_to_be_run(ground)}})
    ground.refused += [
        ("POST", "/work_pools/", {"name": pool["name"], "type": "process", "base_job_template": template}),
        ("PATCH", f"/work_pools/{pool['name']}", {"base_job_template": template, "concurrency_limit": "x"}),
        ("POST", create, {"job_variables": {**variables, "key": [variables["env"]["A"]]}}),
        ("PATCH", f"/deployments/{deployment['id']}", {"job_variables": variables, "tags": 7}),
    ]
    paths = {f"/deployments/{deployment['id']}", f"/flow_runs/{run['id']}", f"/work_pools/{pool['name']}"}
    ground.run_by_owners |= paths
    ground.paths += paths
    ground.pages += [f"/deployments/{deployment['id']}", f"/runs/{run['id']}/details", f"/pools/{pool['name']}"]


def plant_actions(ground: Ground) -> None:
    deployment = make_deployment(ground.tenant, parameter_openapi_schema=GIVEN)
    body = {
        "name": "gives", "trigger": {"type": "event", "posture": "Reactive", "expect": ["never"], "threshold": 1},
        "actions": [{
            "type": "run-deployment", "deployment_id": deployment["id"], "parameters": {"token": ground.plant()},
        }],
    }  # fmt: skip
    made = ground.tenant.ok("POST", "/automations/", body)
    ground.paths.append(f"/automations/{made['id']}")
    ground.pages += [f"/automations/{made['id']}", f"/automations/{made['id']}/edit"]
    ground.refused += [
        ("POST", "/automations/", {**body, "name": 7}),
        ("PUT", f"/automations/{made['id']}", {**body, "trigger": {**body["trigger"], "threshold": "x"}}),
    ]


KINDS: dict[str, Callable[[Ground], None]] = {
    "secret fields of blocks: plain, in lists, in mappings, nested": plant_blocks,
    "blocks in blocks": plant_nested_blocks,
    "blocks that were changed": plant_changed_block,
    "blocks that were deleted": plant_deleted_block,
    "Secret blocks": plant_secret_block,
    "AWS credentials": plant_aws_credentials,
    "channels of every kind": plant_channels,
    "Slack installations": plant_slack_team,
    "addresses of webhooks": plant_webhooks,
    "parameters of deployments, schedules, versions and runs": plant_parameters,
    "job variables, and defaults of pools": plant_job_variables,
    "parameters in actions": plant_actions,
    "API keys": plant_keys,
    "keys of push pools": plant_push_key,
    "passwords of people": plant_password,
}
