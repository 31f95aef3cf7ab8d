"""Committed means told: processes and servers are killed while failures go out, and in the end every one was heard of.

The law (docs/adr/0045): none lost, none invented; twice only what was being sent when something died, with one key.
"""

import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, get_args

import psycopg
import pytest

from tests.bench.spending import quantiles
from tests.chaos.following import Following
from tests.chaos.history import History, Target, fail_runs
from tests.chaos.receiver import Arrival, Receiver, receiver
from tests.chaos.silence import JOBS, Jobs, make_silence_automation, read_silent
from tests.chaos.stack import AWAY_SECONDS, Frail, Kill, Kind
from tests.conftest import Servers
from tests.fakes.receivers import SIGNING_SECRET
from tests.notified import make_block
from tests.world import Tenant, make_tenant

TENANTS, TOLD, ACTED_EVERY = 4, 2000, 5
PER_SECOND = 50.0
KILLS: dict[Kind, int] = {
    "web worker": 10, "web": 5, "celery child": 12, "celery": 7, "celery beat": 3, "valkey": 5, "valkey away": 1,
    "postgres": 5, "postgres backend": 4,
}  # fmt: skip
BETWEEN_KILLS_SECONDS = 0.75
LONGEST_SECONDS = 180.0
SETTLED_SECONDS = 120.0
"""What a killed sender held is free again after the lease of 30 s."""
FOLLOWED_SECONDS = 20.0
IN_FLIGHT_SECONDS = 3.0
SEED = 20


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


def make_deployment(tenant: Tenant, flow_id: str, name: str) -> str:
    return str(tenant.ok("POST", "/deployments/", {"name": name, "flow_id": flow_id})["id"])


def make_targets(tenant: Tenant, heard: Receiver) -> list[Target]:
    """Two deployments, each with a channel and a policy that tells every failure; one of them is acted on too."""
    flow_id = tenant.ok("POST", "/flows/", {"name": "etl"})["id"]
    targets = []
    for name in ("load", "act"):
        deployment_id = make_deployment(tenant, flow_id, name)
        settings = {"url": f"{heard.url}/told/{tenant.workspace_id}/{name}", "signing_secret": SIGNING_SECRET}
        channel = tenant.ok(
            "POST", "/notification_channels", {"kind": "webhook", "name": name, "settings": settings}
        )  # fmt: skip
        policy = {
            "name": name, "channel_ids": [channel["id"]], "group": {"by": "none"}, "most_per_hour": None,
            "watch": {"state_types": ["FAILED"], "deployment_ids": [deployment_id]},
        }  # fmt: skip
        tenant.ok("POST", "/notification_policies", policy)
        targets.append(Target(tenant, flow_id, deployment_id, acts=name == "act"))
    remedy = make_deployment(tenant, flow_id, "remedy")
    block = make_block(tenant, "webhook", {"url": f"{heard.url}/acted", "method": "POST"})
    acted = f"prefect.deployment.{targets[1].deployment_id}"
    run = "{{ event.resource['prefect.resource.id'] }}"
    trigger = {
        "type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"], "threshold": 1, "within": 0,
        "match_related": {"prefect.resource.id": acted, "prefect.resource.role": "deployment"},
    }  # fmt: skip
    actions = [
        {"type": "run-deployment", "deployment_id": remedy, "parameters": {"failed": run}},
        {"type": "call-webhook", "block_document_id": str(block), "payload": f'{{"failed": "{run}"}}'},
    ]
    tenant.ok("POST", "/automations/", {"name": "remedy", "trigger": trigger, "actions": actions})
    return targets


def spread(targets: list[Target]) -> list[Target]:
    """One in ACTED_EVERY of the failures is acted on."""
    plain, acted = [one for one in targets if not one.acts], [one for one in targets if one.acts]
    return [one for place in range(len(acted)) for one in ([plain[place]] * (ACTED_EVERY - 1) + [acted[place]])]


def kill_for_a_while(stack: Frail, chance: random.Random, done: threading.Event) -> None:
    """Every kind as often as KILLS says, in an order of chance. What is down just now is tried again later.

    Redis goes away for a while at first, when nothing else is down yet and failures come.
    """
    waiting = [kind for kind, times in KILLS.items() for _ in range(times)]
    chance.shuffle(waiting)
    waiting.sort(key=lambda kind: kind != "valkey away")
    while waiting and not done.wait(BETWEEN_KILLS_SECONDS * chance.uniform(0.5, 1.5)):
        kind = waiting.pop(0)
        if not stack.kill(kind):
            waiting.append(kind)


def wait_until_settled(servers: Servers, seconds: float) -> list[Any]:
    """What is still open when the time is up: nothing, if all is well. Looks twice, so that no event is under way."""
    deadline, quiet = time.monotonic() + seconds, 0
    left: list[Any] = []
    while time.monotonic() < deadline and quiet < 2:
        try:
            with psycopg.connect(servers.urls.system) as connection:
                left = connection.execute(OPEN).fetchall()
            quiet = 0 if left else quiet + 1
        except psycopg.OperationalError:
            quiet = 0
        time.sleep(0.5)
    return left


OPEN = """
SELECT 'message', key, attempts FROM notification_outbox WHERE delivered IS NULL AND dead IS NULL
UNION ALL SELECT 'action', key, attempts FROM automation_action WHERE done IS NULL AND dead IS NULL
UNION ALL SELECT 'unseen event', id::text, 0 FROM event
WHERE event = 'prefect.flow-run.Failed' AND (
    tx > (SELECT position::text::xid8 FROM automation_clock)
    OR tx > (SELECT tx::text::xid8 FROM event_cursor WHERE consumer = 'notifications'))
"""


def by_key(arrivals: list[Arrival]) -> dict[str, list[Arrival]]:
    found: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        found[arrival.key].append(arrival)
    return found


def was_in_flight(arrival: Arrival, kills: list[Kill]) -> bool:
    """Whether something that senders need died while, or just before or after, the receiver had it."""
    return any(abs(kill.at - arrival.at) < IN_FLIGHT_SECONDS for kill in kills)


def check_told(arrivals: list[Arrival], names: list[str], expected: set[str], possible: set[str]) -> None:
    """`names` says which run each arrival is about."""
    told = set(names)
    assert expected - told == set(), "lost"
    assert told - expected - possible == set(), "invented"
    keys: dict[str, set[str]] = defaultdict(set)
    for arrival, name in zip(arrivals, names, strict=True):
        keys[name].add(arrival.key)
    assert {name: found for name, found in keys.items() if len(found) > 1} == {}, "told twice with different keys"


def test_nothing_is_lost_and_nothing_invented_while_everything_is_killed(quiet, stack, heard):
    tenants = [make_tenant(stack.url, f"tenant{number}") for number in range(TENANTS)]
    targets = [target for tenant in tenants for target in make_targets(tenant, heard)]
    jobs = make_jobs(tenants[0], heard)
    followings = [Following(tenant) for tenant in tenants]
    done, begun = threading.Event(), time.monotonic()
    killer = threading.Thread(target=kill_for_a_while, args=(stack, random.Random(SEED), done))
    for thread in (jobs, *followings, killer):
        thread.start()
    try:
        history = fail_runs(spread(targets), TOLD, PER_SECOND, LONGEST_SECONDS)
        killer.join(LONGEST_SECONDS)
        jobs.join(LONGEST_SECONDS)
    finally:
        done.set()
        killer.join()
        jobs.stopping.set()
    busy = time.monotonic() - begun
    left = wait_until_settled(quiet, SETTLED_SECONDS)
    settled = time.monotonic() - begun - busy
    missed = [one.wait_for(failed_of(history.failed, one.tenant), FOLLOWED_SECONDS) for one in followings]
    for one in followings:
        one.stopping.set()
        one.join()
    print_figures(stack, history, heard, busy, settled)
    longest = max(one.longest_away for one in followings)
    print(f"followers were cut off: {dict(sum((one.ends for one in followings), Counter()))}, at most for {longest}")
    assert left == []
    assert Counter(kill.kind for kill in stack.kills) == KILLS
    assert set(KILLS) == set(get_args(Kind))
    assert len(history.failed) >= TOLD
    assert {status for status, _ in history.refused} <= {503}

    messages = heard.of("/told/")
    about = [one.body["data"]["flow_run_id"] for one in messages]
    check_told(messages, about, set(history.failed), set(history.unknown))
    for one in messages:
        target = history.failed.get(run := one.body["data"]["flow_run_id"]) or history.unknown[run]
        assert one.path == f"/told/{target.tenant.workspace_id}/{'act' if target.acts else 'load'}"

    expected = {run for run, target in history.failed.items() if target.acts}
    possible = {run for run, target in history.unknown.items() if target.acts}
    calls = heard.of("/acted")
    check_told(calls, [one.body["failed"].removeprefix("prefect.flow-run.") for one in calls], expected, possible)
    runs = read_remedies(quiet)
    assert [run for run, times in Counter(runs).items() if times > 1] == []
    assert expected - set(runs) == set()
    assert set(runs) - expected - possible == set()
    for one, unheard in zip(followings, missed, strict=True):
        assert unheard == set(), "a follower missed it"
        assert "Internal error" not in one.ends
        invented = one.heard - failed_of(history.failed, one.tenant) - failed_of(history.unknown, one.tenant)
        assert invented == set()
    silences = check_silence(quiet, jobs, heard)
    again = [found for found in by_key([*messages, *calls, *silences]).values() if len(found) > 1]
    assert [found for found in again if not any(was_in_flight(one, stack.kills) for one in found[:-1])] == []


def make_jobs(tenant: Tenant, heard: Receiver) -> Jobs:
    block = make_block(tenant, "webhook", {"url": f"{heard.url}/silent", "method": "POST"})
    make_silence_automation(tenant, str(block))
    return Jobs(tenant)


def failed_of(runs: dict[str, Target], tenant: Tenant) -> set[str]:
    return {run for run, target in runs.items() if target.tenant is tenant}


def check_silence(servers: Servers, jobs: Jobs, heard: Receiver) -> list[Arrival]:
    """The proactive trigger fired for each job that did not end, and for each only once. Returns the calls."""
    assert len(jobs.begun) == JOBS
    expected = set(jobs.begun) - jobs.ended - jobs.late
    fired = read_silent(servers, len(expected), FOLLOWED_SECONDS)
    calls = heard.of("/silent")
    print(f"proactive windows: {JOBS}, fired: {len(fired)}, called: {len(calls)}, ended late: {len(jobs.late)}")
    assert [job for job, times in Counter(fired).items() if times > 1] == []
    check_told(calls, [one.body["silent"] for one in calls], expected, jobs.late)
    assert expected - set(fired) == set()
    assert set(fired) - expected - jobs.late == set()
    return calls


def read_remedies(servers: Servers) -> list[str]:
    """The failed run that each run of a remedy was started for."""
    with psycopg.connect(servers.urls.system) as connection:
        rows = connection.execute(
            "SELECT run.parameters ->> 'failed' FROM flow_run AS run"
            " JOIN deployment ON deployment.id = run.deployment_id WHERE deployment.name = 'remedy'"
        ).fetchall()
    return [row[0].removeprefix("prefect.flow-run.") for row in rows]


def print_figures(stack: Frail, history: History, heard: Receiver, busy: float, settled: float) -> None:
    print(f"\nkills: {len(stack.kills)} {dict(Counter(kill.kind for kill in stack.kills))}")
    print(f"failures acknowledged: {len(history.failed)}, unknown: {len(history.unknown)}, connections broken: "
          f"{history.broken}, refused: {dict(history.refused)}")  # fmt: skip
    for what, path in (("messages", "/told/"), ("calls of automations", "/acted")):
        keys = by_key(heard.of(path))
        times = Counter(len(found) for found in keys.values())
        print(f"{what}: {len(keys)} of {sum(map(len, keys.values()))} deliveries; times delivered: {dict(times)}")
    away = [kill.at for kill in stack.kills if kill.kind == "valkey away"]
    first = {one.body["data"]["flow_run_id"]: one.at for one in reversed(heard.of("/told/"))}
    waits = [
        first[run] - at for run, at in history.when.items()
        if run in first and any(begun <= at <= begun + AWAY_SECONDS for begun in away)
    ]  # fmt: skip
    print(f"failed while Redis was away: {len(waits)}, told after {quantiles(waits or [0.0])} s")
    print(f"killing took {busy:.0f} s, settling {settled:.0f} s")
