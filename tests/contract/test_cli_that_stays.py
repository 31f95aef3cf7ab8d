"""Commands of the 3.8 CLI that stay and listen, and the move of a workspace to another."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.client import Client, eventually
from tests.contract.conftest import make_client
from tests.world import Tenant, make_tenant


@pytest.fixture(scope="module")
def staying(client: Client):
    """All of them at once, because each takes seconds to start."""
    client.tenant.ok("POST", "/work_pools/", {"name": "once", "type": "process"})
    (client.folder / "worked.txt").write_text("")
    commands = {
        "stream": ("prefect", "events", "stream", "--run-once"),
        "serve": ("prefect", "flow", "serve", "flows.py:report", "--name", "served", "--tag", "cli"),
        "shell": (
            "prefect",
            "shell",
            "serve",
            "echo from the shell",
            "--flow-name",
            "Shell",
            "--deployment-name",
            "sh",
        ),
        "task": ("prefect", "task", "serve", "background.py:work", "--limit", "1"),
        "account": ("prefect", "event", "stream", "--account", "--format", "text"),
    }
    with client.beside(commands) as logs:
        yield logs


def deployment(client: Client, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        answer = client.tenant.call("GET", f"/deployments/name/{name}")
        return answer.json() if answer.is_success else None

    return eventually(look, seconds=90, what=f"the deployment {name}")


def completed(client: Client, run_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        run = client.tenant.ok("GET", f"/flow_runs/{run_id}")
        return run if run["state_type"] == "COMPLETED" else None

    return eventually(look, seconds=90, what="the end of the run")


@pytest.mark.parametrize(
    ("_case", "name", "parameters"),
    [("prefect flow serve", "report/served", {"total": 3}), ("prefect shell serve", "Shell/sh", {})],
)
def test_what_is_served_runs(_case, name, parameters, client, staying):
    served = deployment(client, name)
    body = {"parameters": parameters}
    run = client.tenant.ok("POST", f"/deployments/{served['id']}/create_flow_run", body)
    run = completed(client, run["id"])
    assert (run["state_name"], run["run_count"], run["deployment_id"]) == ("Completed", 1, served["id"])


def test_prefect_task_serve_takes_what_is_delayed(client, staying):
    printed = client.run("python", "background.py", "delay", "5")
    run = next(line.split()[1] for line in printed.splitlines() if line.startswith("delayed "))
    eventually(
        lambda: client.tenant.ok("GET", f"/task_runs/{run}")["state_type"] == "COMPLETED",
        seconds=60, what="the end of the task",
    )  # fmt: skip
    assert [line.split()[0] for line in (client.folder / "worked.txt").read_text().splitlines()] == ["5"]


def tell(tenant: Tenant, name: str) -> None:
    event = {
        "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": name,
        "resource": {"prefect.resource.id": "the.cli"},
    }  # fmt: skip
    tenant.ok("POST", "/events", [event])


def test_prefect_events_stream_hears_the_workspace_and_the_account(client, staying):
    name = f"cli.{uuid4().hex[:8]}"

    def look() -> bool:
        tell(client.tenant, name)
        return f"{name} the.cli" in staying["account"].read_text() and bool(heard())

    def heard() -> list[dict[str, Any]]:
        return [json.loads(line) for line in staying["stream"].read_text().splitlines() if line.startswith("{")]

    eventually(look, seconds=60, what="the event")
    assert heard()[0].keys() >= {"id", "event", "resource", "related", "payload", "occurred"}


def test_prefect_worker_start_run_once_runs_what_is_due(client, staying):
    flow = client.tenant.ok("POST", "/flows/", {"name": "report"})
    body = {
        "name": "once", "flow_id": flow["id"], "work_pool_name": "once", "entrypoint": "flows.py:report",
        "path": str(client.folder), "parameters": {"total": 1},
    }  # fmt: skip
    made = client.tenant.ok("POST", "/deployments/", body)
    run = client.tenant.ok("POST", f"/deployments/{made['id']}/create_flow_run", {})
    client.run("prefect", "worker", "start", "--pool", "once", "--run-once")
    assert client.tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"] == "COMPLETED"


class ProfileClient(Client):
    """A client that finds its servers in its profiles alone."""

    @property
    def environment(self) -> dict[str, str]:
        hidden = ("PREFECT_API_URL", "PREFECT_API_KEY")
        return {name: value for name, value in super().environment.items() if name not in hidden}


def test_prefect_transfer_moves_a_workspace_to_another(client, server, tmp_path: Path):
    source, target = make_tenant(server.url), make_tenant(server.url, "target")
    made = make_client(client.bin, source, tmp_path)
    mover = ProfileClient(made.bin, made.home, source, made.folder)
    (mover.home / "profiles.toml").write_text(
        'active = "a"\n'
        + "".join(
            f'[profiles.{name}]\nPREFECT_API_URL = "{each.api_url}"\nPREFECT_API_KEY = "{each.key}"\n'
            for name, each in (("a", source), ("b", target))
        )
    )
    flow = source.ok("POST", "/flows/", {"name": "moved"})
    source.ok("POST", "/variables/", {"name": "color", "value": "blue"})
    source.ok("POST", "/work_pools/", {"name": "pool", "type": "process"})
    source.ok("POST", "/v2/concurrency_limits/", {"name": "limit", "limit": 3})
    # What stands in the default queue of its pool is left behind by the client itself, whatever the server.
    source.ok("POST", "/work_pools/pool/queues/", {"name": "urgent"})
    body = {
        "name": "there", "flow_id": flow["id"], "work_pool_name": "pool", "work_queue_name": "urgent",
        "entrypoint": "flows.py:main",
    }  # fmt: skip
    source.ok("POST", "/deployments/", body)
    mover.run("prefect", "--no-prompt", "transfer", "--from", "a", "--to", "b")
    assert target.ok("GET", "/variables/name/color")["value"] == "blue"
    assert target.ok("GET", "/v2/concurrency_limits/limit")["limit"] == 3
    moved = target.ok("GET", "/deployments/name/moved/there")
    assert (moved["work_pool_name"], moved["work_queue_name"]) == ("pool", "urgent")
    printed = mover.run("prefect", "--no-prompt", "transfer", "--from", "a", "--to", "b")
    assert "failed" not in printed.lower()
    assert target.ok("GET", "/deployments/name/moved/there")["id"] == moved["id"]
    assert target.ok("POST", "/deployments/count", {}) == 1
