"""`/events/in`: what a client reports is stored, once, whatever ends the socket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from controlplane.ids import uuid7
from tests.sockets.talking import end_of, greeted, listening, make_event, next_event, reporting, stored
from tests.world import Tenant


def task_event(
    state: str,
    run: UUID,
    flow_run: UUID | None,
    occurred: datetime,
    *,
    name: str | None = None,
    dynamic_key: str = "0",
    **fields: Any,
) -> dict[str, Any]:
    """A state of a task run as a 3.x client reports it; `fields` go to the task run."""
    related = []
    if flow_run is not None:
        related.append({"prefect.resource.id": f"prefect.flow-run.{flow_run}", "prefect.resource.role": "flow-run"})
    return make_event(
        f"prefect.task-run.{name or state.capitalize()}",
        occurred=occurred.isoformat(),
        resource={"prefect.resource.id": f"prefect.task-run.{run}", "prefect.orchestration": "client"},
        related=related,
        payload={
            "intended": {"from": None, "to": state},
            "validated_state": {"type": state, "name": name or state.capitalize(), "message": f"now {state}"},
            "task_run": {"task_key": "add-1", "dynamic_key": dynamic_key, "name": "add-0", **fields},
        },
    )


def report(tenant: Tenant, events: list[dict[str, Any]]) -> None:
    """Send events, and wait until they are stored: the live stream shows them."""
    marker = make_event("test.marker")
    with listening(tenant, {"id": {"id": [marker["id"]]}}) as stream:
        with reporting(tenant) as socket:
            for event in [*events, marker]:
                socket.send(json.dumps(event))
        assert next_event(stream)["id"] == marker["id"]


def states_of(tenant: Tenant, run: UUID) -> list[tuple[str, str]]:
    states = tenant.ok("GET", f"/task_run_states/?task_run_id={run}")
    return [(state["type"], state["name"]) for state in states]


def test_an_event_is_stored_as_it_was_sent(tenant: Tenant) -> None:
    event = make_event(
        resource={"prefect.resource.id": "test.thing", "prefect.resource.name": "Ding ✓"},
        related=[{"prefect.resource.id": "test.other", "prefect.resource.role": "other"}],
        payload={"deep": [1, 2.5, None, {"ü": "x"}]},
        follows=str(uuid4()),
    )
    report(tenant, [event])
    [found] = stored(tenant, event={"name": ["test.happened"]})
    received = found.pop("received")
    assert found.pop("occurred").replace("Z", "+00:00") == event.pop("occurred")
    assert found == event
    assert abs(datetime.fromisoformat(received) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_resent_event_is_stored_once(tenant: Tenant) -> None:
    event = make_event()
    report(tenant, [event, event])
    report(tenant, [event])
    assert [found["id"] for found in stored(tenant, event={"name": ["test.happened"]})] == [event["id"]]


def test_the_last_frame_before_a_sudden_end_is_stored(tenant: Tenant) -> None:
    event = make_event()
    with listening(tenant, {}) as stream:
        with reporting(tenant) as socket:
            socket.send(json.dumps(event))
            socket.socket.close()
        assert next_event(stream)["id"] == event["id"]


def test_many_events_are_all_stored_and_a_pong_comes(tenant: Tenant) -> None:
    events = [make_event(resource={"prefect.resource.id": f"test.{number}"}) for number in range(1_700)]
    marker = make_event("test.marker")
    with listening(tenant, {"id": {"id": [marker["id"]]}}) as stream:
        with reporting(tenant) as socket:
            for event in [*events, marker]:
                socket.send(json.dumps(event))
            assert socket.ping().wait(10)
        next_event(stream)
    counts = tenant.ok("POST", "/events/count-by/event", {"filter": {"event": {"name": ["test.happened"]}}})
    assert [count["count"] for count in counts] == [1_700]


def test_the_subprotocol_and_an_auth_message_work_too(tenant: Tenant) -> None:
    event = make_event()
    with listening(tenant, {}) as stream:
        with greeted(tenant, "/events/in") as socket:
            socket.send(json.dumps(event))
        assert next_event(stream)["id"] == event["id"]


@pytest.mark.parametrize(
    ("_case", "frame"),
    [
        ("no JSON", "hello"),
        ("no event", "{}"),
        ("a lone surrogate", json.dumps(make_event(payload={"a": "\ud800"}))),
        (
            "nested too deep",
            json.dumps(make_event(payload={})).replace('"payload": {}', '"payload": {"a":' + "[" * 80 + "]" * 80 + "}"),
        ),
        ("a number beyond all bounds", json.dumps(make_event()).replace('"payload": {}', '"payload": {"a": 1e999}')),
    ],
)
def test_an_invalid_event_ends_the_socket_and_spares_those_before(tenant: Tenant, _case: str, frame: str) -> None:
    before = make_event()
    with listening(tenant, {}) as stream:
        with reporting(tenant) as socket:
            socket.send(json.dumps(before))
            socket.send(frame)
            code, reason = end_of(socket)
        assert code == 1011
        assert reason.startswith("Invalid event: ")
        assert next_event(stream)["id"] == before["id"]


def test_a_nul_character_is_left_out_and_too_large_an_event_is_dropped(tenant: Tenant) -> None:
    large = make_event("test.large", payload={"x": "y" * 1_500_000})
    nul = make_event("test.nul", payload={"x": "a\x00b"})
    report(tenant, [large, nul])
    assert [
        event["payload"] for event in stored(tenant, event={"prefix": ["test."], "exclude_name": ["test.marker"]})
    ] == [{"x": "ab"}]


def test_a_frame_beyond_the_limit_ends_the_socket(tenant: Tenant) -> None:
    with reporting(tenant) as socket:
        socket.send("x" * 5_300_000)
        assert end_of(socket) == (1009, "A message is larger than 5242880 bytes")


def test_events_become_a_task_run_and_its_states(tenant: Tenant) -> None:
    run, flow_run, start = uuid7(), uuid7(), datetime.now(UTC)
    report(
        tenant,
        [
            task_event("PENDING", run, flow_run, start, tags=["b", "a"], run_count=0),
            task_event(
                "RUNNING", run, flow_run, start + timedelta(seconds=1), run_count=1, start_time=start.isoformat()
            ),
            task_event("COMPLETED", run, flow_run, start + timedelta(seconds=2), run_count=1, total_run_time=1.5),
        ],
    )
    found = tenant.ok("GET", f"/task_runs/{run}")
    assert found["state"]["message"] == "now COMPLETED"
    assert found["state"]["state_details"]["task_run_id"] == str(run)
    assert found["state"]["state_details"]["flow_run_id"] == str(flow_run)
    assert datetime.fromisoformat(found["start_time"]) == start
    assert (found["state_type"], found["run_count"], found["total_run_time"]) == ("COMPLETED", 1, 1.5)
    assert (found["name"], found["tags"], found["flow_run_id"]) == ("add-0", ["b", "a"], str(flow_run))
    assert states_of(tenant, run) == [("PENDING", "Pending"), ("RUNNING", "Running"), ("COMPLETED", "Completed")]
    tagged = tenant.ok("POST", "/task_runs/filter", {"task_runs": {"tags": {"all_": ["a", "b"]}}})
    assert [one["id"] for one in tagged] == [str(run)]


def test_a_late_event_adds_its_state_and_changes_nothing_else(tenant: Tenant) -> None:
    run, flow_run, start = uuid7(), uuid7(), datetime.now(UTC)
    report(tenant, [task_event("COMPLETED", run, flow_run, start + timedelta(seconds=2), name="Cached", tags=["new"])])
    report(tenant, [task_event("RUNNING", run, flow_run, start, tags=["old"], run_count=7)])
    found = tenant.ok("GET", f"/task_runs/{run}")
    assert (found["state_type"], found["state_name"], found["run_count"], found["tags"]) == (
        "COMPLETED",
        "Cached",
        0,
        ["new"],
    )
    assert states_of(tenant, run) == [("RUNNING", "Running"), ("COMPLETED", "Cached")]


def test_a_newer_event_replaces_the_tags(tenant: Tenant) -> None:
    run, flow_run, start = uuid7(), uuid7(), datetime.now(UTC)
    report(tenant, [task_event("PENDING", run, flow_run, start, tags=["old", "both"])])
    report(tenant, [task_event("RUNNING", run, flow_run, start + timedelta(seconds=1), tags=["both", "new"])])
    by_tag = {
        tag: len(tenant.ok("POST", "/task_runs/filter", {"task_runs": {"tags": {"all_": [tag]}}}))
        for tag in ("old", "both", "new")
    }
    assert by_tag == {"old": 0, "both": 1, "new": 1}


def test_the_natural_key_decides_which_task_run_is_meant(tenant: Tenant) -> None:
    first, second, flow_run, start = uuid7(), uuid7(), uuid7(), datetime.now(UTC)
    report(tenant, [task_event("PENDING", first, flow_run, start)])
    report(tenant, [task_event("RUNNING", second, flow_run, start + timedelta(seconds=1))])
    assert tenant.call("GET", f"/task_runs/{second}").status_code == 404
    assert tenant.ok("GET", f"/task_runs/{first}")["state_type"] == "RUNNING"
    assert states_of(tenant, first) == [("PENDING", "Pending"), ("RUNNING", "Running")]


def test_a_task_run_without_flow_run_goes_by_its_id(tenant: Tenant) -> None:
    run, start = uuid7(), datetime.now(UTC)
    report(
        tenant,
        [
            task_event("PENDING", run, None, start, dynamic_key=str(run)),
            task_event("RUNNING", run, None, start + timedelta(seconds=1), dynamic_key=str(run)),
        ],
    )
    found = tenant.ok("GET", f"/task_runs/{run}")
    assert (found["state_type"], found["flow_run_id"]) == ("RUNNING", None)


@pytest.mark.parametrize(
    ("_case", "spoil"),
    [
        ("no task key", lambda event: event["payload"]["task_run"].pop("task_key")),
        ("a state of no type", lambda event: event["payload"]["validated_state"].update(type="LIMBO")),
        ("an id that is none", lambda event: event["resource"].update({"prefect.resource.id": "prefect.task-run.x"})),
        ("a count beyond its column", lambda event: event["payload"]["task_run"].update(run_count=2**31)),
        ("no label: a 2.x client", lambda event: event["resource"].pop("prefect.orchestration")),
    ],
)
def test_an_event_that_tells_of_no_task_run_stays_an_event(tenant: Tenant, _case: str, spoil: Any) -> None:
    bad, good, flow_run, start = uuid7(), uuid7(), uuid7(), datetime.now(UTC)
    spoilt = task_event("PENDING", bad, flow_run, start, dynamic_key="bad")
    spoil(spoilt)
    report(tenant, [spoilt, task_event("PENDING", good, flow_run, start)])
    assert [event["id"] for event in stored(tenant, id={"id": [spoilt["id"]]})] == [spoilt["id"]]
    runs = tenant.ok(
        "POST", "/task_runs/filter", {"flow_runs": None, "task_runs": {"flow_run_id": {"any_": [str(flow_run)]}}}
    )
    assert [run["id"] for run in runs] == [str(good)]


def test_an_unpersisted_result_reads_back_as_null(tenant: Tenant) -> None:
    run, flow_run = uuid7(), uuid7()
    event = task_event("COMPLETED", run, flow_run, datetime.now(UTC))
    event["payload"]["validated_state"]["data"] = {"type": "unpersisted"}
    report(tenant, [event])
    assert tenant.ok("GET", f"/task_runs/{run}")["state"]["data"] is None
