"""Flow runs over HTTP: creation, transitions, reading and changing."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.world import make_flow, make_flow_run, set_state

UNKNOWN_FLOW = {
    "detail": "Data integrity conflict. This usually means a unique or foreign key constraint was violated. "
    "See server logs for details."
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_run_without_a_state_is_pending(tenant):
    flow = make_flow(tenant, labels={"team": "x"})
    answer = tenant.call(
        "POST", "/flow_runs/", {"flow_id": flow["id"], "labels": {"own": True}, "tags": ["b", "a", "b"]}
    )
    run = answer.json()
    assert answer.status_code == 201
    assert (run["state_type"], run["state_name"], run["state"]["type"]) == ("PENDING", "Pending", "PENDING")
    assert run["labels"] == {"team": "x", "own": True, "prefect.flow.id": flow["id"]}
    assert run["tags"] == ["b", "a"]
    assert run["state"]["state_details"]["flow_run_id"] == run["id"]
    assert run["name"].count("-") == 1
    assert (run["run_count"], run["start_time"], run["end_time"], run["job_variables"]) == (0, None, None, {})
    read = tenant.ok("GET", f"/flow_runs/{run['id']}")
    for clock in ("estimated_start_time_delta", "estimated_run_time"):
        run.pop(clock), read.pop(clock)
    assert read == run


def test_an_idempotency_key_gives_the_first_run_again(tenant):
    flow = make_flow(tenant)
    body = {"flow_id": flow["id"], "idempotency_key": "once", "name": "first"}
    first = tenant.call("POST", "/flow_runs/", body)
    again = tenant.call("POST", "/flow_runs/", body | {"name": "second"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["name"]) == (first.json()["id"], "first")
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1
    assert len(tenant.ok("GET", f"/flow_run_states/?flow_run_id={first.json()['id']}")) == 1


def test_a_run_of_an_unknown_flow_is_409(tenant):
    answer = tenant.call("POST", "/flow_runs/", {"flow_id": str(uuid4())})
    assert (answer.status_code, answer.json()) == (409, UNKNOWN_FLOW)
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_an_unknown_pool_is_404(tenant):
    answer = tenant.call("POST", "/flow_runs/", {"flow_id": make_flow(tenant)["id"], "work_pool_name": "nope"})
    assert (answer.status_code, answer.json()) == (404, {"detail": 'Work pool "nope" not found.'})


def test_a_run_goes_through_its_life(tenant):
    run = make_flow_run(tenant, "PENDING")
    running = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "RUNNING"}})
    assert running.status_code == 201
    assert running.json()["status"] == "ACCEPT"
    assert running.json()["details"] == {"type": "accept_details"}
    done = set_state(tenant, run["id"], "COMPLETED", message="all good", name="Well done")
    assert done["state"]["message"] == "all good"
    read = tenant.ok("GET", f"/flow_runs/{run['id']}")
    assert (read["state_type"], read["state_name"], read["run_count"]) == ("COMPLETED", "Well done", 1)
    assert moment(read["start_time"]) == moment(running.json()["state"]["timestamp"])
    assert moment(read["end_time"]) == moment(done["state"]["timestamp"])
    elapsed = (moment(read["end_time"]) - moment(read["start_time"])).total_seconds()
    assert read["total_run_time"] == pytest.approx(elapsed, abs=1e-6)
    states = tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}")
    assert [state["type"] for state in states] == ["PENDING", "RUNNING", "COMPLETED"]
    assert tenant.ok("GET", f"/flow_run_states/{states[2]['id']}") == states[2]


def test_a_second_worker_may_not_claim_a_run(tenant):
    run = make_flow_run(tenant, "SCHEDULED")
    assert set_state(tenant, run["id"], "PENDING")["status"] == "ACCEPT"
    second = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "PENDING"}})
    assert second.status_code == 200
    assert (second.json()["status"], second.json()["details"]) == (
        "ABORT",
        {"type": "abort_details", "reason": "This run is in a PENDING state and cannot transition to a PENDING state."},
    )
    assert second.json()["state"]["type"] == "PENDING"


def test_a_run_may_not_start_before_its_time(tenant):
    due = datetime.now(UTC) + timedelta(hours=1)
    flow = make_flow(tenant)
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()}}
    run = tenant.ok("POST", "/flow_runs/", {"flow_id": flow["id"], "state": state})
    answer = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "RUNNING"}})
    assert (answer.status_code, answer.json()["status"]) == (200, "WAIT")
    assert answer.json()["details"]["delay_seconds"] == pytest.approx(3600, abs=60)
    assert moment(tenant.ok("GET", f"/flow_runs/{run['id']}")["next_scheduled_start_time"]) == due


def test_a_failure_is_retried_while_retries_are_left(tenant):
    policy = {"retries": 1, "retry_delay": 5}
    run = make_flow_run(tenant, "RUNNING", empirical_policy=policy)
    answer = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "FAILED", "message": "boom"}})
    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["details"]["reason"]) == ("REJECT", "Retrying")
    assert (answer.json()["state"]["name"], answer.json()["state"]["message"]) == ("AwaitingRetry", "boom")
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["empirical_policy"]["retry_type"] == "in_process"


def test_force_passes_the_rules(tenant):
    run = make_flow_run(tenant, "CANCELLING")
    refused = set_state(tenant, run["id"], "RUNNING")
    assert (refused["status"], refused["state"]["type"]) == ("REJECT", "CANCELLING")
    assert set_state(tenant, run["id"], "RUNNING", force=True)["status"] == "ACCEPT"


def test_a_result_is_kept_with_its_state(tenant):
    run = make_flow_run(tenant, "RUNNING")
    data = {"storage_key": "k", "nested": {"a": [1, None, "x"]}}
    done = set_state(tenant, run["id"], "COMPLETED", data=data | {"artifact_key": "taken-out"})
    assert done["state"]["data"] == data
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["state"]["data"] == data
    back = set_state(tenant, run["id"], "RUNNING")
    assert (back["status"], back["details"]["reason"]) == ("REJECT", "Run is already COMPLETED.")


def test_an_unpersisted_result_reads_back_as_null(tenant):
    run = make_flow_run(tenant, "RUNNING")
    done = set_state(tenant, run["id"], "COMPLETED", data={"type": "unpersisted"})
    assert done["state"]["data"] == {"type": "unpersisted"}
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["state"]["data"] is None


def test_a_missing_run_is_404_in_the_lower_layers_words(tenant, stranger):
    foreign = make_flow_run(stranger)["id"]
    for id in (str(uuid4()), foreign):
        answer = tenant.call("POST", f"/flow_runs/{id}/set_state", {"state": {"type": "RUNNING"}})
        assert (answer.status_code, answer.json()) == (404, {"exception_message": f"Flow run with id {id} not found"})
    assert stranger.ok("GET", f"/flow_runs/{foreign}")["state_type"] == "PENDING"


def test_a_state_that_does_not_exist_is_422(tenant):
    run = make_flow_run(tenant)
    answer = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "FLYING"}})
    assert answer.status_code == 422
    (finding,) = answer.json()["exception_detail"]
    assert (finding["type"], finding["loc"], finding["input"]) == ("enum", ["body", "state", "type"], "FLYING")
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"] == "PENDING"


def test_every_transition_makes_an_event_in_its_transaction(tenant):
    flow = make_flow(tenant, name="etl")
    run = make_flow_run(tenant, "PENDING", flow_id=flow["id"], name="crafty", tags=["z", "a"])
    set_state(tenant, run["id"], "RUNNING")
    failed = set_state(tenant, run["id"], "FAILED", message="boom")
    body = {"filter": {"resource": {"id": [f"prefect.flow-run.{run['id']}"]}, "order": "ASC"}}
    events = tenant.ok("POST", "/events/filter", body)["events"]
    assert [event["event"] for event in events] == [
        f"prefect.flow-run.{name}" for name in ("Pending", "Running", "Failed")
    ]
    last = events[2]
    assert last["id"] == failed["state"]["id"]
    assert last["follows"] == events[1]["id"]
    assert last["resource"] == {
        "prefect.resource.id": f"prefect.flow-run.{run['id']}",
        "prefect.resource.name": "crafty",
        "prefect.run-count": "1",
        "prefect.state-message": "boom",
        "prefect.state-name": "Failed",
        "prefect.state-timestamp": failed["state"]["timestamp"].replace("Z", "+00:00"),
        "prefect.state-type": "FAILED",
    }
    assert last["related"] == [
        {
            "prefect.resource.id": f"prefect.flow.{flow['id']}",
            "prefect.resource.role": "flow",
            "prefect.resource.name": "etl",
        },
        {"prefect.resource.id": "prefect.tag.a", "prefect.resource.role": "tag"},
        {"prefect.resource.id": "prefect.tag.z", "prefect.resource.role": "tag"},
    ]
    assert last["payload"] == {
        "intended": {"from": "RUNNING", "to": "FAILED"},
        "initial_state": {"type": "RUNNING", "name": "Running"},
        "validated_state": {"type": "FAILED", "name": "Failed", "message": "boom"},
    }


def test_a_refused_transition_makes_no_event(tenant):
    run = make_flow_run(tenant, "PENDING")
    set_state(tenant, run["id"], "PENDING")
    body = {"filter": {"resource": {"id": [f"prefect.flow-run.{run['id']}"]}}}
    assert [event["event"] for event in tenant.ok("POST", "/events/filter", body)["events"]] == [
        "prefect.flow-run.Pending"
    ]


def test_a_subflow_is_mirrored_onto_its_task_run(tenant):
    parent = make_flow_run(tenant, "RUNNING")
    wrapper = tenant.ok("POST", "/task_runs/", {"flow_run_id": parent["id"], "task_key": "child", "dynamic_key": "0"})
    child = make_flow_run(tenant, "PENDING", parent_task_run_id=wrapper["id"])
    set_state(tenant, child["id"], "RUNNING")
    set_state(tenant, child["id"], "COMPLETED", message="done")
    mirrored = tenant.ok("GET", f"/task_runs/{wrapper['id']}")
    assert (mirrored["state_type"], mirrored["run_count"], mirrored["flow_run_run_count"]) == ("COMPLETED", 1, 0)
    assert mirrored["state"]["state_details"]["child_flow_run_id"] == child["id"]
    states = tenant.ok("GET", f"/task_run_states/?task_run_id={wrapper['id']}")
    assert [state["name"] for state in states] == ["Pending", "Pending", "Running", "Completed"]


def test_only_what_is_sent_is_changed(tenant):
    run = make_flow_run(tenant, name="old", tags=["a"], parameters={"x": 1})
    assert tenant.call("PATCH", f"/flow_runs/{run['id']}", {"name": "new"}).status_code == 204
    read = tenant.ok("GET", f"/flow_runs/{run['id']}")
    assert (read["name"], read["tags"], read["parameters"]) == ("new", ["a"], {"x": 1})
    tenant.call("PATCH", f"/flow_runs/{run['id']}", {"tags": [], "infrastructure_pid": "host:1", "parameters": {}})
    read = tenant.ok("GET", f"/flow_runs/{run['id']}")
    assert (read["tags"], read["infrastructure_pid"], read["parameters"]) == ([], "host:1", {})
    assert tenant.ok("POST", "/flow_runs/count", {"flow_runs": {"tags": {"all_": ["a"]}}}) == 0


def test_labels_are_merged(tenant):
    run = make_flow_run(tenant, labels={"a": 1, "b": 2})
    assert tenant.call("PATCH", f"/flow_runs/{run['id']}/labels", {"b": 3, "c": "x"}).status_code == 204
    labels = tenant.ok("GET", f"/flow_runs/{run['id']}")["labels"]
    assert {key: labels[key] for key in ("a", "b", "c")} == {"a": 1, "b": 3, "c": "x"}


def test_a_deleted_run_takes_everything_along(tenant):
    run = make_flow_run(tenant, "RUNNING", tags=["a"])
    task = tenant.ok("POST", "/task_runs/", {"flow_run_id": run["id"], "task_key": "t", "dynamic_key": "0"})
    line = {
        "name": "l",
        "level": 20,
        "message": "m",
        "timestamp": datetime.now(UTC).isoformat(),
        "flow_run_id": run["id"],
    }
    tenant.ok("POST", "/logs/", [line])
    assert tenant.call("DELETE", f"/flow_runs/{run['id']}").status_code == 204
    assert tenant.call("DELETE", f"/flow_runs/{run['id']}").status_code == 404
    assert tenant.call("GET", f"/task_runs/{task['id']}").status_code == 404
    assert tenant.ok("POST", "/logs/filter", {}) == []
    assert tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}") == []


def test_filters_find_and_sort(tenant):
    flow = make_flow(tenant, name="etl")
    runs = [
        make_flow_run(tenant, state, flow_id=flow["id"], name=name, tags=tags)
        for state, name, tags in (("PENDING", "a", ["x"]), ("RUNNING", "b", ["x", "y"]), ("COMPLETED", "c", []))
    ]
    cases = [
        ({"flow_runs": {"state": {"type": {"any_": ["RUNNING", "PENDING"]}}}}, ["a", "b"]),
        ({"flow_runs": {"state": {"name": {"not_any_": ["Running"]}}}}, ["a", "c"]),
        ({"flow_runs": {"tags": {"all_": ["x", "y"]}}}, ["b"]),
        ({"flow_runs": {"tags": {"is_null_": True}}}, ["c"]),
        ({"flow_runs": {"id": {"any_": [runs[2]["id"]]}}}, ["c"]),
        ({"flow_runs": {"name": {"like_": "B"}}}, ["b"]),
        ({"flows": {"name": {"any_": ["etl"]}}}, ["a", "b", "c"]),
        ({"flows": {"name": {"any_": ["other"]}}}, []),
        (
            {"flow_runs": {"operator": "or_", "name": {"any_": ["a"]}, "state": {"type": {"any_": ["COMPLETED"]}}}},
            ["a", "c"],
        ),
        ({"unknown_parameter": 1}, ["a", "b", "c"]),
        ({"limit": 1, "offset": 1}, ["b"]),
        ({"limit": 0}, []),
    ]
    for body, names in cases:
        found = tenant.ok("POST", "/flow_runs/filter", {"sort": "NAME_ASC", **body})
        assert [run["name"] for run in found] == names, body
    assert tenant.ok("POST", "/flow_runs/count", cases[0][0]) == 2


@pytest.mark.parametrize(
    ("_case", "body", "status", "answer"),
    [
        ("over the limit", {"limit": 201}, 422, {"detail": "Invalid limit: must be less than or equal to 200."}),
        ("negative limit", {"limit": -1}, 422, {"detail": "Invalid limit: must be greater than or equal to 0."}),
    ],
)
def test_limits(tenant, _case, body, status, answer):
    got = tenant.call("POST", "/flow_runs/filter", body)
    assert (got.status_code, got.json()) == (status, answer)


def test_history_counts_by_state_and_interval(tenant):
    start = datetime(2099, 1, 1, tzinfo=UTC)
    flow = make_flow(tenant)
    for minutes in (5, 6, 65):
        due = (start + timedelta(minutes=minutes)).isoformat()
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": due}}
        tenant.ok("POST", "/flow_runs/", {"flow_id": flow["id"], "state": state})
    body = {
        "history_start": start.isoformat(),
        "history_end": (start + timedelta(hours=2)).isoformat(),
        "history_interval_seconds": 3600,
    }
    first, second = tenant.ok("POST", "/flow_runs/history", body)
    assert [(s["state_type"], s["state_name"], s["count_runs"]) for s in first["states"]] == [
        ("SCHEDULED", "Scheduled", 2)
    ]
    assert [s["count_runs"] for s in second["states"]] == [1]
    assert (first["interval_start"], first["interval_end"]) == ("2099-01-01T00:00:00Z", "2099-01-01T01:00:00Z")
