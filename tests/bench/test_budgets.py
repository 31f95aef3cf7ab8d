"""The budgets of docs/hot_paths.md: server CPU a request, read from the kernel's own accounting of the web processes.

`make bench`. Figures are printed; on a shared machine compare them with each other, not with yesterday's.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.api.test_blocks import make_document, make_schema, make_type
from tests.bench.spending import children, command, cpu_seconds
from tests.world import CLIENT, Tenant, make_flow, make_flow_run, make_tenant

WARM_UP, COUNTED = 30, 300


@pytest.fixture(scope="module")
def web(server) -> list[int]:
    """The web server's processes."""
    found = [pid for pid in children(server.process.pid) if "granian" in command(pid)]
    assert found
    return found


@pytest.fixture(scope="module")
def bench(server) -> Tenant:
    return make_tenant(server.url, "bench")


def measure(web: list[int], name: str, budget: float, request: Callable[[int], None], *, count: int = COUNTED) -> None:
    for n in range(WARM_UP):
        request(-1 - n)
    before = cpu_seconds(web)
    for n in range(count):
        request(n)
    spent = (cpu_seconds(web) - before) / count * 1000
    print(f"\n{name:28} {spent:6.2f} ms of {budget} ms")
    assert spent <= budget


def test_life_cycle(web, bench):
    flow = make_flow(bench)

    def life(n: int) -> None:
        run = make_flow_run(bench, "PENDING", flow_id=flow["id"], parameters={"x": n}, tags=["load"])
        for state in ("RUNNING", "COMPLETED"):
            bench.ok("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": state}})
        bench.ok("GET", f"/flow_runs/{run['id']}")

    measure(web, "life cycle, 4 requests", 4 * 1.57, life)


def test_task_runs(web, bench):
    run = make_flow_run(bench, "RUNNING")

    def task(n: int) -> None:
        body = {"flow_run_id": run["id"], "task_key": "t", "dynamic_key": uuid4().hex, "state": {"type": "PENDING"}}
        made = bench.ok("POST", "/task_runs/", body)
        for state in ("RUNNING", "COMPLETED"):
            bench.ok("POST", f"/task_runs/{made['id']}/set_state", {"state": {"type": state}})

    measure(web, "task run, 3 requests", 3 * 1.1, task)


def test_logs(web, bench):
    line = {"name": "bench", "level": 20, "message": "a line of the log " + "x" * 60, "flow_run_id": str(uuid4())}
    lines = [{**line, "timestamp": datetime.now(UTC).isoformat()} for _ in range(100)]
    measure(web, "100 log lines", 5.3, lambda n: bench.ok("POST", "/logs/", lines))


@pytest.mark.parametrize(("holding", "words"), [(0, "none in a line"), (10, "10 lines with one")])
def test_logs_in_which_fifty_secrets_are_looked_for(web, server, holding, words):
    bench = make_tenant(server.url, "bench")
    schema = make_schema(bench, make_type(bench))
    for n in range(50):
        make_document(bench, schema, f"block-{n}", password=f"a-secret-of-the-bench-{n}-{uuid4().hex}")
    known = bench.ok("POST", "/block_documents/filter", {"include_secrets": True, "limit": 200})
    secrets = [document["data"]["password"] for document in known][:holding]
    line = {"name": "bench", "level": 20, "message": "a line of the log " + "x" * 60, "flow_run_id": str(uuid4())}
    secret = [{**line, "message": f"a line that says {secret}"} for secret in secrets]
    moment = datetime.now(UTC).isoformat()
    lines = [{**each, "timestamp": moment} for each in [*secret, *[line] * (100 - holding)]]
    measure(web, f"the same, {words}", 5.3, lambda n: bench.ok("POST", "/logs/", lines))


def test_filter(web, bench):
    flow = make_flow(bench)
    for _ in range(60):
        make_flow_run(bench, flow_id=flow["id"], tags=["find-me"])
    body = {"sort": "EXPECTED_START_TIME_DESC", "limit": 50, "flow_runs": {"tags": {"all_": ["find-me"]}}}
    measure(web, "filter, 50 rows", 3.2, lambda n: bench.ok("POST", "/flow_runs/filter", body))


def test_create_from_deployment_and_poll(web, bench):
    flow = make_flow(bench)
    bench.ok("POST", "/work_pools/", {"name": "bench", "type": "process", "base_job_template": {}})
    body = {"name": "bench", "flow_id": flow["id"], "work_pool_name": "bench", "entrypoint": "f.py:f", "path": "."}
    deployment = bench.ok("POST", "/deployments/", body)
    past = (datetime.now(UTC) - timedelta(seconds=5)).isoformat()
    due = {"type": "SCHEDULED", "state_details": {"scheduled_time": past}}
    create = f"/deployments/{deployment['id']}/create_flow_run"
    measure(web, "create from deployment", 2.3, lambda n: bench.ok("POST", create, {"state": due}))
    ask = {"limit": 10, "scheduled_before": (datetime.now(UTC) + timedelta(seconds=10)).isoformat()}
    measure(web, "worker poll", 2.7, lambda n: bench.ok("POST", "/work_pools/bench/get_scheduled_flow_runs", ask))


def test_health(web, bench):
    measure(web, "health", 0.5, lambda n: CLIENT.get(f"{bench.url}/api/health"))
