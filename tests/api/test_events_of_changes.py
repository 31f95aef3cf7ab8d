"""Every change at a door is told: the names of its events, of whom they are, and what they relate to."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.visitor import visit_as
from tests.world import Tenant, make_flow, make_tenant
from workspaces.models import ApiKey

TRIGGER = {"type": "event", "posture": "Reactive", "expect": ["x"]}
SCHEMA = {"title": "s", "type": "object", "properties": {}, "block_type_slug": "my-type", "block_schema_references": {}}


@pytest.fixture
def alice(server) -> Tenant:
    return make_tenant(server.url)


def flow(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/flows/", {"name": "train"})["id"]
    tenant.ok("PATCH", f"/flows/{id}", {"tags": ["a"]})
    tenant.ok("PATCH", f"/flows/{id}", {"tags": ["a"]})
    tenant.ok("DELETE", f"/flows/{id}")
    return id


def deployment(tenant: Tenant) -> str:
    tenant.ok("POST", "/work_pools/", {"name": "pool", "type": "process"})
    body = {"name": "d", "flow_id": make_flow(tenant)["id"], "work_pool_name": "pool", "concurrency_limit": 2}
    id: str = tenant.ok("POST", "/deployments/", body)["id"]
    tenant.ok("PATCH", f"/deployments/{id}", {"description": "new"})
    tenant.ok("POST", f"/deployments/{id}/pause_deployment")
    tenant.ok("DELETE", f"/deployments/{id}")
    return id


def work_pool(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/work_pools/", {"name": "pool", "type": "process"})["id"]
    tenant.ok("POST", "/work_pools/pool/workers/heartbeat", {"name": "w"})
    tenant.ok("PATCH", "/work_pools/pool", {"is_paused": True})
    tenant.ok("DELETE", "/work_pools/pool")
    return id


def work_queue(tenant: Tenant) -> str:
    tenant.ok("POST", "/work_pools/", {"name": "pool", "type": "process"})
    id: str = tenant.ok("POST", "/work_pools/pool/queues", {"name": "fast"})["id"]
    tenant.ok("PATCH", "/work_pools/pool/queues/fast", {"is_paused": True})
    tenant.ok("DELETE", "/work_pools/pool/queues/fast")
    return id


def variable(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/variables/", {"name": "v", "value": 1})["id"]
    tenant.ok("PATCH", f"/variables/{id}", {"value": 2})
    tenant.ok("DELETE", f"/variables/{id}")
    return id


def automation(tenant: Tenant) -> str:
    body = {"name": "a", "trigger": TRIGGER, "actions": [{"type": "do-nothing"}]}
    id: str = tenant.ok("POST", "/automations/", body)["id"]
    tenant.ok("PATCH", f"/automations/{id}", {"enabled": False})
    tenant.ok("DELETE", f"/automations/{id}")
    return id


def block_type(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/block_types/", {"name": "My type", "slug": "my-type"})["id"]
    tenant.ok("PATCH", f"/block_types/{id}", {"description": "new"})
    tenant.ok("DELETE", f"/block_types/{id}")
    return id


def block_document(tenant: Tenant) -> str:
    kind = tenant.ok("POST", "/block_types/", {"name": "My type", "slug": "my-type"})["id"]
    schema = tenant.ok("POST", "/block_schemas/", {"fields": SCHEMA, "block_type_id": kind})["id"]
    body = {"name": "b", "data": {"x": "1"}, "block_type_id": kind, "block_schema_id": schema}
    id: str = tenant.ok("POST", "/block_documents/", body)["id"]
    tenant.ok("PATCH", f"/block_documents/{id}", {"data": {"x": "2"}})
    tenant.ok("DELETE", f"/block_documents/{id}")
    return id


def limit(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/v2/concurrency_limits/", {"name": "l", "limit": 1})["id"]
    tenant.ok("PATCH", f"/v2/concurrency_limits/{id}", {"limit": 2})
    tenant.ok("DELETE", f"/v2/concurrency_limits/{id}")
    return id


def tag_limit(tenant: Tenant) -> str:
    body = {"tag": "t", "concurrency_limit": 1}
    id: str = tenant.ok("POST", "/concurrency_limits/", body)["id"]
    tenant.ok("POST", "/concurrency_limits/", {**body, "concurrency_limit": 2})
    tenant.ok("DELETE", "/concurrency_limits/tag/t")
    return id


def artifact(tenant: Tenant) -> str:
    first = tenant.ok("POST", "/artifacts/", {"key": "k", "data": 1})["id"]
    second = tenant.ok("POST", "/artifacts/", {"key": "k", "data": 2})["id"]
    id: str = tenant.ok("GET", "/artifacts/k/latest")["id"]
    tenant.ok("DELETE", f"/artifacts/{first}")
    tenant.ok("DELETE", f"/artifacts/{second}")
    return id


def webhook(tenant: Tenant) -> str:
    id: str = tenant.ok("POST", "/webhooks/", {"name": "w", "template": "x"})["id"]
    tenant.ok("PATCH", f"/webhooks/{id}", {"enabled": False})
    tenant.ok("POST", f"/webhooks/{id}/rotate")
    tenant.ok("DELETE", f"/webhooks/{id}")
    return id


CREATED_TO_DELETED = ["created", "updated", "deleted"]


@pytest.mark.parametrize(
    ("_case", "change", "kind", "told", "roles", "labels"),
    [
        ("flow", flow, "prefect.flow", CREATED_TO_DELETED, [], {}),
        ("deployment", deployment, "prefect.deployment", ["created", "updated", "updated", "deleted"],
         ["flow", "work-queue", "work-pool", "concurrency-limit"], {"prefect.resource.name": "d"}),
        ("work pool", work_pool, "prefect.work-pool", ["created", "ready", "updated", "paused", "deleted"],
         ["default-queue"], {"prefect.resource.name": "pool", "prefect.work-pool.type": "process"}),
        ("work queue", work_queue, "prefect.work-queue", ["created", "updated", "paused", "deleted"], ["work-pool"],
         {"prefect.resource.role": "work-queue"}),
        ("variable", variable, "prefect.variable", CREATED_TO_DELETED, [], {"prefect.resource.name": "v"}),
        ("automation", automation, "prefect.automation", CREATED_TO_DELETED, [], {"prefect.resource.name": "a"}),
        ("block type", block_type, "prefect.block-type", CREATED_TO_DELETED, [], {"prefect.resource.name": "My type"}),
        ("block document", block_document, "prefect.block-document", CREATED_TO_DELETED,
         ["block-type", "block-schema"], {"prefect.resource.name": "b"}),
        ("limit", limit, "prefect.concurrency-limit", CREATED_TO_DELETED, [], {"prefect.resource.name": "l"}),
        ("limit on a tag", tag_limit, "prefect.concurrency-limit", CREATED_TO_DELETED, [], {}),
        ("artifact", artifact, "prefect.artifact-collection", CREATED_TO_DELETED, ["latest"],
         {"prefect.resource.name": "k"}),
        ("webhook", webhook, "prefect-cloud.webhook", ["created", "updated", "rotated", "deleted"], [],
         {"prefect.resource.name": "w"}),
    ],
)  # fmt: skip
def test_every_change_is_told_in_its_transaction(
    alice: Tenant,
    _case: str,
    change: Callable[[Tenant], str],
    kind: str,
    told: list[str],
    roles: list[str],
    labels: dict[str, str],
) -> None:
    id = change(alice)
    # Read at once: an event that came later than the change would be missing.
    filter = {"resource": {"id": [f"{kind}.{id}"]}, "order": "ASC"}
    events: list[dict[str, Any]] = alice.ok("POST", "/events/filter", {"filter": filter})["events"]
    # Two events of one request happened at one moment: then their order is of no meaning.
    assert sorted(event["event"] for event in events) == sorted(f"{kind}.{what}" for what in told)
    assert (events[0]["event"], events[-1]["event"]) == (f"{kind}.created", f"{kind}.deleted")
    assert [resource["prefect.resource.role"] for resource in events[0]["related"]] == roles
    assert labels.items() <= events[0]["resource"].items()
    assert all(event["resource"]["prefect.resource.id"] == f"{kind}.{id}" for event in events)


def test_a_change_of_access_at_a_door_is_told_with_who_made_it(alice: Tenant) -> None:
    visitor = visit_as(alice)
    fields = {"name": "laptop", "purpose": "machine", "expires": "purpose"}
    assert visitor.post(f"{alice.ui_url}/keys/new", **fields).status_code == 200
    key = ApiKey.objects.get(user=alice.user, name="laptop")
    assert visitor.post(f"{alice.ui_url}/keys/{key.id}/revoke").status_code == 302
    filter = {"event": {"prefix": ["prefect-cloud."]}, "order": "ASC"}
    events = alice.ok("POST", "/events/filter", {"filter": filter})["events"]
    assert [event["event"] for event in events] == ["prefect-cloud.api-key.created", "prefect-cloud.api-key.revoked"]
    assert events[0]["resource"] == {
        "prefect.resource.id": f"prefect-cloud.api-key.{key.id}",
        "prefect.resource.name": "laptop",
    }
    assert [(one["prefect.resource.id"], one["prefect.resource.role"]) for one in events[0]["related"]] == [
        (f"prefect-cloud.user.{alice.user.id}", "actor")
    ]
