"""What a schema marks as secret in parameters and job variables: sealed where it lies, masked where it is shown."""

from typing import Any
from uuid import UUID

import pytest

from blocks.services.sealed_parts import open_parts
from blocks.services.sealing import CannotOpen
from controlplane.sql.transactions import open_cursor, workspace_transaction
from tests.api.deploying import make_deployment, make_pool, plan_runs, poll, run, scheduled_runs
from tests.pages.forms_sent import send_form
from tests.visitor import visit_as
from tests.world import Tenant, make_flow, make_flow_run, make_member, make_task_run, make_tenant

MASK = "********"
SCHEMA = {
    "type": "object",
    "title": "Parameters",
    "properties": {
        "token": {"type": "string", "format": "password", "writeOnly": True, "title": "token"},
        "login": {"$ref": "#/definitions/Login"},
        "headers": {"type": "object", "additionalProperties": {"type": "string", "format": "password"}},
        "n": {"type": "integer"},
    },
    "definitions": {
        "Login": {
            "type": "object",
            "properties": {"user": {"type": "string"}, "password": {"type": "string", "writeOnly": True}},
        }
    },
}
CLEAR = {"token": "hush-t-1", "login": {"user": "u", "password": "hush-p-1"}, "headers": {"auth": "hush-h-1"}, "n": 4}
MASKED = {"token": MASK, "login": {"user": "u", "password": MASK}, "headers": {"auth": MASK}, "n": 4}
TEMPLATE = {
    "job_configuration": {"env": "{{ env }}", "key": "{{ key }}", "image": "{{ image }}"},
    "variables": {
        "type": "object",
        "properties": {
            "env": {"type": "object", "additionalProperties": {"type": "string", "format": "password"}},
            "key": {"type": "string", "format": "password", "default": "hush-k-0"},
            "image": {"type": "string", "default": "i"},
        },
    },
}
EVERY_MINUTE = {"interval": 60, "anchor_date": "2020-01-01T00:00:00Z"}
TABLES = ("deployment", "deployment_schedule", "deployment_version", "flow_run", "work_pool", "automation", "event")


def deploy(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return make_deployment(tenant, **{"parameter_openapi_schema": SCHEMA, "parameters": CLEAR, **fields})


def read(who: Tenant, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
    return who.ok("GET", f"/{kind}/{thing['id']}")


def shown(who: Tenant, kind: str, thing: dict[str, Any]) -> Any:
    return read(who, kind, thing)["parameters"]


def rows_of(tenant: Tenant) -> str:
    """All that the database holds of a workspace in the tables that may hold secrets, as text."""
    with workspace_transaction(tenant.workspace_id):
        return "".join(str(open_cursor().execute(f"SELECT {table}::text FROM {table}").fetchall()) for table in TABLES)


def stored(tenant: Tenant, table: str, id: str) -> bytes | None:
    with workspace_transaction(tenant.workspace_id):
        row = open_cursor().execute(f"SELECT secrets FROM {table} WHERE id = %s", [id]).fetchone()
    return row[0] if row else None


@pytest.fixture
def worker(tenant) -> Tenant:
    return make_member(tenant, "Worker", "worker")


@pytest.fixture
def runner(tenant) -> Tenant:
    return make_member(tenant, "Runner", "runner")


def test_only_who_may_see_secrets_reads_a_deployment_s_and_a_run_s(tenant, viewer, runner, worker):
    deployment = deploy(tenant)
    assert deployment["parameters"] == MASKED
    made = run(runner, deployment)
    assert made["parameters"] == MASKED
    for who in (viewer, runner):
        assert (shown(who, "deployments", deployment), shown(who, "flow_runs", made)) == (MASKED, MASKED)
    for who in (tenant, worker):
        assert (shown(who, "deployments", deployment), shown(who, "flow_runs", made)) == (CLEAR, CLEAR)
    lists = [tenant.ok("POST", f"/{kind}/filter", {})[0]["parameters"] for kind in ("deployments", "flow_runs")]
    assert lists == [MASKED, MASKED]
    assert run(tenant, deployment)["parameters"] == CLEAR
    text = rows_of(tenant)
    assert [secret for secret in ("hush-t-1", "hush-p-1", "hush-h-1") if f'"{secret}"' in text] == []


def test_without_marks_nothing_is_sealed(tenant):
    deployment = deploy(tenant, parameter_openapi_schema={"type": "object"})
    made = run(tenant, deployment)
    assert (deployment["parameters"], made["parameters"]) == (CLEAR, CLEAR)
    assert [stored(tenant, "deployment", deployment["id"]), stored(tenant, "flow_run", made["id"])] == [None, None]


@pytest.mark.parametrize(
    ("_case", "sent", "parameters"),
    [
        ("all as it was shown", MASKED, CLEAR),
        ("another value beside the masks", {**MASKED, "n": 5}, {**CLEAR, "n": 5}),
        ("a new secret", {**MASKED, "token": "t-2"}, {**CLEAR, "token": "t-2"}),
        ("a secret emptied", {**MASKED, "token": ""}, {**CLEAR, "token": ""}),
        ("a secret left out", {"n": 4}, {"n": 4}),
        ("a mask where none was shown", {**MASKED, "n": MASK}, {**CLEAR, "n": MASK}),
        ("a mask of a key that was not there", {"headers": {"other": MASK}}, {"headers": {"other": MASK}}),
    ],
)
def test_a_mask_that_comes_back_keeps_the_secret(tenant, _case, sent, parameters):
    deployment = deploy(tenant)
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"parameters": sent})
    assert shown(tenant, "deployments", deployment) == parameters
    redeployed = deploy(tenant, flow_id=deployment["flow_id"], name=deployment["name"])
    assert shown(tenant, "deployments", redeployed) == CLEAR
    deploy(tenant, flow_id=deployment["flow_id"], name=deployment["name"], parameters=sent)
    assert shown(tenant, "deployments", deployment) == parameters


def test_another_schema_is_no_way_to_read_a_secret(tenant, viewer):
    deployment = deploy(tenant)
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"parameter_openapi_schema": {"type": "object"}})
    made = run(tenant, deployment)
    assert (shown(viewer, "deployments", deployment), shown(viewer, "flow_runs", made)) == (MASKED, MASKED)
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"parameters": {"token": "no secret now"}})
    assert shown(viewer, "deployments", deployment) == {"token": "no secret now"}


def test_a_schema_that_marks_later_hides_what_is_there(tenant, viewer):
    deployment = deploy(
        tenant, parameter_openapi_schema={},
        schedules=[{"schedule": EVERY_MINUTE, "parameters": {"token": "t-s"}, "slug": "s"}],
    )  # fmt: skip
    assert shown(viewer, "deployments", deployment) == CLEAR
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"parameter_openapi_schema": SCHEMA})
    assert shown(viewer, "deployments", deployment) == MASKED
    (schedule,) = read(tenant, "deployments", deployment)["schedules"]
    assert schedule["parameters"] == {"token": MASK}
    assert '"t-s"' not in rows_of(tenant)


def test_defaults_in_a_schema_are_secret_too(tenant, viewer):
    schema = {"type": "object", "properties": {"token": {"format": "password", "default": "d-1"}}}
    deployment = deploy(tenant, parameter_openapi_schema=schema, parameters={})
    seen = [read(who, "deployments", deployment)["parameter_openapi_schema"] for who in (viewer, tenant)]
    assert [each["properties"]["token"]["default"] for each in seen] == [MASK, "d-1"]
    assert '"d-1"' not in rows_of(tenant)


@pytest.mark.parametrize(
    ("_case", "given", "expected"),
    [
        ("nothing", {}, CLEAR),
        ("one secret", {"token": "t-9"}, {**CLEAR, "token": "t-9"}),
        ("a mask for the deployment's secret", {"token": MASK, "n": 1}, {**CLEAR, "n": 1}),
        ("a group in place of the deployment's", {"login": {"user": "x"}}, {**CLEAR, "login": {"user": "x"}}),
    ],
)
def test_a_run_has_the_deployment_s_secrets_under_its_own(tenant, runner, worker, _case, given, expected):
    made = run(runner, deploy(tenant, enforce_parameter_schema=True), parameters=given)
    assert shown(worker, "flow_runs", made) == expected
    assert made["parameters"] == {
        **{key: MASKED[key] for key in expected}, **({"login": {"user": "x"}} if "login" in given else {}),
        "n": expected["n"],
    }  # fmt: skip


def test_a_refusal_does_not_tell_the_deployment_s_secret(tenant, runner):
    strict = {**SCHEMA, "properties": {"token": {"type": "string", "format": "password", "maxLength": 2}}}
    deployment = deploy(tenant, parameter_openapi_schema={}, parameters={"token": "hush-t-1"})
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"parameter_openapi_schema": strict})
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"enforce_parameter_schema": True})
    answer = runner.call("POST", f"/deployments/{deployment['id']}/create_flow_run", {})
    assert (answer.status_code, "hush-t-1" in answer.text) == (409, False)
    assert "a secret value does not fit the schema" in answer.text
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_a_schedule_s_secrets_go_into_its_runs(tenant, viewer, worker):
    schedule = {"schedule": EVERY_MINUTE, "parameters": {"token": "t-s"}, "slug": "s"}
    deployment = deploy(tenant, schedules=[schedule])
    assert [each["parameters"] for each in deployment["schedules"]] == [{"token": MASK}]
    plan_runs(tenant, deployment)
    runs = scheduled_runs(viewer, deployment)
    assert [each["parameters"] for each in runs] == [MASKED] * len(runs)
    seen = [read(worker, "flow_runs", each)["parameters"] for each in runs[:2]]
    assert seen == [{**CLEAR, "token": "t-s"}] * 2
    tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"schedules": [{**schedule, "parameters": {"token": MASK}}]})
    path = f"/deployments/{deployment['id']}/schedules"
    (kept,) = tenant.ok("GET", path)
    tenant.ok("PATCH", f"{path}/{kept['id']}", {"parameters": {"token": MASK, "n": 9}})
    plan_runs(tenant, deployment)
    found = read(worker, "flow_runs", scheduled_runs(viewer, deployment)[0])
    assert found["parameters"] == {**CLEAR, "token": "t-s", "n": 9}
    assert '"t-s"' not in rows_of(tenant)


def test_every_poll_gives_a_worker_the_secrets(tenant, worker, runner):
    pool = make_pool(tenant)
    deployment = deploy(tenant, work_pool_name=pool["name"])
    run(runner, deployment)
    (polled,) = worker.ok("POST", f"/work_pools/{pool['name']}/get_scheduled_flow_runs", {})
    served = worker.ok("POST", "/deployments/get_scheduled_flow_runs", {"deployment_ids": [deployment["id"]]})
    assert (polled["flow_run"]["parameters"], [each["parameters"] for each in served]) == (CLEAR, [CLEAR])
    masked = runner.ok("POST", "/deployments/get_scheduled_flow_runs", {"deployment_ids": [deployment["id"]]})
    assert [each["parameters"] for each in masked] == [MASKED]
    assert poll(worker, pool) == [polled["flow_run"]["name"]]


def test_job_variables_and_a_pool_s_defaults_are_sealed(tenant, viewer, worker):
    pool = make_pool(tenant, base_job_template=TEMPLATE)
    variables = {"env": {"A": "hush-e-1", "B": "{{ prefect.blocks.secret.b }}"}, "image": "x"}
    deployment = deploy(tenant, work_pool_name=pool["name"], job_variables=variables)
    made = run(tenant, deployment, job_variables={"key": "k-1", "env": {"A": "e-2"}})
    hidden = {"env": {"A": MASK, "B": "{{ prefect.blocks.secret.b }}"}, "image": "x"}
    assert read(viewer, "deployments", deployment)["job_variables"] == hidden
    assert read(worker, "deployments", deployment)["job_variables"] == variables
    assert read(viewer, "flow_runs", made)["job_variables"] == {"key": MASK, "env": {"A": MASK}}
    assert read(worker, "flow_runs", made)["job_variables"] == {"key": "k-1", "env": {"A": "e-2"}}
    path = f"/work_pools/{pool['name']}"
    defaults = [
        who.ok("GET", path)["base_job_template"]["variables"]["properties"]["key"]["default"]
        for who in (viewer, worker)
    ]
    assert defaults == [MASK, "hush-k-0"]
    shown_template = viewer.ok("GET", path)["base_job_template"]
    shown_template["variables"]["properties"]["image"]["default"] = "j"
    tenant.ok("PATCH", path, {"base_job_template": shown_template})
    changed = worker.ok("GET", path)["base_job_template"]["variables"]["properties"]
    assert (changed["key"]["default"], changed["image"]["default"]) == ("hush-k-0", "j")
    text = rows_of(tenant)
    assert [secret for secret in ("hush-e-1", "e-2", "hush-k-0", "k-1") if f'"{secret}"' in text] == []


def test_a_pool_that_marks_later_hides_what_its_deployments_have(tenant, viewer):
    pool = make_pool(tenant)
    deployment = deploy(tenant, work_pool_name=pool["name"], job_variables={"env": {"A": "hush-e-1"}})
    tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"base_job_template": TEMPLATE})
    assert read(viewer, "deployments", deployment)["job_variables"] == {"env": {"A": MASK}}
    assert read(tenant, "deployments", deployment)["job_variables"] == {"env": {"A": "hush-e-1"}}


def test_versions_and_branches_keep_the_secrets(tenant, worker):
    info = {"type": "vcs:git", "version": "a"}
    flow_id = make_flow(tenant)["id"]
    first = deploy(tenant, name="d", flow_id=flow_id, version_info=info)
    deploy(tenant, name="d", flow_id=flow_id, version_info={**info, "version": "b"}, parameters={"token": "t-2"})
    versions = tenant.ok("POST", f"/deployments/{first['id']}/versions/paginate", {})["results"]
    assert [each["parameters"] for each in versions] == [{"token": MASK}, MASKED]
    assert shown(worker, "deployments", first) == {"token": "t-2"}
    tenant.ok("POST", f"/deployments/{first['id']}/versions/{versions[1]['id']}/promote", {})
    assert shown(worker, "deployments", first) == CLEAR
    branch = tenant.ok("POST", f"/deployments/{first['id']}/branch", {"branch": "x"})
    assert shown(worker, "deployments", branch) == CLEAR


def test_a_run_that_a_client_makes_by_itself_follows_the_deployment_s_schema(tenant, viewer, worker):
    deployment = deploy(tenant, parameters={})
    made = make_flow_run(
        tenant, "SCHEDULED", flow_id=deployment["flow_id"], deployment_id=deployment["id"], parameters=CLEAR
    )
    assert (shown(viewer, "flow_runs", made), shown(worker, "flow_runs", made)) == (MASKED, CLEAR)
    path = f"/flow_runs/{made['id']}"
    tenant.ok("PATCH", path, {"name": "other"})
    tenant.ok("PATCH", path, {"job_variables": {"a": 1}})
    assert shown(worker, "flow_runs", made) == CLEAR
    tenant.ok("PATCH", path, {"parameters": {**MASKED, "token": "t-2"}})
    assert (shown(viewer, "flow_runs", made), shown(worker, "flow_runs", made)) == (MASKED, {**CLEAR, "token": "t-2"})


def test_an_idempotent_repetition_shows_a_runner_only_masks(tenant, runner):
    deployment = deploy(tenant)
    first, again = [run(runner, deployment, idempotency_key="k") for _ in range(2)]
    assert (again["id"], again["parameters"]) == (first["id"], MASKED)


def test_what_one_run_was_given_is_masked_in_its_lines_and_in_those_of_its_sub_flows(tenant):
    ours = run(
        tenant, deploy(tenant, parameters={}), parameters={"token": "own-hush-1", "headers": {"a": "own-hush-2"}}
    )
    sub = make_flow_run(tenant, parent_task_run_id=make_task_run(tenant, ours["id"])["id"])
    other = make_flow_run(tenant)

    def lines_of(**source: str) -> list[str]:
        said = {"name": "n", "level": 20, "timestamp": "2026-01-01T00:00:00Z", "message": "own-hush-1, own-hush-2"}
        tenant.ok("POST", "/logs/", [{**said, **source}])
        return [
            line["message"]
            for line in tenant.ok("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [*source.values()]}}})
        ]

    masked = f"{MASK}, {MASK}"
    assert (lines_of(flow_run_id=ours["id"]), lines_of(flow_run_id=sub["id"])) == ([masked], [masked])
    assert lines_of(flow_run_id=other["id"]) == ["own-hush-1, own-hush-2"]


def test_what_was_sealed_for_one_row_opens_in_no_other(tenant, server):
    other = make_tenant(server.url, "other")
    ours = [run(tenant, deploy(tenant)) for _ in range(2)]
    run(other, deploy(other))
    sealed = stored(tenant, "flow_run", ours[0]["id"])
    assert sealed is not None
    deployment = ours[0]["deployment_id"]
    moved = [
        (tenant, "flow_run", ours[1]["id"]), (tenant, "deployment", ours[0]["id"]),
        (other, "flow_run", ours[0]["id"]), (tenant, "deployment", deployment),
    ]  # fmt: skip
    for who, table, id in moved:
        with workspace_transaction(who.workspace_id), pytest.raises(CannotOpen):
            open_parts(who.workspace_id, table, UUID(id), sealed)
    with workspace_transaction(tenant.workspace_id):
        open_cursor().execute("UPDATE flow_run SET secrets = %s WHERE id = %s", [sealed, ours[1]["id"]])
    answer = tenant.call("GET", f"/flow_runs/{ours[1]['id']}")
    assert (answer.status_code, "hush-t-1" in answer.text) == (500, False)


def test_a_person_who_reads_secrets_is_in_the_trail_once_and_a_poll_is_not(tenant, viewer):
    pool = make_pool(tenant)
    deployment = deploy(tenant, work_pool_name=pool["name"])
    made = run(tenant, deployment)
    for _ in range(3):
        for who in (tenant, viewer):
            read(who, "flow_runs", made)
        tenant.ok("POST", f"/work_pools/{pool['name']}/get_scheduled_flow_runs", {})
    read(tenant, "deployments", deployment)
    trail = tenant.ok("POST", "/audit_log/filter", {"actions": ["secret.read"]})
    told = sorted((entry["target_kind"], entry["target_id"]) for entry in trail)
    assert told[0] == ("deployment", deployment["id"])
    assert {kind for kind, _ in told} == {"deployment", "flow-run"}
    # One for each process of the web server at most.
    assert len(told) <= 4


def test_pages_show_masks_and_take_them_back(tenant, worker):
    pool = make_pool(tenant, base_job_template=TEMPLATE)
    deployment = deploy(tenant, work_pool_name=pool["name"], job_variables={"env": {"A": "hush-e-1"}})
    made = run(tenant, deployment)
    visitor, root = visit_as(tenant), tenant.ui_url.removeprefix(tenant.url)
    pages = [
        f"/deployments/{deployment['id']}", f"/runs/{made['id']}/parameters", f"/runs/{made['id']}/details",
        f"/pools/{pool['name']}",
    ]  # fmt: skip
    texts = [visitor.get(f"{root}{page}").text for page in pages]
    assert ("•••••••• <span" in texts[0], MASK in texts[1]) == (True, True)
    assert [
        secret
        for secret in ("hush-t-1", "hush-p-1", "hush-h-1", "hush-e-1", "hush-k-0")
        for text in texts
        if secret in text
    ] == []
    sent = '{"token": "********", "n": 7}'
    assert send_form(visitor, f"{root}{pages[0]}/run/custom", "values", {"p#json": "1", "p": sent}).status_code == 302
    newest = tenant.ok("POST", "/flow_runs/filter", {"sort": "START_TIME_DESC"})
    started = next(each for each in newest if each["id"] != made["id"])
    assert shown(worker, "flow_runs", started) == {**CLEAR, "n": 7}


def test_too_much_of_a_schema_is_refused_and_changes_nothing(tenant):
    variants = [{"additionalProperties": {"properties": {str(n): {"writeOnly": True}}}} for n in range(30)]
    body = {
        "name": "big", "flow_id": make_flow(tenant)["id"], "parameter_openapi_schema": {"anyOf": variants},
        "parameters": {str(n): "x" for n in range(2000)},
    }  # fmt: skip
    answer = tenant.call("POST", "/deployments/", body)
    assert (answer.status_code, "too large or too expensive" in answer.text) == (422, True)
    assert tenant.ok("POST", "/deployments/count", {}) == 0
