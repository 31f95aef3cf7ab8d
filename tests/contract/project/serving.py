"""A flow that is served through Python, and people who start it: `serving.py serve`, `serving.py wait`."""

import asyncio
import json
import sys

from prefect import flow
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.deployments import run_deployment
from prefect.flow_runs import wait_for_flow_run
from prefect.logging.clients import get_logs_subscriber


@flow(log_prints=True, persist_result=True)
def add(a: int, b: int = 2) -> int:
    print(f"adding {a} and {b}")
    return a + b


@flow
def parent() -> int:
    """Waits for a run of the deployment, which is its subflow."""
    return run_deployment("add/here", parameters={"a": 1}, poll_interval=1, timeout=60).state.result()


async def watch() -> None:
    """Hears a run's log while it runs, then waits for its end."""
    run = await run_deployment("add/here", parameters={"a": 4}, timeout=0, as_subflow=False)
    wanted = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
    async with get_logs_subscriber(filter=wanted) as subscriber:
        async for log in subscriber:
            if log.message.startswith("adding"):
                print(json.dumps({"feature": "logs", "message": log.message, "same": log.flow_run_id == run.id}))
                break
    ended = await wait_for_flow_run(run.id, timeout=60, poll_interval=1)
    print(json.dumps({"feature": "waited", "state": ended.state.name, "result": await ended.state.aresult()}))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        add.serve(name="here", parameters={"b": 3}, tags=["served"])
    else:
        print(json.dumps({"feature": "parent", "result": parent()}))
        asyncio.run(watch())
