"""What an unmodified Prefect 2.20 keeps open: event streams, the socket of its tasks, an agent on a work pool."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from tests.contract.client import eventually
from tests.contract.older_client import Client2, make_older_client

SCHEDULING = {"PREFECT_EXPERIMENTAL_ENABLE_TASK_SCHEDULING": "true"}


class TaskClient2(Client2):
    @property
    def environment(self) -> dict[str, str]:
        return super().environment | SCHEDULING


@pytest.fixture(scope="module")
def client(server, tmp_path_factory) -> Client2:
    made = make_older_client(server.url, tmp_path_factory.mktemp("prefect-2"))
    return TaskClient2(made.bin, made.home, made.tenant, made.folder)


@pytest.fixture(scope="module")
def staying(client: Client2):
    """All of them at once, because each takes seconds to start."""
    client.tenant.ok("POST", "/work_pools/", {"name": "agents", "type": "prefect-agent"})
    commands = {
        "workspace": ("prefect", "events", "stream"),
        "account": ("prefect", "event", "stream", "--account", "--format", "text"),
        "tasks": ("python", "background.py", "serve"),
        "agent": ("prefect", "agent", "start", "--pool", "agents"),
    }
    with client.beside(commands) as logs:
        yield logs


def completed(client: Client2, path: str) -> dict:
    def look() -> dict | None:
        run = client.tenant.ok("GET", path)
        return run if run["state_type"] == "COMPLETED" else None

    return eventually(look, seconds=60, what=f"the end of {path}")


def test_an_agent_on_a_work_pool_runs_a_deployment_of_2_x(client, staying):
    client.run(
        "prefect", "deployment", "build", "flows.py:main", "--name", "pooled", "--pool", "agents",
        "--infra", "process", "--apply", "--skip-upload",
    )  # fmt: skip
    made = client.tenant.ok("GET", "/deployments/name/main/pooled")
    assert (made["work_pool_name"], made["work_queue_name"]) == ("agents", "default")
    run = client.tenant.ok("POST", f"/deployments/{made['id']}/create_flow_run", {"parameters": {"n": 2}})
    run = completed(client, f"/flow_runs/{run['id']}")
    states = client.tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}")
    assert [state["name"] for state in states] == ["Scheduled", "Pending", "Running", "Completed"]
    assert (run["work_pool_name"], run["infrastructure_pid"] is not None) == ("agents", True)


def test_a_task_that_is_submitted_runs_once_in_the_server_of_its_tasks(client, staying):
    printed = client.run("python", "background.py", "submit", "5", "7")
    runs = [line.split()[1] for line in printed.splitlines() if line.startswith("submitted ")]
    ended = [completed(client, f"/task_runs/{run}") for run in runs]
    assert [(run["run_count"], run["flow_run_id"], run["state_name"]) for run in ended] == [(1, None, "Completed")] * 2
    assert sorted((client.folder / "worked.txt").read_text().split()) == ["5", "7"]


def test_the_streams_hear_the_workspace_and_the_account(client, staying):
    name = f"older.{uuid4().hex[:8]}"

    def look() -> bool:
        event = {
            "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": name,
            "resource": {"prefect.resource.id": "the.cli"},
        }  # fmt: skip
        client.tenant.ok("POST", "/events", [event])
        return f"{name} the.cli" in staying["account"].read_text() and bool(heard(staying["workspace"], name))

    eventually(look, seconds=60, what="the event")
    event = heard(staying["workspace"], name)[0]
    assert (event["resource"]["prefect.resource.id"], event["payload"]) == ("the.cli", {})


def heard(log: Path, name: str) -> list[dict]:
    events = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}"))
    return [event for event in events if event["event"] == name]
