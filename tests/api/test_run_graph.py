"""The graph of a flow run over HTTP."""

from uuid import uuid4

from tests.world import make_flow, make_flow_run, make_task_run, set_state


def named(*tasks):
    return [{"input_type": "task_run", "id": task["id"]} for task in tasks]


def edges(*tasks):
    return [{"id": task["id"]} for task in tasks]


def task(tenant, run, name, state="RUNNING", **inputs):
    return make_task_run(tenant, run["id"], name=name, state={"type": state}, task_inputs=inputs)


def nodes(graph):
    return {node["label"]: node for _, node in graph["nodes"]}


def test_a_run_without_tasks_has_its_times_and_states(tenant):
    run = make_flow_run(tenant, "PENDING")
    set_state(tenant, run["id"], "RUNNING")
    graph = tenant.ok("GET", f"/flow_runs/{run['id']}/graph-v2")
    run = tenant.ok("GET", f"/flow_runs/{run['id']}")
    states = graph.pop("states")
    assert graph == {
        "start_time": run["start_time"],
        "end_time": None,
        "root_node_ids": [],
        "nodes": [],
        "artifacts": [],
    }
    assert [(state["type"], state["name"]) for state in states] == [("PENDING", "Pending"), ("RUNNING", "Running")]
    assert set(states[0]) == {"id", "timestamp", "type", "name"}


def test_inputs_make_the_edges(tenant):
    run = make_flow_run(tenant, "RUNNING")
    a = task(tenant, run, "a")
    b = task(tenant, run, "b", x=named(a), y=named(a), z=[{"input_type": "parameter", "name": "p"}])
    c = task(tenant, run, "c", x=named(b), __parents__=named(a))
    graph = tenant.ok("GET", f"/flow_runs/{run['id']}/graph-v2")
    assert [id for id, _ in graph["nodes"]] == [a["id"], b["id"], c["id"]]
    assert graph["root_node_ids"] == [a["id"]]
    assert graph["nodes"][1][1] == {
        "kind": "task-run",
        "id": b["id"],
        "label": "b",
        "state_type": "RUNNING",
        "start_time": b["start_time"],
        "end_time": None,
        "parents": edges(a),
        "children": edges(c),
        "encapsulating": [],
        "artifacts": [],
    }
    assert nodes(graph)["c"]["encapsulating"] == edges(a)
    assert nodes(graph)["c"]["parents"] == edges(b)


def test_a_subflow_run_takes_the_place_of_its_task_run(tenant):
    run = make_flow_run(tenant, "RUNNING")
    a = task(tenant, run, "a")
    stand_in = task(tenant, run, "stand-in", "PENDING", x=named(a))
    after = task(tenant, run, "after", x=named(stand_in))
    flow = make_flow(tenant, name="child")
    sub = make_flow_run(tenant, "RUNNING", flow_id=flow["id"], name="sub", parent_task_run_id=stand_in["id"])
    graph = tenant.ok("GET", f"/flow_runs/{run['id']}/graph-v2")
    found = nodes(graph)
    assert set(found) == {"a", "child / sub", "after"}
    shown = found["child / sub"]
    assert (shown["kind"], shown["id"], shown["parents"]) == ("flow-run", sub["id"], edges(a))
    assert found["a"]["children"] == [{"id": sub["id"]}]
    # The stand-in's own id names no node.
    assert found["after"]["parents"] == []
    assert set(graph["root_node_ids"]) == {a["id"], after["id"]}


def test_artifacts_hang_on_their_task_or_on_the_run(tenant):
    run = make_flow_run(tenant, "RUNNING")
    a = task(tenant, run, "a")

    def make(**fields):
        return tenant.ok("POST", "/artifacts/", {"flow_run_id": run["id"], "data": 1, **fields})

    of_run = make(key="r", type="markdown")
    old, new = (make(key="k", type=type, task_run_id=a["id"]) for type in ("markdown", "progress"))
    for type in ("result", None):
        make(type=type, task_run_id=a["id"])
    graph = tenant.ok("GET", f"/flow_runs/{run['id']}/graph-v2")
    assert [(item["id"], item["is_latest"], item["data"]) for item in graph["artifacts"]] == [
        (of_run["id"], True, None)
    ]
    assert nodes(graph)["a"]["artifacts"] == [
        {"id": old["id"], "created": old["created"], "key": "k", "type": "markdown", "is_latest": False, "data": None},
        {"id": new["id"], "created": new["created"], "key": "k", "type": "progress", "is_latest": True, "data": 1},
    ]


def test_what_had_ended_may_be_left_out(tenant):
    run = make_flow_run(tenant, "RUNNING")
    a = task(tenant, run, "a")
    b = task(tenant, run, "b", x=named(a))
    set_state(tenant, a["id"], "COMPLETED", kind="task_runs")
    graph = tenant.ok("GET", f"/flow_runs/{run['id']}/graph-v2?since=2999-01-01T00:00:00Z")
    assert [id for id, _ in graph["nodes"]] == [b["id"]]
    assert graph["root_node_ids"] == []
    assert tenant.call("GET", f"/flow_runs/{run['id']}/graph-v2?since=soon").status_code == 422


def test_the_older_graph_lists_what_each_task_waited_for(tenant):
    run = make_flow_run(tenant, "RUNNING")
    a = task(tenant, run, "a")
    b = task(tenant, run, "b", x=named(a), y=[*named(a), {"input_type": "constant", "type": "int"}])
    first, second = tenant.ok("GET", f"/flow_runs/{run['id']}/graph")
    assert (first["id"], second["id"]) == (a["id"], b["id"])
    assert set(second) == {
        "id", "name", "upstream_dependencies", "state", "expected_start_time", "start_time", "end_time",
        "total_run_time", "estimated_run_time", "untrackable_result",
    }  # fmt: skip
    assert (first["upstream_dependencies"], second["upstream_dependencies"]) == ([], named(a))
    assert (second["state"]["type"], second["untrackable_result"]) == ("RUNNING", False)


def test_a_run_that_is_not_ours_has_no_graph(tenant, stranger):
    run = make_flow_run(stranger)["id"]
    for id in (run, str(uuid4())):
        answer = tenant.call("GET", f"/flow_runs/{id}/graph-v2")
        assert (answer.status_code, answer.json()) == (404, {"exception_message": f"Flow run {id} not found"})
        answer = tenant.call("GET", f"/flow_runs/{id}/graph")
        assert (answer.status_code, answer.json()) == (404, {"exception_message": f"Flow run with id {id} not found"})
