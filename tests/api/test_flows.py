"""Flows over HTTP."""

from uuid import uuid4

import pytest


def test_a_flow_is_made_once_by_name(tenant):
    first = tenant.call("POST", "/flows/", {"name": "etl", "tags": ["a", "a", "b"], "labels": {"team": "x", "n": 1}})
    again = tenant.call("POST", "/flows", {"name": "etl", "tags": ["ignored"]})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["tags"] == ["a", "b"]
    assert first.json()["labels"] == {"team": "x", "n": 1}
    assert set(first.json()) == {"id", "created", "updated", "name", "tags", "labels"}


def test_two_tenants_may_use_the_same_name(tenant, stranger):
    assert tenant.ok("POST", "/flows/", {"name": "etl"})["id"] != stranger.ok("POST", "/flows/", {"name": "etl"})["id"]


def test_it_is_read_by_id_and_by_name(tenant):
    flow = tenant.ok("POST", "/flows/", {"name": "mein fluß (1)"})
    assert tenant.ok("GET", f"/flows/{flow['id']}") == flow
    assert tenant.ok("GET", "/flows/name/mein flu%C3%9F (1)") == flow


def test_missing_flows_are_404(tenant, stranger):
    foreign = stranger.ok("POST", "/flows/", {"name": "theirs"})["id"]
    for id in (uuid4(), foreign):
        for method, body in (("GET", None), ("PATCH", {"tags": []}), ("DELETE", None)):
            answer = tenant.call(method, f"/flows/{id}", body)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Flow not found"})
    assert stranger.ok("GET", f"/flows/{foreign}")["name"] == "theirs"


def test_its_tags_are_changed_and_found(tenant):
    flow = tenant.ok("POST", "/flows/", {"name": "etl", "tags": ["old", "both"]})
    assert tenant.call("PATCH", f"/flows/{flow['id']}", {"tags": ["both", "new"]}).status_code == 204
    assert tenant.ok("GET", f"/flows/{flow['id']}")["tags"] == ["both", "new"]
    for tag, count in (("old", 0), ("both", 1), ("new", 1)):
        assert tenant.ok("POST", "/flows/count", {"flows": {"tags": {"all_": [tag]}}}) == count


def test_deleting_it_deletes_its_runs(tenant):
    flow = tenant.ok("POST", "/flows/", {"name": "etl"})
    run = tenant.ok("POST", "/flow_runs/", {"flow_id": flow["id"]})
    assert tenant.call("DELETE", f"/flows/{flow['id']}").status_code == 204
    assert tenant.call("GET", f"/flow_runs/{run['id']}").status_code == 404


@pytest.mark.parametrize(
    ("_case", "body", "finding"),
    [
        ("no name", {}, {"type": "missing", "loc": ["body", "name"], "msg": "Field required", "input": {}}),
        (
            "an unknown key",
            {"name": "a", "bogus": 1},
            {"type": "extra_forbidden", "loc": ["body", "bogus"], "msg": "Extra inputs are not permitted", "input": 1},
        ),
        (
            "a wrong type",
            {"name": 7},
            {"type": "string_type", "loc": ["body", "name"], "msg": "Input should be a valid string", "input": 7},
        ),
    ],
)
def test_a_bad_body_is_422_with_its_place(tenant, _case, body, finding):
    answer = tenant.call("POST", "/flows/", body)
    assert answer.status_code == 422
    assert answer.json() == {
        "exception_message": "Invalid request received.",
        "exception_detail": [finding],
        "request_body": body,
    }
    assert tenant.ok("POST", "/flows/count", {}) == 0


def test_pages_are_counted(tenant):
    for n in range(5):
        tenant.ok("POST", "/flows/", {"name": f"flow-{n}"})
    page = tenant.ok("POST", "/flows/paginate", {"limit": 2, "page": 2, "sort": "NAME_ASC"})
    assert [flow["name"] for flow in page["results"]] == ["flow-2", "flow-3"]
    assert {key: page[key] for key in ("count", "limit", "pages", "page")} == {
        "count": 5,
        "limit": 2,
        "pages": 3,
        "page": 2,
    }
