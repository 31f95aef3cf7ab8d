"""Variables over HTTP."""

from uuid import uuid4

import pytest


def make(tenant, name="region", value="eu", **fields):
    return tenant.ok("POST", "/variables/", {"name": name, "value": value, **fields})


def names(tenant, **body):
    return [variable["name"] for variable in tenant.ok("POST", "/variables/filter", body)]


@pytest.mark.parametrize("value", ["text", "", 3, 2.5, True, None, {"a": [1, {"b": None}]}, [1, "a"]], ids=repr)
def test_a_value_is_any_json(tenant, value):
    made = make(tenant, value=value, tags=["a", "b"])
    assert set(made) == {"id", "created", "updated", "name", "value", "tags"}
    assert (made["name"], made["value"], made["tags"]) == ("region", value, ["a", "b"])
    assert tenant.ok("GET", f"/variables/{made['id']}") == made
    assert tenant.ok("GET", "/variables/name/region") == made


def test_a_name_is_taken_once(tenant, stranger):
    make(tenant)
    answer = tenant.call("POST", "/variables/", {"name": "region", "value": "us"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "A variable with the name 'region' already exists."})
    make(tenant, "zone")
    assert tenant.call("PATCH", "/variables/name/zone", {"name": "region"}).status_code == 409
    assert tenant.ok("GET", "/variables/name/zone")["value"] == "eu"
    make(stranger)


@pytest.mark.parametrize(
    ("_case", "body", "loc", "msg"),
    [
        ("no value", {"name": "a"}, ["body", "value"], "Field required"),
        (
            "a bad name",
            {"name": "Bad Name", "value": 1},
            ["body", "name"],
            "Value error, Variable name must only contain lowercase letters, numbers, and dashes or underscores.",
        ),
        (
            "a long value",
            {"name": "a", "value": "x" * 4999},
            ["body", "value"],
            "Value error, Variable value must be less than 5000 characters",
        ),
        ("an unknown key", {"name": "a", "value": 1, "b": 1}, ["body", "b"], "Extra inputs are not permitted"),
    ],
)
def test_a_bad_variable_is_422_with_its_place(tenant, _case, body, loc, msg):
    answer = tenant.call("POST", "/variables/", body)
    assert answer.status_code == 422
    (finding,) = answer.json()["exception_detail"]
    assert (finding["loc"], finding["msg"]) == (loc, msg)
    assert tenant.ok("POST", "/variables/count", {}) == 0


def test_the_longest_value_fits(tenant):
    assert make(tenant, value="x" * 4998)["value"] == "x" * 4998


def test_what_is_sent_is_changed_and_nothing_else(tenant):
    made = make(tenant, tags=["a"])
    for path in (f"/variables/{made['id']}", "/variables/name/region"):
        for body in ({"value": {"x": 1}}, {"tags": ["b", "c"]}, {"value": None}, {}):
            assert tenant.call("PATCH", path, body).status_code == 204
            made |= body
            shown = tenant.ok("GET", f"/variables/{made['id']}")
            assert {**shown, "updated": None} == {**made, "updated": None}
    assert tenant.call("PATCH", f"/variables/{made['id']}", {"name": "zone"}).status_code == 204
    assert names(tenant) == ["zone"]
    for body in ({"name": None}, {"tags": None}):
        assert tenant.call("PATCH", f"/variables/{made['id']}", body).status_code == 409


def test_missing_variables_are_404(tenant, stranger):
    foreign = make(stranger, "theirs")["id"]
    for path in (uuid4(), foreign, "name/theirs"):
        for method, body in (("GET", None), ("PATCH", {"value": 1}), ("DELETE", None)):
            answer = tenant.call(method, f"/variables/{path}", body)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Variable not found."})
    assert stranger.ok("GET", "/variables/name/theirs")["value"] == "eu"


@pytest.mark.parametrize(
    ("_case", "body", "expected"),
    [
        ("all, by name", {}, ["a1", "a2", "b1"]),
        ("the other way", {"sort": "NAME_DESC"}, ["b1", "a2", "a1"]),
        ("a page", {"limit": 1, "offset": 1}, ["a2"]),
        ("by name", {"variables": {"name": {"any_": ["a1", "zz"]}}}, ["a1"]),
        ("by part of the name", {"variables": {"name": {"like_": "a"}}}, ["a1", "a2"]),
        ("by tags", {"variables": {"tags": {"all_": ["x", "y"]}}}, ["a2"]),
        ("without tags", {"variables": {"tags": {"is_null_": True}}}, ["b1"]),
        ("2.x: by value", {"variables": {"value": {"any_": ["1"]}}}, ["a1"]),
        ("2.x: by nothing", {"variables": {"value": None, "name": None}}, ["a1", "a2", "b1"]),
    ],
)
def test_filters(tenant, stranger, _case, body, expected):
    make(tenant, "a2", "2", tags=["x", "y"])
    make(tenant, "a1", "1", tags=["x"])
    make(tenant, "b1", "3")
    make(stranger, "a3", "1", tags=["x", "y"])
    assert names(tenant, **body) == expected
    if "limit" not in body:
        assert tenant.ok("POST", "/variables/count", body) == len(expected)


def test_tags_are_found_by_what_they_are_now(tenant):
    make(tenant, tags=["old", "both"])
    tenant.ok("PATCH", "/variables/name/region", {"tags": ["both", "new"]})
    for tag, found in (("old", []), ("both", ["region"]), ("new", ["region"])):
        assert names(tenant, variables={"tags": {"all_": [tag]}}) == found


def test_deleted_by_id_and_by_name(tenant):
    make(tenant, "b")
    for path in (make(tenant, "a")["id"], "name/b"):
        assert tenant.call("DELETE", f"/variables/{path}").status_code == 204
    assert names(tenant) == []


def test_a_viewer_looks(tenant, viewer):
    made = make(tenant)
    assert viewer.ok("GET", "/variables/name/region") == made
    for method, path, body in (
        ("POST", "/", {"name": "a", "value": 1}), ("PATCH", f"/{made['id']}", {"value": 1}),
        ("DELETE", f"/{made['id']}", None),
    ):  # fmt: skip
        assert viewer.call(method, f"/variables{path}", body).status_code == 403
    assert names(tenant) == ["region"]


def test_changes_are_told(tenant):
    made = make(tenant, tags=["a"])
    tenant.ok("PATCH", "/variables/name/region", {"value": {"b": 1}})
    tenant.ok("DELETE", "/variables/name/region")
    events = tenant.ok(
        "POST", "/events/filter", {"filter": {"event": {"prefix": ["prefect.variable."]}, "order": "ASC"}}
    )
    assert [(event["event"], event["payload"]) for event in events["events"]] == [
        ("prefect.variable.created", {"name": "region", "value": "eu", "tags": ["a"]}),
        ("prefect.variable.updated", {"name": "region", "value": {"b": 1}, "tags": ["a"]}),
        ("prefect.variable.deleted", {"name": "region", "value": {"b": 1}, "tags": ["a"]}),
    ]
    assert {event["resource"]["prefect.resource.id"] for event in events["events"]} == {
        f"prefect.variable.{made['id']}"
    }
