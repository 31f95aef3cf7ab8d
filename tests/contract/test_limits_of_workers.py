"""A real worker obeys its own limit, and those of its pool and of each queue; the runs that wait start afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.client import Client, eventually


class EverySecond(Client):
    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"PREFECT_WORKER_QUERY_SECONDS": "1"}


@pytest.fixture(scope="module")
def runs(client: Client) -> dict[str, list[str]]:
    """Runs that are due, by queue: two in the pool of a worker that takes one, four in a pool that takes two."""
    ok = client.tenant.ok
    flow = ok("POST", "/flows/", {"name": "hold"})
    ok("POST", "/work_pools/", {"name": "free", "type": "process"})
    ok("POST", "/work_pools/", {"name": "narrow", "type": "process", "concurrency_limit": 2})
    ok("POST", "/work_pools/narrow/queues/", {"name": "urgent", "priority": 1, "concurrency_limit": 1})
    made: dict[str, list[str]] = {}
    for pool, queue in (("free", "default"), ("narrow", "urgent"), ("narrow", "default")):
        body = {
            "name": f"{pool}-{queue}", "flow_id": flow["id"], "work_pool_name": pool, "work_queue_name": queue,
            "entrypoint": "holding.py:hold", "path": str(client.folder),
            "parameters": {"until": str(client.folder / "go")},
        }  # fmt: skip
        deployment = ok("POST", "/deployments/", body)["id"]
        made[body["name"]] = [ok("POST", f"/deployments/{deployment}/create_flow_run", {})["id"] for _ in range(2)]
    return made


@pytest.fixture(scope="module")
def workers(client: Client, runs: dict[str, list[str]]) -> Iterator[None]:
    often = EverySecond(client.bin, client.home, client.tenant, client.folder)
    start = ("prefect", "worker", "start", "--pool")
    with often.beside({"limited": (*start, "free", "--limit", "1"), "unlimited": (*start, "narrow")}):
        yield


def types_of(client: Client, ids: list[str]) -> list[str]:
    found = client.tenant.ok("POST", "/flow_runs/filter", {"flow_runs": {"id": {"any_": ids}}})
    return sorted(run["state_type"] for run in found)


def wait_for_types(client: Client, runs: dict[str, list[str]], wanted: list[str]) -> None:
    for name, ids in runs.items():
        eventually(lambda ids=ids: types_of(client, ids) == wanted, seconds=90, what=f"{wanted} of {name}")


def polled(client: Client, pool: str) -> Any:
    return client.tenant.ok("GET", f"/work_pools/{pool}/queues/default")["last_polled"]


# Without the limit of their queue, two urgent runs would take both places of the pool: they come first.
def test_no_more_start_than_each_limit_allows(client, runs, workers):
    wait_for_types(client, runs, ["RUNNING", "SCHEDULED"])
    for pool in ("free", "narrow"):
        for _ in range(2):
            before = polled(client, pool)
            eventually(lambda p=pool, b=before: polled(client, p) != b, seconds=60, what=f"another poll of {pool}")
    wait_for_types(client, runs, ["RUNNING", "SCHEDULED"])
    for name in ("narrow-urgent", "narrow-default"):
        seen = [client.tenant.ok("GET", f"/flow_runs/{run}") for run in runs[name]]
        (waiting,) = [run["id"] for run in seen if run["state_type"] == "SCHEDULED"]
        assert client.tenant.ok("GET", f"/flow_runs/{waiting}/why")["code"] == "pool-limit"
    assert client.tenant.ok("GET", "/work_pools/narrow")["active_slots"] == 2


def test_those_that_waited_run_when_there_is_room(client, runs, workers):
    (client.folder / "go").touch()
    wait_for_types(client, runs, ["COMPLETED", "COMPLETED"])
    together = {name: most_at_once(client, ids) for name, ids in runs.items()}
    assert together == {"free-default": 1, "narrow-urgent": 1, "narrow-default": 1}
    assert most_at_once(client, runs["narrow-urgent"] + runs["narrow-default"]) == 2


def most_at_once(client: Client, ids: list[str]) -> int:
    """The most runs that were pending or running at the same moment."""
    moments = []
    for run in ids:
        states = client.tenant.ok("GET", f"/flow_run_states/?flow_run_id={run}")
        times = {state["type"]: state["timestamp"] for state in states}
        moments += [(times["PENDING"], 1), (times["COMPLETED"], -1)]
    count, most = 0, 0
    for _, change in sorted(moments):
        count += change
        most = max(most, count)
    return most
