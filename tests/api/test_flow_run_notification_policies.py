"""The notification policies of 2.x clients over HTTP."""

from uuid import uuid4

import pytest

from tests.world import make_member


@pytest.fixture
def block(tenant) -> str:
    """A block document to notify through."""
    type_id = tenant.ok("POST", "/block_types/", {"name": "Pager", "slug": "pager"})["id"]
    schema = {"type": "object", "title": "Pager", "properties": {}}
    schema_id = tenant.ok("POST", "/block_schemas/", {"fields": schema, "block_type_id": type_id})["id"]
    body = {"name": "mine", "data": {}, "block_type_id": type_id, "block_schema_id": schema_id}
    return tenant.ok("POST", "/block_documents/", body)["id"]


def make(tenant, block, **fields):
    body = {"state_names": ["Failed"], "tags": ["prod"], "block_document_id": block, **fields}
    return tenant.ok("POST", "/flow_run_notification_policies/", body)


def ids(tenant, wanted=None, **page):
    body = {"flow_run_notification_policy_filter": wanted, **page}
    return [policy["id"] for policy in tenant.ok("POST", "/flow_run_notification_policies/filter", body)]


def test_a_policy_is_kept_as_it_was_sent(tenant, block):
    made = make(tenant, block, message_template="{flow_run_name}: {flow_run_state_message}")
    assert {key: value for key, value in made.items() if key not in ("id", "created", "updated")} == {
        "is_active": True,
        "state_names": ["Failed"],
        "tags": ["prod"],
        "block_document_id": block,
        "message_template": "{flow_run_name}: {flow_run_state_message}",
    }
    assert tenant.ok("GET", f"/flow_run_notification_policies/{made['id']}") == made


def test_policies_are_listed_by_activity_the_oldest_first(tenant, stranger, block):
    first, second, third = (make(tenant, block, is_active=active)["id"] for active in (True, False, True))
    assert ids(tenant) == ids(tenant, {}) == ids(tenant, {"is_active": {"eq_": None}}) == [first, second, third]
    assert ids(tenant, {"is_active": {"eq_": True}}) == [first, third]
    assert ids(tenant, {"is_active": {"eq_": False}}) == [second]
    assert ids(tenant, limit=1, offset=1) == [second]
    assert ids(stranger) == []


def test_a_patch_changes_what_was_sent(tenant, block):
    made = make(tenant, block, message_template="x")
    path = f"/flow_run_notification_policies/{made['id']}"
    assert tenant.call("PATCH", path, {"is_active": False, "tags": None}).status_code == 204
    changed = tenant.ok("GET", path)
    assert {**changed, "updated": made["updated"]} == {**made, "is_active": False}
    assert changed["updated"] > made["updated"]
    assert tenant.call("PATCH", path, {"message_template": None}).status_code == 204
    assert tenant.ok("GET", path)["message_template"] is None


def test_a_policy_that_is_not_there_is_404_for_everybody(tenant, stranger, block):
    made = make(tenant, block)
    path = f"/flow_run_notification_policies/{made['id']}"
    assert stranger.call("DELETE", path).status_code == 404
    assert stranger.call("PATCH", path, {"is_active": False}).status_code == 404
    assert tenant.ok("GET", path) == made
    assert tenant.call("DELETE", path).status_code == 204
    answer = tenant.call("GET", path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "flow run notification policy not found"})
    answer = tenant.call("PATCH", path, {})
    detail = f"Flow run notification policy {made['id']} not found"
    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_a_block_must_be_there_and_in_the_same_workspace(tenant, stranger, block):
    for caller, document in ((tenant, str(uuid4())), (stranger, block)):
        body = {"state_names": [], "tags": [], "block_document_id": document}
        assert caller.call("POST", "/flow_run_notification_policies/", body).status_code == 409
        assert ids(caller) == []


def test_a_policy_goes_with_its_block(tenant, block):
    make(tenant, block)
    assert tenant.call("DELETE", f"/block_documents/{block}").status_code == 204
    assert ids(tenant) == []


@pytest.mark.parametrize(
    ("_case", "template", "taken"),
    [
        ("plain words", "a run failed", True),
        ("every part of a run", "{flow_name}/{flow_run_id} {flow_run_url}", True),
        ("doubled braces", "{{not a variable}}", True),
        ("an unknown variable", "{password}", False),
        ("no variable", "{}", False),
        ("an attribute of a variable", "{flow_name.__class__}", False),
        ("a width that fills the memory", "{flow_name:>1000000000}", False),
        ("an open brace", "{flow_name", False),
    ],
)
def test_a_template_names_only_what_there_is(tenant, block, _case, template, taken):
    body = {"state_names": [], "tags": [], "block_document_id": block, "message_template": template}
    answer = tenant.call("POST", "/flow_run_notification_policies/", body)
    assert answer.status_code == (201 if taken else 422)
    if not taken:
        assert [finding["loc"] for finding in answer.json()["exception_detail"]] == [["body", "message_template"]]


def test_a_viewer_may_look_and_not_touch(tenant, block):
    made = make(tenant, block)
    viewer = make_member(tenant, "Viewer")
    assert ids(viewer) == [made["id"]]
    assert viewer.call("DELETE", f"/flow_run_notification_policies/{made['id']}").status_code == 403
