"""The figures of events: how fast they are taken in, how soon they are acted on, and how soon they are told.

`make bench`. The whole of Signalbox runs as `manage.py up` runs it; the laws are those of docs/hot_paths.md.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from websockets.asyncio.client import ClientConnection, connect

from controlplane.ids import uuid7
from tests.bench.spending import Spending, load, quantile, quantiles
from tests.fakes.slack import FakeSlack, Post, Reply, fake_slack
from tests.world import Tenant, make_flow, make_flow_run, make_tenant, set_state

TICK_SECONDS = 0.1
TELLING_SECONDS, PLAIN_A_TICK, CHANNELS = 20, 17, 10
"""With a run that is made, one that fails and one event that is acted on these are 200 events a second."""
SLACK_SECONDS = 0.15
"""What Slack needs for an answer. It takes a message a second of each channel, and gets as many."""

INGEST_SECONDS, A_SECOND, CLIENTS = 35, 2_400, 6


class Lag(Thread):
    """Looks at the table as its consumers do: when events became visible, and how far behind the consumers are."""

    def __init__(self, url: str, tenant: Tenant) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.tenant = tenant
        self.visible: dict[str, float] = {}
        self.behind: dict[str, list[float]] = {"automations": [], "notifications": []}
        self.done = Event()

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(HORIZON).fetchone()[0]
            for look in count(1):
                if self.done.wait(0.02):
                    return
                horizon = connection.execute(HORIZON).fetchone()[0]
                rows = connection.execute(FRESH, [self.tenant.workspace_id, str(cursor), str(horizon)]).fetchall()
                now, cursor = time.time(), horizon
                self.visible |= dict.fromkeys((str(row[0]) for row in rows), now)
                if look % 10 == 0:
                    for name, seconds in connection.execute(BEHIND).fetchall():
                        self.behind[name].append(float(seconds))


HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
FRESH = "SELECT id FROM event WHERE workspace_id = %s AND tx >= %s::text::xid8 AND tx < %s::text::xid8"
BEHIND = """
SELECT position.name, coalesce(extract(epoch FROM now() - (
    SELECT received FROM event WHERE tx > position.tx::text::xid8 ORDER BY tx LIMIT 1)), 0)
FROM (
    SELECT 'automations' AS name, position AS tx FROM automation_clock
    UNION ALL SELECT 'notifications', tx FROM event_cursor WHERE consumer = 'notifications'
) AS position
"""


@contextmanager
def watched(server, servers, tenant: Tenant) -> Iterator[tuple[Lag, Spending]]:
    lag = Lag(servers.urls.system, tenant)
    postgres = servers.stack.processes["postgres"].pid
    spending = Spending(
        {"web": (server.process.pid, "granian"), "celery": (server.process.pid, "celery"), "postgres": (postgres, "")}
    )
    lag.start()
    try:
        yield lag, spending
    finally:
        lag.done.set()
        lag.join()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as fake:
        yield fake


def happened(resource: str) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": "bench.happened",
        "resource": {"prefect.resource.id": resource},
    }  # fmt: skip


def make_told(tenant: Tenant, slack: FakeSlack, flow_id: str, number: int) -> str:
    """A deployment whose failures are told in a channel of its own."""
    name = f"load-{number}"
    deployment = tenant.ok("POST", "/deployments/", {"name": name, "flow_id": flow_id})["id"]
    channel = tenant.ok(
        "POST", "/notification_channels", {"kind": "slack", "name": name, "settings": {"url": slack.url}}
    )
    policy = {
        "name": name, "channel_ids": [channel["id"]], "group": {"by": "none"}, "most_per_hour": None,
        "watch": {"state_types": ["FAILED"], "deployment_ids": [deployment]},
    }  # fmt: skip
    tenant.ok("POST", "/notification_policies", policy)
    return str(deployment)


def test_events_are_acted_on_and_told_in_time(server, servers, slack):
    tenant = make_tenant(server.url, "telling")
    trigger = {
        "type": "event", "posture": "Reactive", "expect": ["bench.*"], "threshold": 1, "within": 0,
        "match": {"prefect.resource.id": "bench.hit.*"},
    }  # fmt: skip
    automation = {"name": "act", "trigger": trigger, "actions": [{"type": "do-nothing"}]}
    tenant.ok("POST", "/automations/", automation)
    flow_id = make_flow(tenant)["id"]
    deployments = [make_told(tenant, slack, flow_id, number) for number in range(CHANNELS)]
    slack.replies = [Reply(seconds=SLACK_SECONDS) for _ in range(10_000)]
    failed: dict[str, float] = {}
    ticks = int(TELLING_SECONDS / TICK_SECONDS)
    with watched(server, servers, tenant) as (_, spending):
        begun = time.monotonic()
        for tick in range(ticks):
            events = [happened(f"bench.miss.{tick}") for _ in range(PLAIN_A_TICK)] + [happened(f"bench.hit.{tick}")]
            assert tenant.call("POST", "/events", events).status_code == 204
            deployment = deployments[tick % CHANNELS]
            run = make_flow_run(tenant, "RUNNING", flow_id=flow_id, deployment_id=deployment)
            failed[run["id"]] = time.time()
            assert set_state(tenant, run["id"], "FAILED")["status"] == "ACCEPT"
            time.sleep(max(0.0, begun + TICK_SECONDS * (tick + 1) - time.monotonic()))
        took = time.monotonic() - begun
        posts = slack.wait(ticks, 60)
        acted = wait_for_actions(servers, tenant, ticks)
    assert len(posts) == ticks
    told = [post.at - failed[run_of(post, failed)] for post in posts]
    assert len({run_of(post, failed) for post in posts}) == ticks
    print(f"\n{ticks * 20 / took:.0f} events/s, {load()}")
    print(f"event to action: {quantiles(acted)} s ({len(acted)} of {ticks})")
    print(f"event to Slack:  {quantiles(told)} s ({len(told)} of {ticks})")
    print(f"CPU of an event: {spending.per(ticks * 20)}")
    assert len(acted) == ticks
    assert quantile(acted, 0.95) < 2.0
    assert quantile(told, 0.95) < 5.0


def run_of(post: Post, failed: dict[str, float]) -> str:
    text = json.dumps(post.body)
    (run,) = [run for run in failed if run in text]
    return run


def wait_for_actions(servers, tenant: Tenant, count: int) -> list[float]:
    """How long it took from each event to its action, by the clocks of the client and of PostgreSQL: one machine."""
    deadline = time.monotonic() + 60
    with psycopg.connect(servers.urls.system, autocommit=True) as connection:
        while True:
            rows = connection.execute(ACTED, [tenant.workspace_id]).fetchall()
            if len(rows) >= count or time.monotonic() > deadline:
                return [float(row[0]) for row in rows]
            time.sleep(0.2)


ACTED = """
SELECT extract(epoch FROM done - (firing -> 'triggering_event' ->> 'occurred')::timestamptz)
FROM automation_action WHERE workspace_id = %s AND done IS NOT NULL
"""


class Reporter:
    """A client whose task runs report their states, three for each."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.flow_run = str(uuid7())
        self.sent: dict[str, float] = {}
        self.number = 0

    def next_frame(self) -> str:
        number, step = divmod(self.number, len(STEPS))
        self.number += 1
        if step == 0:
            self.task_run = str(uuid7())
        id, now = str(uuid7()), datetime.now(UTC).isoformat()
        frame = FRAME
        for mark, value in (
            ("@ID", id), ("@NOW", now), ("@TASK", self.task_run), ("@FLOW", self.flow_run),
            ("@TYPE", STEPS[step]), ("@NAME", STEPS[step].capitalize()), ("@N", str(number)),
        ):  # fmt: skip
            frame = frame.replace(mark, value)
        self.sent[id] = time.time()
        return frame

    async def report(self, seconds: float, a_second: float) -> None:
        headers = {"Authorization": f"bearer {self.tenant.key}"}
        async with connect(f"{self.tenant.ws_url}/events/in", additional_headers=headers) as socket:
            await self.send_paced(socket, seconds, a_second)
            await (await socket.ping())

    async def send_paced(self, socket: ClientConnection, seconds: float, a_second: float) -> None:
        begun, total = time.monotonic(), int(seconds * a_second) // len(STEPS) * len(STEPS)
        for number in range(total):
            await socket.send(self.next_frame())
            if number % 20 == 19:
                await asyncio.sleep(max(0.0, begun + number / a_second - time.monotonic()))


STEPS = ("PENDING", "RUNNING", "COMPLETED")
# As the 3.8 SDK sends it.
FRAME = json.dumps(
    {
        "occurred": "@NOW", "event": "prefect.task-run.@NAME", "id": "@ID", "follows": None,
        "resource": {
            "prefect.resource.id": "prefect.task-run.@TASK", "prefect.resource.name": "add-@N",
            "prefect.run-count": "1", "prefect.state-message": "", "prefect.state-name": "@NAME",
            "prefect.state-timestamp": "@NOW", "prefect.state-type": "@TYPE", "prefect.orchestration": "client",
        },
        "related": [
            {"prefect.resource.id": "prefect.flow-run.@FLOW", "prefect.resource.role": "flow-run",
             "prefect.resource.name": "clever-quail"},
            {"prefect.resource.id": "prefect.flow.@FLOW", "prefect.resource.role": "flow",
             "prefect.resource.name": "main"},
        ],
        "payload": {
            "intended": {"from": None, "to": "@TYPE"},
            "initial_state": {"type": "PENDING", "name": "Pending", "message": "", "state_details": {}},
            "validated_state": {"type": "@TYPE", "name": "@NAME", "message": "", "data": None, "state_details": {}},
            "task_run": {
                "name": "add-@N", "task_key": "add-3c55b1b8", "dynamic_key": "@N", "tags": ["etl"], "labels": {},
                "run_count": 1, "flow_run_run_count": 1, "start_time": "@NOW", "expected_start_time": "@NOW",
                "total_run_time": 0.0, "task_inputs": {"x": []},
                "empirical_policy": {
                    "retries": 0, "max_retries": 0, "retry_delay": 0, "retry_delay_seconds": 0.0,
                },
            },
        },
    }
)  # fmt: skip


def test_task_run_events_are_taken_in_as_fast_as_they_come(server, servers):
    tenant = make_tenant(server.url, "ingest")
    trigger = {
        "type": "event", "posture": "Reactive", "expect": ["prefect.task-run.Failed"], "threshold": 1, "within": 0
    }  # fmt: skip
    tenant.ok("POST", "/automations/", {"name": "a", "trigger": trigger, "actions": [{"type": "do-nothing"}]})
    reporters = [Reporter(tenant) for _ in range(CLIENTS)]

    async def report() -> None:
        await asyncio.gather(*(one.report(INGEST_SECONDS, A_SECOND / CLIENTS) for one in reporters))

    with watched(server, servers, tenant) as (lag, spending):
        begun = time.monotonic()
        asyncio.run(report())
        took = time.monotonic() - begun
        sent = {id: at for one in reporters for id, at in one.sent.items()}
        deadline = time.monotonic() + 60
        while len(lag.visible) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.1)
        caught_up = wait_until_evaluated(servers)
    lags = [lag.visible[id] - at for id, at in sent.items() if id in lag.visible]
    print(f"\n{len(sent)} events in {took:.1f} s: {len(sent) / took:.0f} events/s over {CLIENTS} sockets, {load()}")
    print(f"sent to visible: {quantiles(lags)} s")
    for name, seconds in lag.behind.items():
        print(f"{name} behind: {quantiles(seconds)} s, caught up {caught_up:.1f} s after the end")
    print(f"CPU of an event: {spending.per(len(sent))}")
    assert lag.visible.keys() == sent.keys()
    assert count_task_runs(servers, tenant) == (len(sent) // 3, len(sent))
    assert len(sent) / took >= 2_000
    assert quantile(lags, 0.99) < 2.0
    assert max(seconds[-1] for seconds in lag.behind.values()) < 2.0


def wait_until_evaluated(servers) -> float:
    """How long it took until both consumers had seen everything."""
    begun = time.monotonic()
    with psycopg.connect(servers.urls.system, autocommit=True) as connection:
        while any(row[1] for row in connection.execute(BEHIND).fetchall()) and time.monotonic() < begun + 60:
            time.sleep(0.05)
    return time.monotonic() - begun


def count_task_runs(servers, tenant: Tenant) -> tuple[int, int]:
    with psycopg.connect(servers.urls.system) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM task_run WHERE workspace_id = %(of)s AND state_type = 'COMPLETED'),"
            " (SELECT count(*) FROM task_run_state WHERE workspace_id = %(of)s)", {"of": tenant.workspace_id},
        ).fetchone()  # fmt: skip
    assert row is not None
    return row[0], row[1]
