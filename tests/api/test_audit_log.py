"""The audit trail over HTTP: what callers do leaves entries that owners may read."""

import pytest

from tests.api.test_blocks import make_document, make_schema, make_type, read
from tests.world import make_flow, make_member


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
    ]  # fmt: skip
