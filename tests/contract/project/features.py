"""What the SDK offers besides flows and tasks: each feature says in a line of JSON what it saw."""

import asyncio
import json
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

from prefect import flow, get_client, get_run_logger, pause_flow_run, tags, task
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.assets import Asset, materialize
from prefect.cache_policies import INPUTS
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.concurrency.asyncio import concurrency as aconcurrency
from prefect.concurrency.asyncio import rate_limit as arate_limit
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.deployments import run_deployment
from prefect.events import emit_event
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.input import RunInput
from prefect.transactions import transaction
from prefect.variables import Variable

HERE = Path(__file__).parent
HOOKS: list[str] = []


def tell(feature: str, **saw: object) -> None:
    print(json.dumps({"feature": feature, **saw}), flush=True)


@task(cache_policy=INPUTS, persist_result=True, cache_expiration=timedelta(hours=1))
def double(n: int) -> int:
    return 2 * n


@task(retries=2, retry_delay_seconds=[0.1, 0.2], task_run_name="late-{n}")
def late(n: int) -> int:
    if not (HERE / f"tried-{n}").exists():
        (HERE / f"tried-{n}").touch()
        raise ConnectionError("not yet")
    return n


@flow(flow_run_name="of-{total}")
def tasks(total: int) -> int:
    first, again = double(total), double(total)
    mapped = late.map([1, 2]).result()
    futures = [double.submit(n) for n in range(3)]
    return first + again + sum(mapped) + sum(future.result() for future in futures)


@task
def write(name: str) -> str:
    return name


@write.on_rollback
def undo(_transaction) -> None:
    HOOKS.append("rolled back")


@flow(on_failure=[lambda flow, run, state: HOOKS.append(f"{flow.name} {state.name}")])
def transactions() -> None:
    with transaction():
        write("a")
        raise ValueError("after the write")


@flow
def artifacts() -> None:
    create_markdown_artifact("# Hello", key="mark", description="d")
    create_table_artifact([{"a": 1}], key="table")
    create_link_artifact("https://example.com", key="link", link_text="there")
    create_image_artifact("https://example.com/x.png", key="image")
    progress = create_progress_artifact(0.0, key="progress")
    update_progress_artifact(progress, progress=75.0)


@flow
def limits() -> None:
    with concurrency("two", occupy=2, strict=True):
        tell("held", slots=slots("two"))
    rate_limit("rate", occupy=1, strict=True)

    async def held() -> None:
        async with aconcurrency("two", occupy=1, strict=True):
            tell("held async", slots=slots("two"))
        began = time.monotonic()
        for _ in range(3):
            await arate_limit("slow", strict=True)
        tell("rate", seconds=time.monotonic() - began)

    asyncio.run(held())
    tell("free", slots=slots("two"))


def slots(name: str) -> int:
    with get_client(sync_client=True) as client:
        return client.read_global_concurrency_limit_by_name(name).active_slots


class Answer(RunInput):
    ok: bool
    why: str = "because"


@flow
def asks() -> str:
    answer = pause_flow_run(wait_for_input=Answer, timeout=60, poll_interval=1)
    return f"{answer.ok} {answer.why}"


@materialize(
    Asset(key="s3://lake/clean", properties={"name": "Clean", "owners": ["ann"]}), asset_deps=["s3://lake/raw"]
)
def clean() -> int:
    return 1


@flow
def assets() -> int:
    get_run_logger().info("cleaning")
    return clean()


async def hear() -> None:
    """What was emitted comes back through the subscriber."""
    name = f"hello.{uuid.uuid4().hex[:8]}"
    wanted = EventFilter(event=EventNameFilter(name=[name]))
    async with get_events_subscriber(filter=wanted) as subscriber:
        emit_event(name, resource={"prefect.resource.id": "feature.events"}, payload={"n": 1})
        async for event in subscriber:
            tell("events", same=event.event == name, payload=event.payload)
            break


def main() -> None:
    with tags("from-features"):
        tell("tasks", answer=tasks(3))
    try:
        transactions()
    except ValueError:
        tell("transactions", hooks=HOOKS)
    artifacts()
    Variable.set("answer", {"is": 42}, tags=["x"])
    tell("variables", value=Variable.get("answer"), missing=Variable.get("nothing", default="none"))
    Variable.set("answer", 43, overwrite=True)
    Variable.unset("gone")
    limits()
    assets()
    asyncio.run(hear())


def schedules() -> None:
    for name, schedule in (
        ("cron", CronSchedule(cron="0 9 * * 1-5", timezone="Europe/Paris")),
        ("interval", IntervalSchedule(interval=timedelta(minutes=90))),
        ("rrule", RRuleSchedule(rrule="FREQ=WEEKLY;BYDAY=MO", timezone="Asia/Tokyo")),
    ):
        asks.from_source(source=str(HERE), entrypoint="features.py:asks").deploy(
            name=name, work_pool_name="features", schedule=schedule, concurrency_limit=3, print_next_steps=False
        )
    run = run_deployment("asks/cron", timeout=0, as_subflow=False, tags=["by-sdk"], flow_run_name="left-alone")
    tell("run_deployment", state=run.state.name, name=run.name)


if __name__ == "__main__":
    began = time.monotonic()
    {"main": main, "schedules": schedules, "asks": lambda: tell("asks", answer=asks())}[sys.argv[1]]()
    print(f"{time.monotonic() - began:.1f} s")
