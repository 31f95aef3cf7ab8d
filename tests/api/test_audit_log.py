"""The audit trail over HTTP: what callers do leaves entries that owners may read."""

import pytest

from tests.api.deploying import make_pool, make_queue
from tests.api.test_blocks import make_document, make_schema, make_type, read
from tests.visitor import visit_as
from tests.world import CLIENT, make_flow, make_flow_run, make_member

AUTOMATION = {
    "name": "a", "trigger": {"type": "event", "posture": "Reactive", "expect": ["x"], "threshold": 1, "within": 0},
    "actions": [{"type": "do-nothing"}],
}  # fmt: skip
CHANNEL = {
    "kind": "slack", "name": "c", "settings": {"url": "https://hooks.slack.com/services/T00000000/B00000000/canary"},
}  # fmt: skip


@pytest.fixture
def document(tenant):
    return make_document(tenant, make_schema(tenant, make_type(tenant)), user="u", password="audit-canary")


def entries(tenant, **wanted):
    return tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["block"], **wanted})


def test_what_is_done_to_a_block_is_told_with_who_did_it_and_never_what_is_in_it(tenant, document):
    tenant.ok("PATCH", f"/block_documents/{document['id']}", {"data": {"password": "audit-canary-2"}})
    worker = make_member(tenant, "Worker", "worker")
    assert read(worker, document, include_secrets=True)["data"]["password"] == "audit-canary-2"
    tenant.ok("DELETE", f"/block_documents/{document['id']}")
    found = entries(tenant)
    assert [(entry["action"], entry["actor_id"], entry["changes"]) for entry in found] == [
        ("block.deleted", str(tenant.user.id), {}),
        ("secret.read", str(worker.user.id), {}),
        ("block.updated", str(tenant.user.id), {"password": "changed"}),
        ("block.created", str(tenant.user.id), {}),
    ]
    assert {entry["target_id"] for entry in found} == {document["id"]}
    assert {(entry["target_name"], entry["via"], entry["address"]) for entry in found} == {
        ("leaf/doc", "api", "127.0.0.1")
    }
    assert "audit-canary" not in str(found)


@pytest.mark.parametrize(
    ("_case", "role", "asked"),
    [("not asked", "Owner", False), ("a viewer who asks", "Viewer", True), ("a runner who asks", "Runner", True)],
)
def test_whoever_sees_masks_leaves_no_entry_of_reading(_case, role, asked, tenant, document):
    reader = make_member(tenant, role, "reader")
    assert read(reader, document, **({"include_secrets": True} if asked else {}))["data"]["password"] == "********"
    assert [entry["action"] for entry in entries(tenant)] == ["block.created"]


@pytest.mark.parametrize("role", ["Viewer", "Runner", "Developer", "Worker"])
def test_only_owners_read_the_trail(role, tenant, document):
    answer = make_member(tenant, role, "reader").call("POST", "/audit_log/filter", {})
    expected = {"detail": "Your role in this workspace does not include 'see_audit_log'."}
    assert (answer.status_code, answer.json()) == (403, expected)


@pytest.mark.parametrize(
    ("_case", "wanted", "found"),
    [
        ("by action", {"actions": ["block.created"]}, ["block.created"]),
        ("by kind", {"target_kinds": ["workspace"]}, ["workspace.created"]),
        ("by words", {"words": "LEAF/DOC"}, ["block.created"]),
        ("nothing so old", {"until": "2020-01-01T00:00:00Z"}, []),
        ("nothing so new", {"since": "2100-01-01T00:00:00Z"}, []),
        ("one", {"limit": 1}, ["block.created"]),
    ],
)
def test_filters(_case, wanted, found, tenant, document):
    assert [entry["action"] for entry in tenant.ok("POST", "/audit_log/filter", wanted)] == found


def test_pages_follow_each_other_without_gap(tenant, document):
    whole = tenant.ok("POST", "/audit_log/filter", {})
    assert [entry["action"] for entry in whole] == [
        "block.created", "api-key.created", "workspace-member.added", "workspace.created",
    ]  # fmt: skip
    paged, before = [], None
    while page := tenant.ok("POST", "/audit_log/filter", {"limit": 3, "before": before}):
        paged += page
        before = page[-1]["id"]
    assert paged == whole


def test_a_stranger_finds_nothing_of_it(stranger, document):
    assert entries(stranger) == []


def test_pausing_resuming_and_deleting_a_deployment_is_told_once(tenant):
    body = {"name": "nightly", "flow_id": make_flow(tenant)["id"]}
    path = f"/deployments/{tenant.ok('POST', '/deployments/', body)['id']}"
    for step in ("pause_deployment", "pause_deployment", "resume_deployment"):
        tenant.ok("POST", f"{path}/{step}")
    tenant.ok("DELETE", path)
    found = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["deployment"]})
    assert [(entry["action"], entry["target_name"]) for entry in found] == [
        ("deployment.deleted", "nightly"), ("deployment.resumed", "nightly"), ("deployment.paused", "nightly"),
        ("deployment.created", "nightly"),
    ]  # fmt: skip


# --- runs ------------------------------------------------------------------------------------------------------------


def deeds(tenant, *kinds: str) -> list[str]:
    """What the trail says of these kinds, oldest first."""
    found = tenant.ok("POST", "/audit_log/filter", {"target_kinds": list(kinds)})
    return [entry["action"] for entry in reversed(found)]


def propose(tenant, run, type: str, *, force: bool = False, **state) -> None:
    tenant.ok("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": type, **state}, "force": force})


@pytest.mark.parametrize(
    ("_case", "before", "type", "force", "told"),
    [
        ("cancelled by a person", "RUNNING", "CANCELLING", False, ["flow-run.cancelled"]),
        ("cancelled before it began", "SCHEDULED", "CANCELLING", False, ["flow-run.cancelled"]),
        ("retried by the CLI", "FAILED", "SCHEDULED", True, ["flow-run.retried"]),
        ("completed by hand", "FAILED", "COMPLETED", True, ["flow-run.completed-by-hand"]),
        ("cancelled, but it is over", "COMPLETED", "CANCELLING", False, []),
        ("an engine begins", "PENDING", "RUNNING", False, []),
        ("an engine ends", "RUNNING", "COMPLETED", False, []),
        ("an engine retries", "RUNNING", "SCHEDULED", False, []),
        ("an engine crashes", "RUNNING", "CRASHED", True, []),
        ("an engine is told to stop", "RUNNING", "CANCELLING", True, []),
        ("a worker has stopped it", "CANCELLING", "CANCELLED", True, []),
    ],
)
def test_what_people_do_with_runs_is_told_and_what_engines_report_is_not(_case, before, type, force, told, tenant):
    run = make_flow_run(tenant, before, name="owl")
    propose(tenant, run, type, force=force)
    assert deeds(tenant, "flow-run") == told


def test_bulk_deletes_and_resumes_are_told_run_by_run(tenant):
    runs = [make_flow_run(tenant, "RUNNING", name=f"run-{n}") for n in range(2)]
    ids = {"flow_runs": {"id": {"any_": [run["id"] for run in runs]}}}
    tenant.ok("POST", "/flow_runs/bulk_set_state", {**ids, "state": {"type": "CANCELLING"}})
    tenant.ok("POST", "/flow_runs/bulk_delete", ids)
    paused = make_flow_run(tenant, "RUNNING", name="paused")
    propose(tenant, paused, "PAUSED", state_details={"pause_timeout": "2100-01-01T00:00:00Z"})
    tenant.ok("POST", f"/flow_runs/{paused['id']}/resume", {})
    tenant.ok("POST", f"/flow_runs/{paused['id']}/resume", {})  # it goes on already: nothing is done
    tenant.ok("DELETE", f"/flow_runs/{paused['id']}")
    found = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["flow-run"]})
    assert sorted((entry["action"], entry["target_name"]) for entry in found) == [
        ("flow-run.cancelled", "run-0"), ("flow-run.cancelled", "run-1"),
        ("flow-run.deleted", "paused"), ("flow-run.deleted", "run-0"), ("flow-run.deleted", "run-1"),
        ("flow-run.resumed", "paused"),
    ]  # fmt: skip


# --- deployments, pools, queues and the rest --------------------------------------------------------------------------

CRON = {"cron": "0 3 * * *", "timezone": "UTC"}


def test_a_deployment_is_told_with_what_changed_and_no_parameter(tenant):
    flow = make_flow(tenant)
    body = {
        "name": "nightly", "flow_id": flow["id"], "tags": ["a"], "parameters": {"p": "audit-canary-1"},
        "schedules": [{"schedule": CRON}],
    }  # fmt: skip
    path = f"/deployments/{tenant.ok('POST', '/deployments/', body)['id']}"
    tenant.ok("POST", "/deployments/", body)  # the same again: nothing is done
    tenant.ok(
        "PATCH", path, {"tags": ["b"], "parameters": {"p": "audit-canary-2"}, "job_variables": {"k": "audit-canary-3"}}
    )
    (made,) = tenant.ok("POST", f"{path}/schedules", [{"schedule": {**CRON, "cron": "0 4 * * *"}, "slug": "four"}])
    tenant.ok("PATCH", f"{path}/schedules/{made['id']}", {"active": False})
    tenant.ok("DELETE", f"{path}/schedules/{made['id']}")
    found = list(reversed(tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["deployment"]})))
    assert [entry["action"].partition(".")[2] for entry in found] == [
        "created", "updated", "schedule-created", "schedule-updated", "schedule-deleted",
    ]  # fmt: skip
    assert found[1]["changes"] == {"tags": [["a"], ["b"]], "parameters": "changed"}
    four = "four: cron 0 4 * * *, day_or True, timezone UTC"
    assert [entry["changes"]["schedules"] for entry in found[2:]] == [
        [[], [four]], [[four], [f"{four}, off"]], [[f"{four}, off"], []],
    ]  # fmt: skip
    assert "audit-canary" not in str(found)


def test_a_secret_parameter_that_changes_is_told_without_its_value(tenant):
    schema = {"type": "object", "properties": {"token": {"type": "string", "format": "password", "writeOnly": True}}}
    body = {
        "name": "nightly", "flow_id": make_flow(tenant)["id"], "parameter_openapi_schema": schema,
        "parameters": {"token": "audit-canary-1"},
    }  # fmt: skip
    at = f"/deployments/{tenant.ok('POST', '/deployments/', body)['id']}"
    tenant.ok("POST", "/deployments/", body)
    tenant.ok("PATCH", at, {"parameters": {"token": "audit-canary-1"}})
    assert deeds(tenant, "deployment") == ["deployment.created"]
    tenant.ok("PATCH", at, {"parameters": {"token": "audit-canary-2"}})
    (entry,) = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["deployment"], "limit": 1})
    assert (entry["action"], entry["changes"]) == ("deployment.updated", {"secrets": "changed"})


def test_pools_and_queues_are_told_and_polling_them_is_not(tenant):
    pool = make_pool(tenant, base_job_template={"job_configuration": {}, "variables": {"properties": {}}})
    at = f"/work_pools/{pool['name']}"
    queue = make_queue(tenant, pool, "fast")
    tenant.ok("PATCH", at, {"concurrency_limit": 3})
    variables = {"properties": {"k": {"type": "string", "default": "audit-canary"}}}
    tenant.ok("PATCH", at, {"base_job_template": {"job_configuration": {}, "variables": variables}})
    tenant.ok("PATCH", at, {"is_paused": True})
    tenant.ok("PATCH", f"{at}/queues/fast", {"priority": queue["priority"] + 3})
    tenant.ok("PATCH", f"{at}/queues/fast", {"last_polled": "2026-11-22T10:00:00Z"})
    tenant.ok("POST", f"{at}/workers/heartbeat", {"name": "w", "heartbeat_interval_seconds": 30})
    tenant.ok("POST", f"{at}/get_scheduled_flow_runs", {})
    tenant.ok("DELETE", f"{at}/queues/fast")
    tenant.ok("DELETE", at)
    assert deeds(tenant, "work-pool") == [
        "work-pool.created", "work-pool.updated", "work-pool.updated", "work-pool.paused", "work-pool.deleted",
    ]  # fmt: skip
    assert deeds(tenant, "work-queue") == ["work-queue.created", "work-queue.updated", "work-queue.deleted"]
    found = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["work-pool"]})
    assert [entry["changes"] for entry in reversed(found)][1:3] == [
        {"concurrency_limit": [None, 3]}, {"base_job_template": "changed"},
    ]  # fmt: skip
    assert "audit-canary" not in str(found)


@pytest.mark.parametrize(
    ("kind", "path", "body", "change"),
    [
        ("variable", "/variables", {"name": "v", "value": "x"}, {"value": "y"}),
        ("concurrency-limit", "/v2/concurrency_limits", {"name": "l", "limit": 1}, {"limit": 2}),
        ("automation", "/automations/", AUTOMATION, {"enabled": False}),
        ("notification-channel", "/notification_channels", CHANNEL, {"name": "other"}),
    ],
)
def test_every_kind_of_setting_is_told(kind, path, body, change, tenant):
    made = tenant.ok("POST", path, body)
    at = f"{path.rstrip('/')}/{made['id']}"
    tenant.ok("PATCH", at, change)
    tenant.ok("DELETE", at)
    assert deeds(tenant, kind) == [f"{kind}.created", f"{kind}.updated", f"{kind}.deleted"]


def test_a_policy_is_told(tenant):
    channel = tenant.ok("POST", "/notification_channels", CHANNEL)["id"]
    body = {"name": "p", "watch": {"state_types": ["FAILED"]}, "channel_ids": [channel]}
    at = f"/notification_policies/{tenant.ok('POST', '/notification_policies', body)['id']}"
    tenant.ok("PATCH", at, {"enabled": False})
    tenant.ok("DELETE", at)
    told = ["created", "updated", "deleted"]
    assert deeds(tenant, "notification-policy") == [f"notification-policy.{what}" for what in told]


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refused_permission_is_told_once_a_minute_however_often_it_is_tried(tenant, viewer):
    flow, path = make_flow(tenant), "/variables"
    for _ in range(5):
        assert viewer.call("POST", path, {"name": "v", "value": 1}).status_code == 403
    assert viewer.call("DELETE", f"/flows/{flow['id']}").status_code == 403
    found = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["permission"]})
    assert sorted((entry["target_id"], entry["target_name"], entry["actor_id"]) for entry in found) == [
        ("manage_flows", "DELETE /flows/<uuid:id>", str(viewer.user.id)),
        ("write_variables", "POST /variables", str(viewer.user.id)),
    ]  # fmt: skip
    assert {entry["changes"]["role"][1] for entry in found} == {"Viewer"}
    page = visit_as(viewer).get(f"{viewer.ui_url.removeprefix(viewer.url)}/audit")
    assert page.status_code == 403
    assert len(tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["permission"]})) == 3


def test_a_stranger_leaves_no_entry(tenant, stranger):
    before = tenant.ok("POST", "/audit_log/filter", {})
    answer = CLIENT.get(f"{tenant.api_url}/variables/name/x", headers={"Authorization": f"Bearer {stranger.key}"})
    assert answer.status_code == 404
    assert tenant.ok("POST", "/audit_log/filter", {}) == before
