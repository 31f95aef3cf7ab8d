"""Background tasks: `task.delay()` here, `serve(task)` there, and a worker that dies in between."""

import os
import signal
from pathlib import Path

import pytest

from controlplane.sql.transactions import workspace_transaction
from runs.models import TaskRunDelivery
from tests.contract.client import Client, eventually


@pytest.fixture
def worked(client: Client):
    """Who ran what: lines of a number and a process id. Empty at first."""
    path = client.folder / "worked.txt"
    path.write_text("")
    (client.folder / "go").unlink(missing_ok=True)
    return path


def delay(client: Client, *numbers: int) -> list[str]:
    printed = client.run("python", "background.py", "delay", *map(str, numbers))
    return [line.split()[1] for line in printed.splitlines() if line.startswith("delayed ")]


def lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()]


def states(client: Client, runs: list[str]) -> list[str]:
    return [client.tenant.ok("GET", f"/task_runs/{run}")["state_type"] for run in runs]


def wait_for_states(client: Client, runs: list[str], *wanted: str) -> None:
    eventually(lambda: states(client, runs) == list(wanted), seconds=60, what=f"{wanted} of {runs}")


def test_each_is_executed_exactly_once_by_one_of_two_workers(client: Client, worked: Path) -> None:
    runs = delay(client, 1, 2, 3)
    assert states(client, runs) == ["SCHEDULED"] * 3
    with client.background("python", "background.py", "serve", "10"):
        wait_for_states(client, runs, *["COMPLETED"] * 3)
        with client.background("python", "background.py", "serve", "5"):
            eventually(lambda: len(workers(client)) == 2, seconds=60, what="the second worker")
            more = delay(client, 4, 5, 6, 7)
            wait_for_states(client, more, *["COMPLETED"] * 4)
    assert sorted(int(n) for n, _ in lines(worked)) == [1, 2, 3, 4, 5, 6, 7]
    eventually(lambda: workers(client) == [], seconds=60, what="the end of both subscriptions")


def workers(client: Client) -> list[dict]:
    return client.tenant.ok("POST", "/task_workers/filter", {})


def deliveries(client: Client, runs: list[str]) -> list[str]:
    workspace = client.tenant.workspace_id
    with workspace_transaction(workspace):
        rows = {str(row.id): row for row in TaskRunDelivery.objects.of(workspace)}
    return ["taken" if rows[run].until is None else "offered" for run in runs if run in rows]


def test_what_a_killed_worker_had_not_acknowledged_is_given_to_the_next(client: Client, worked: Path) -> None:
    """A worker that is full takes one more and leaves the next unanswered."""
    runs = delay(client, 0, 1, 2, 3)
    with client.background("python", "background.py", "serve", "1"):
        eventually(lambda: lines(worked), seconds=60, what="the first task")
        eventually(
            lambda: deliveries(client, runs) == ["taken", "taken", "offered"], seconds=60, what="the third offer"
        )
        assert [n for n, _ in lines(worked)] == ["0"]
        os.kill(int(lines(worked)[0][1]), signal.SIGKILL)
    with client.background("python", "background.py", "serve", "2"):
        wait_for_states(client, runs[2:], "COMPLETED", "COMPLETED")
    assert sorted(n for n, _ in lines(worked)) == ["0", "2", "3"]
