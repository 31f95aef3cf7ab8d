"""`/task_runs/subscriptions/scheduled`: each background task run is given to one task worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.sockets.talking import end_of, greeted
from tests.world import Tenant, make_task_run, set_state

PATH = "/task_runs/subscriptions/scheduled"


def delay(tenant: Tenant, task_key: str = "double-1", **details: Any) -> str:
    """What `task.delay()` sends; the id of the task run."""
    state = {"type": "SCHEDULED", "state_details": {"deferred": True, **details}}
    run_id: str = make_task_run(tenant, task_key=task_key, state=state)["id"]
    return run_id


@contextmanager
def serving(tenant: Tenant, *keys: str, client_id: str = "host-1") -> Iterator[ClientConnection]:
    with greeted(tenant, PATH) as socket:
        socket.send(json.dumps({"type": "subscribe", "keys": list(keys) or ["double-1"], "client_id": client_id}))
        yield socket


def offered(socket: ClientConnection) -> str:
    run = json.loads(socket.recv(timeout=60))
    assert (run["state_type"], run["state"]["state_details"]["deferred"]) == ("SCHEDULED", True)
    run_id: str = run["id"]
    return run_id


def say(socket: ClientConnection, type: str) -> None:
    socket.send(json.dumps({"type": type}))


def is_offered_nothing(socket: ClientConnection) -> bool:
    """For longer than the poll lasts."""
    with pytest.raises(TimeoutError):
        socket.recv(timeout=2.5)
    return True


def test_the_frame_is_the_task_run_as_it_is_read(tenant: Tenant) -> None:
    run_id = delay(tenant)
    with serving(tenant) as socket:
        frame = json.loads(socket.recv(timeout=60))
    read = tenant.ok("GET", f"/task_runs/{run_id}")
    later = {"estimated_start_time_delta"}
    assert {name: value for name, value in frame.items() if name not in later} == {
        name: value for name, value in read.items() if name not in later
    }


def test_runs_come_one_at_a_time_in_order(tenant: Tenant) -> None:
    runs = [delay(tenant) for _ in range(3)]
    with serving(tenant) as socket:
        for run_id in runs:
            assert offered(socket) == run_id
            say(socket, "ack")
        fourth = delay(tenant)
        assert offered(socket) == fourth


def test_two_workers_share_the_runs_and_no_run_comes_twice(tenant: Tenant) -> None:
    with serving(tenant) as one, serving(tenant, client_id="host-2") as two:
        runs = {delay(tenant), delay(tenant)}
        assert {offered(one), offered(two)} == runs
        say(one, "ack")
        say(two, "ack")
        assert is_offered_nothing(one)
        assert is_offered_nothing(two)


def test_what_was_not_acknowledged_is_offered_again(tenant: Tenant) -> None:
    run_id = delay(tenant)
    with serving(tenant) as socket:
        assert offered(socket) == run_id
    with serving(tenant) as socket:
        assert offered(socket) == run_id
        say(socket, "quit")
        assert end_of(socket) == (1000, "")
    with serving(tenant) as socket:
        assert offered(socket) == run_id
        say(socket, "ack")
        assert is_offered_nothing(socket)
    with serving(tenant) as socket:
        assert is_offered_nothing(socket)


def test_a_run_that_is_scheduled_anew_is_offered_anew(tenant: Tenant) -> None:
    run_id = delay(tenant)
    with serving(tenant) as socket:
        assert offered(socket) == run_id
        say(socket, "ack")
        set_state(tenant, run_id, "PENDING", kind="task_runs", state_details={"deferred": True})
        retry = {"deferred": True, "scheduled_time": datetime.now(UTC).isoformat()}
        set_state(tenant, run_id, "SCHEDULED", kind="task_runs", name="AwaitingRetry", state_details=retry)
        assert offered(socket) == run_id


def test_other_tasks_other_times_and_other_workspaces_are_not_offered(tenant: Tenant, stranger: Tenant) -> None:
    delay(tenant, "triple-1")
    delay(stranger)
    delay(tenant, scheduled_time=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    make_task_run(tenant, task_key="double-1", state={"type": "SCHEDULED"})
    with serving(tenant) as socket:
        assert is_offered_nothing(socket)


@pytest.mark.parametrize(
    ("_case", "message", "expected"),
    [
        ("another message", {"type": "hello"}, "'subscribe' message"),
        ("no tasks", {"type": "subscribe", "keys": [], "client_id": "h-1"}, "'keys' in subscribe message"),
        ("tasks left out", {"type": "subscribe", "client_id": "h-1"}, "'keys' in subscribe message"),
        ("tasks that are no names", {"type": "subscribe", "keys": [1]}, "'keys' in subscribe message"),
        ("nobody", {"type": "subscribe", "keys": ["double-1"]}, "'client_id' in subscribe message"),
        ("not an object", [], "'subscribe' message"),
    ],
)
def test_a_bad_subscription_is_refused_with_a_reason(tenant: Tenant, _case: str, message: Any, expected: str) -> None:
    with greeted(tenant, PATH) as socket:
        socket.send(json.dumps(message))
        assert end_of(socket) == (4001, f"Protocol violation: expected {expected}")


def test_a_strange_answer_gives_the_run_back(tenant: Tenant) -> None:
    run_id = delay(tenant)
    with serving(tenant) as socket:
        assert offered(socket) == run_id
        say(socket, "what?")
        assert end_of(socket) == (4001, "Protocol violation: expected 'ack' message")
    with serving(tenant) as socket:
        assert offered(socket) == run_id


def test_a_viewer_may_not_run_tasks(viewer: Tenant) -> None:
    with connect(f"{viewer.ws_url}{PATH}", subprotocols=["prefect"]) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "auth", "token": viewer.key}))
        assert end_of(socket) == (1008, "Your role in this workspace does not include 'run_flows'.")


def test_who_is_connected_is_listed(tenant: Tenant, stranger: Tenant) -> None:
    def listed(**body: Any) -> list[tuple[str, list[str]]]:
        found = tenant.ok("POST", "/task_workers/filter", body)
        assert all(set(worker) == {"identifier", "task_keys", "timestamp"} for worker in found)
        return [(worker["identifier"], worker["task_keys"]) for worker in found]

    runs = [delay(tenant, key) for key in ("a-1", "c-1")]
    with serving(tenant, "b-1", "a-1") as one, serving(tenant, "c-1", client_id="host-2") as two:
        assert [offered(one), offered(two)] == runs
        assert listed() == [("host-1", ["a-1", "b-1"]), ("host-2", ["c-1"])]
        assert listed(task_worker_filter={"task_keys": ["c-1", "d-1"]}) == [("host-2", ["c-1"])]
        assert stranger.ok("POST", "/task_workers/filter", {}) == []
        say(two, "quit")
        assert end_of(two) == (1000, "")
        assert listed() == [("host-1", ["a-1", "b-1"])]
