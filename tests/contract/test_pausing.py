"""Pausing, resuming and cancelling real flows."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.contract.client import Client, eventually


@pytest.fixture
def told(client: Client) -> Path:
    """What the flow said. Empty at first."""
    path = client.folder / "told.txt"
    path.write_text("")
    return path


def run_named(client: Client, flow: str, state: str) -> dict:
    """The newest run of a flow, once it is in a state of this type."""
    body = {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_DESC", "limit": 1}

    def look() -> dict | None:
        runs = client.tenant.ok("POST", "/flow_runs/filter", body)
        return runs[0] if runs and runs[0]["state_type"] == state else None

    return eventually(look, seconds=60, what=f"a {state} run of {flow}")


def states(client: Client, run: dict) -> list[str]:
    return [state["name"] for state in client.tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}")]


def test_a_paused_flow_goes_on_when_it_is_resumed(client: Client, told: Path) -> None:
    with client.background("python", "stopping.py", "pause", "120"):
        run = run_named(client, "paused", "PAUSED")
        assert told.read_text().splitlines() == ["before the pause"]
        assert client.tenant.ok("POST", f"/flow_runs/{run['id']}/resume")["status"] == "ACCEPT"
        run = run_named(client, "paused", "COMPLETED")
    assert told.read_text().splitlines() == ["before the pause", "after the pause"]
    assert states(client, run) == ["Pending", "Running", "Paused", "Running", "Completed"]
    # As everywhere: a resumed pause is one more run.
    assert run["run_count"] == 2


def test_a_pause_that_nobody_ends_fails(client: Client, told: Path) -> None:
    client.run("python", "stopping.py", "pause", "4", check=False)
    run = run_named(client, "paused", "FAILED")
    assert told.read_text().splitlines() == ["before the pause"]
    entered = states(client, run)
    assert entered[:4] == ["Pending", "Running", "Paused", "Failed"]
    # The client gives up at about the time of our sweep, and then says so itself.
    assert entered[4:] in ([], ["Failed"])


@contextmanager
def serving(client: Client) -> Iterator[None]:
    """A process that serves the deployments of `stopping.py`."""
    with client.background("python", "stopping.py", "serve") as log:
        eventually(lambda: "prefect deployment run" in log.read_text(), seconds=60, what="the served deployments")
        yield


def test_a_suspended_flow_is_started_anew_when_it_is_resumed(client: Client, told: Path) -> None:
    with serving(client):
        client.run("prefect", "deployment", "run", "suspended/served")
        run = run_named(client, "suspended", "PAUSED")
        assert client.tenant.ok("POST", f"/flow_runs/{run['id']}/resume")["status"] == "ACCEPT"
        run = run_named(client, "suspended", "COMPLETED")
    assert told.read_text().splitlines() == ["before", "before", "after"]
    first, second = ["Scheduled", "Pending", "Submitting", "Running"], ["Pending", "Submitting", "Running"]
    assert states(client, run) == [*first, "Suspended", "Resuming", *second, "Completed"]
    assert run["run_count"] == 1


def test_a_served_flow_that_is_cancelled_stops_within_seconds(client: Client, told: Path) -> None:
    with serving(client):
        client.run("prefect", "deployment", "run", "endless/served")
        eventually(lambda: told.read_text() == "sleeping\n", seconds=60, what="the running flow")
        run = run_named(client, "endless", "RUNNING")
        cancelling = {"state": {"type": "CANCELLING"}}
        assert client.tenant.ok("POST", f"/flow_runs/{run['id']}/set_state", cancelling)["status"] == "ACCEPT"
        # Without its event the runner would find out by polling, every ten seconds.
        eventually(lambda: states(client, run)[-1] == "Cancelled", seconds=9, what="the end of the cancelled run")
    assert states(client, run) == ["Scheduled", "Pending", "Submitting", "Running", "Cancelling", "Cancelled"]
    assert told.read_text() == "sleeping\n"


def kill(client: Client) -> None:
    """The flow's process is gone without a word."""
    pid = client.folder / "pid.txt"
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_paused_flow_whose_process_is_gone_fails_at_its_deadline(client: Client, told: Path) -> None:
    with client.background("python", "stopping.py", "pause", "5"):
        run_named(client, "paused", "PAUSED")
        kill(client)
        run = run_named(client, "paused", "FAILED")
    assert run["state"]["message"] == "The flow was paused and never resumed."


def test_the_task_runs_of_a_flow_whose_process_is_gone_are_cancelled_with_it(client: Client, told: Path) -> None:
    with client.background("python", "stopping.py", "endless"):
        run = run_named(client, "endless", "RUNNING")
        body = {"flow_runs": {"id": {"any_": [run["id"]]}}}

        def look(state: str) -> dict | None:
            tasks = client.tenant.ok("POST", "/task_runs/filter", body)
            return tasks[0] if [task["state_type"] for task in tasks] == [state] else None

        eventually(lambda: look("RUNNING"), seconds=60, what="the running task")
        kill(client)
        client.tenant.ok("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLED"}})
        task = eventually(lambda: look("CANCELLED"), seconds=60, what="the end of the task run")
    assert task["state"]["message"] == "The parent flow run was cancelled."
