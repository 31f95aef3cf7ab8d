"""Artifacts, and the newest of each key, over HTTP."""

from uuid import uuid4

import pytest

from tests.world import make_flow, make_flow_run, make_task_run, set_state

FIELDS = {"id", "created", "updated", "key", "type", "description", "data", "metadata_", "flow_run_id", "task_run_id"}


def make(tenant, key="report", **fields):
    return tenant.ok("POST", "/artifacts/", {"key": key, **fields})


def keys(tenant, path="/artifacts/filter", **body):
    return [artifact["key"] for artifact in tenant.ok("POST", path, {"sort": "KEY_ASC", **body})]


def test_an_artifact_is_new_each_time(tenant):
    task_run, body = str(uuid4()), {"type": "table", "description": "d", "data": '[{"a": 1}]', "metadata_": {"a": "b"}}
    first, second = (make(tenant, task_run_id=task_run, **body) for _ in range(2))
    assert first["id"] != second["id"]
    assert set(first) == FIELDS
    assert {key: first[key] for key in (*body, "key", "flow_run_id", "task_run_id")} == {
        **body,
        "key": "report",
        "flow_run_id": None,
        "task_run_id": task_run,
    }
    assert tenant.ok("GET", f"/artifacts/{first['id']}") == first


@pytest.mark.parametrize("data", ["text", 12.5, {"a": [1, None]}, [1], None, False], ids=repr)
def test_data_is_any_json(tenant, data):
    made = make(tenant, data=data)
    assert made["data"] == data
    assert tenant.ok("GET", "/artifacts/report/latest")["data"] == data


@pytest.mark.parametrize(
    ("_case", "body", "loc"),
    [
        ("a bad key", {"key": "Not_A_Key"}, ["body", "key"]),
        ("an unknown field", {"bogus": 1}, ["body", "bogus"]),
        ("metadata is an object", {"metadata_": []}, ["body", "metadata_"]),
    ],
)
def test_a_bad_artifact_is_422(tenant, _case, body, loc):
    answer = tenant.call("POST", "/artifacts/", body)
    assert answer.status_code == 422
    assert [finding["loc"] for finding in answer.json()["exception_detail"]] == [loc]
    assert tenant.ok("POST", "/artifacts/count", {}) == 0


def test_long_metadata_is_cut(tenant):
    assert make(tenant, metadata_={"a": "x" * 501, "b": "y" * 500})["metadata_"] == {
        "a": "x" * 500 + "...",
        "b": "y" * 500,
    }


def test_the_newest_of_a_key_is_shown(tenant):
    first, second = make(tenant, data="one", type="markdown"), make(tenant, data="two", type="link")
    make(tenant, key=None, data="loose")
    latest = tenant.ok("GET", "/artifacts/report/latest")
    (collection,) = tenant.ok("POST", "/artifacts/latest/filter", {})
    # The wire has the collection's own id here, and the artifact's in `latest_id`.
    assert latest["id"] == collection["id"] != second["id"]
    assert {**latest, **dict.fromkeys(("id", "created", "updated"))} == {
        **second,
        **dict.fromkeys(("id", "created", "updated")),
    }
    assert set(collection) == FIELDS | {"latest_id"}
    assert collection["latest_id"] == second["id"]
    for artifact, data in ((second, "new"), (first, "old")):
        assert tenant.call("PATCH", f"/artifacts/{artifact['id']}", {"data": data}).status_code == 204
    assert tenant.ok("GET", "/artifacts/report/latest")["data"] == "new"
    assert tenant.ok("GET", f"/artifacts/{first['id']}")["data"] == "old"


def test_the_one_before_takes_the_place_of_a_deleted_one(tenant):
    first, second, third = (make(tenant, data=n) for n in (1, 2, 3))
    assert tenant.call("DELETE", f"/artifacts/{first['id']}").status_code == 204
    assert tenant.ok("GET", "/artifacts/report/latest")["data"] == 3
    assert tenant.call("DELETE", f"/artifacts/{third['id']}").status_code == 204
    assert tenant.ok("GET", "/artifacts/report/latest")["data"] == 2
    assert tenant.ok("POST", "/artifacts/latest/count", {}) == 1
    assert tenant.call("DELETE", f"/artifacts/{second['id']}").status_code == 204
    assert tenant.call("GET", "/artifacts/report/latest").status_code == 404
    assert tenant.ok("POST", "/artifacts/latest/count", {}) == 0


def test_only_what_is_sent_is_changed(tenant):
    made = make(tenant, data="x", description="d", metadata_={"a": "b"})
    for change in ({"description": None}, {"metadata_": {"c": "d"}}, {"data": None}, {}):
        assert tenant.call("PATCH", f"/artifacts/{made['id']}", change).status_code == 204
        made |= change
        assert {**tenant.ok("GET", f"/artifacts/{made['id']}"), "updated": None} == {**made, "updated": None}
    assert tenant.call("PATCH", f"/artifacts/{made['id']}", {"key": "other"}).status_code == 422


def test_missing_artifacts_are_404(tenant, stranger):
    foreign = make(stranger)["id"]
    for path, method, body in (
        (uuid4(), "GET", None), (foreign, "GET", None), ("report/latest", "GET", None), (foreign, "PATCH", {"data": 1}),
        (foreign, "DELETE", None),
    ):  # fmt: skip
        answer = tenant.call(method, f"/artifacts/{path}", body)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Artifact not found."})
    assert stranger.ok("GET", "/artifacts/report/latest")["id"] is not None


@pytest.mark.parametrize(
    ("_case", "body", "all_of_them", "newest"),
    [
        ("all", {}, ["a", "a", "b", None], ["a", "b"]),
        ("by key", {"artifacts": {"key": {"any_": ["a"]}}}, ["a", "a"], ["a"]),
        ("by part of the key", {"artifacts": {"key": {"like_": "b"}}}, ["b"], ["b"]),
        ("without a key", {"artifacts": {"key": {"exists_": False}}}, [None], []),
        ("by type", {"artifacts": {"type": {"any_": ["table"]}}}, ["a", None], ["a"]),
        ("by other types", {"artifacts": {"type": {"not_any_": ["table"]}}}, ["a", "b"], ["b"]),
        ("by the run's flow", {"flows": {"name": {"any_": ["etl"]}}}, ["a", "b"], ["b"]),
        ("by the run", {"flow_runs": {"name": {"any_": ["other"]}}}, [], []),
    ],
)
def test_filters(tenant, stranger, _case, body, all_of_them, newest):
    run = make_flow_run(tenant, flow_id=make_flow(tenant, name="etl")["id"])["id"]
    make(tenant, "a", type="markdown", flow_run_id=run)
    make(tenant, "a", type="table")
    make(tenant, "b", type="link", flow_run_id=run)
    make(tenant, None, type="table")
    make(stranger, "a", type="table")
    assert keys(tenant, **body) == all_of_them
    assert keys(tenant, "/artifacts/latest/filter", **body) == newest
    assert tenant.ok("POST", "/artifacts/count", body) == len(all_of_them)
    assert tenant.ok("POST", "/artifacts/latest/count", body) == len(newest)


def test_pages(tenant):
    for key in ("a", "b", "c"):
        make(tenant, key)
    assert keys(tenant, limit=1, offset=1) == ["b"]
    assert keys(tenant, sort="ID_DESC") == ["c", "b", "a"]
    assert tenant.call("POST", "/artifacts/filter", {"limit": 201}).status_code == 422


def test_a_viewer_looks(tenant, viewer):
    made = make(tenant)
    assert viewer.ok("GET", f"/artifacts/{made['id']}") == made
    for method, path, body in (
        ("POST", "", {"key": "a"}), ("PATCH", f"/{made['id']}", {"data": 1}), ("DELETE", f"/{made['id']}", None),
    ):  # fmt: skip
        assert viewer.call(method, f"/artifacts{path}", body).status_code == 403
    assert tenant.ok("POST", "/artifacts/filter", {}) == [made]


def test_collections_are_told(tenant):
    run = make_flow_run(tenant)["id"]
    first = make(tenant, data="x", type="markdown", description="d", flow_run_id=run)["id"]
    second = make(tenant, data="y")["id"]
    make(tenant, key=None, data="loose")
    for id in (second, first):
        tenant.ok("DELETE", f"/artifacts/{id}")
    body = {"filter": {"event": {"prefix": ["prefect.artifact-collection."]}, "order": "ASC"}}
    events = tenant.ok("POST", "/events/filter", body)["events"]
    of_first = [
        {"prefect.resource.id": f"prefect.artifact.{first}", "prefect.resource.role": "latest"},
        {"prefect.resource.id": f"prefect.flow-run.{run}", "prefect.resource.role": "flow-run"},
    ]
    of_second = [{"prefect.resource.id": f"prefect.artifact.{second}", "prefect.resource.role": "latest"}]
    assert [(event["event"].rpartition(".")[2], event["related"], event["payload"]["data"]) for event in events] == [
        ("created", of_first, "x"),
        ("updated", of_second, "y"),
        ("updated", of_first, "x"),
        ("deleted", of_first, "x"),
    ]


def kept_results(tenant, *flow_run_ids):
    body = {"artifacts": {"flow_run_id": {"any_": list(flow_run_ids)}}, "sort": "CREATED_DESC"}
    names = ("key", "type", "description", "data", "flow_run_id", "task_run_id")
    return [tuple(artifact[name] for name in names) for artifact in tenant.ok("POST", "/artifacts/filter", body)]


def test_a_states_result_is_an_artifact(tenant):
    parent = make_flow_run(tenant, "RUNNING")
    task = make_task_run(tenant, parent["id"])
    child = make_flow_run(tenant, "RUNNING", parent_task_run_id=task["id"])
    about = {"artifact_key": "ak", "artifact_type": "table", "artifact_description": "d"}
    set_state(tenant, child["id"], "COMPLETED", data={"storage_key": "k", **about})
    result = {"storage_key": "k"}
    assert kept_results(tenant, child["id"]) == [("ak", "table", "d", result, child["id"], None)]
    assert kept_results(tenant, parent["id"]) == [(None, None, None, result, parent["id"], task["id"])]
    assert tenant.ok("GET", "/artifacts/ak/latest")["data"] == result


@pytest.mark.parametrize(("_case", "data"), [("none", None), ("not persisted", {"type": "unpersisted"})])
def test_a_state_without_a_result_makes_no_artifact(_case, data, tenant):
    flow_run = make_flow_run(tenant, "RUNNING")
    set_state(tenant, flow_run["id"], "COMPLETED", data=data)
    assert kept_results(tenant, flow_run["id"]) == []


def test_a_result_of_a_task_is_an_artifact_of_both(tenant):
    flow_run = make_flow_run(tenant, "RUNNING")
    task = make_task_run(tenant, flow_run["id"])
    data = {"type": "reference", "storage_key": "k2"}
    set_state(tenant, task["id"], "COMPLETED", kind="task_runs", data=data)
    assert kept_results(tenant, flow_run["id"]) == [(None, None, None, data, flow_run["id"], task["id"])]


def test_a_result_in_the_first_state_is_an_artifact_too(tenant):
    """As the real server does for task runs; its flow runs answer 500 to it, ours do not."""
    about = {"artifact_key": "first", "artifact_type": "table", "artifact_description": "d"}
    state = {"type": "COMPLETED", "data": {**about, "x": 2}}
    flow_run = tenant.ok("POST", "/flow_runs/", {"flow_id": make_flow(tenant)["id"], "state": state})
    keyed = {"task_key": "t", "dynamic_key": "0"}
    task = make_task_run(tenant, flow_run["id"], state={"type": "COMPLETED", "data": {"x": 1}}, **keyed)
    again = make_task_run(tenant, flow_run["id"], state={"type": "COMPLETED", "data": {"x": 1}}, **keyed)
    make_task_run(tenant, flow_run["id"], state={"type": "COMPLETED", "data": {"type": "unpersisted"}})
    assert again["id"] == task["id"]
    assert (flow_run["state"]["data"], task["state"]["data"]) == ({"x": 2}, {"x": 1})
    assert kept_results(tenant, flow_run["id"]) == [
        (None, None, None, {"x": 1}, flow_run["id"], task["id"]),
        ("first", "table", "d", {"x": 2}, flow_run["id"], None),
    ]
