"""From stored events to firings: once each, whatever dies, whoever else is at it, in whatever order they come."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from automations.rules.loops import DEEPEST
from automations.rules.watching import Index
from automations.services import automations, evaluation, isolation, records
from automations.services.evaluation import evaluate_new_events
from automations.services.sight import sight
from automations.wire.automations import Automation, AutomationCreate, AutomationPartialUpdate, AutomationUpdate
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from events.services import storage
from events.wire.events import Event
from tests.conftest import ROOT, Servers
from tests.world import Tenant, make_tenant

NOTHING = {"type": "do-nothing"}
PROGRAM = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "controlplane.settings"
import django
django.setup()
from automations.services.evaluation import evaluate_new_events
print("ready", flush=True)
input()
evaluate_new_events()
"""


@pytest.fixture(autouse=True)
def fresh(quiet) -> None:
    """No automations, no position: the first pass finds both."""
    with system_transaction():
        for table in ("automation_parked", "automation_action", "automation", "automation_clock"):
            open_cursor().execute(f"DELETE FROM {table}")
    sight.index, sight.since = Index(), 0
    sight.sampled.clear()
    evaluate_new_events()


@pytest.fixture
def owner(alice: Tenant) -> Tenant:
    return alice


@pytest.fixture
def other_owner(quiet) -> Tenant:
    return make_tenant("http://127.0.0.1:1", "charlie")


def trigger(*expect: str, **fields: Any) -> dict[str, Any]:
    return {"type": "event", "posture": "Reactive", "expect": list(expect), **fields}


def silence(*expect: str, **fields: Any) -> dict[str, Any]:
    return trigger(*expect, **{"posture": "Proactive", "within": 10, **fields})


def body_of(given: dict[str, Any], actions: list[Any] | None = None) -> dict[str, Any]:
    return {"name": "watch", "trigger": given, "actions": [NOTHING] if actions is None else actions}


def make(tenant: Tenant, given: dict[str, Any], *, now: datetime | None = None) -> Automation:
    body = body_of(given)
    with workspace_transaction(tenant.workspace_id):
        return automations.create_automation(
            tenant.workspace_id, msgspec.convert(body, AutomationCreate), sent=b"{}", now=now or datetime.now(UTC)
        )


def event(name: str, second: float = 0, *, base: datetime | None = None, **fields: Any) -> dict[str, Any]:
    occurred = (base or datetime.now(UTC)) + timedelta(seconds=second)
    return {
        "id": str(uuid7()), "occurred": occurred.isoformat(), "event": name,
        "resource": {"prefect.resource.id": "thing"}, **fields,
    }  # fmt: skip


def send(tenant: Tenant, *sent: dict[str, Any], now: datetime | None = None) -> None:
    with workspace_transaction(tenant.workspace_id):
        storage.store_events(
            tenant.workspace_id, msgspec.convert(list(sent), list[Event], strict=False),
            msgspec.json.encode(sent), now=now or datetime.now(UTC),
        )  # fmt: skip


def firings(automation: Automation) -> int:
    """How often it fired, by the actions that are there to do."""
    with system_transaction():
        row = (
            open_cursor()
            .execute("SELECT count(*) FROM automation_action WHERE automation_id = %s", [automation.id])
            .fetchone()
        )
    assert row is not None
    return int(row[0])


def told(tenant: Tenant, name: str) -> int:
    with workspace_transaction(tenant.workspace_id):
        row = (
            open_cursor()
            .execute("SELECT count(*) FROM event WHERE workspace_id = %s AND event = %s", [tenant.workspace_id, name])
            .fetchone()
        )
    assert row is not None
    return int(row[0])


def verdicts(tenant: Tenant, automation: Automation) -> list[tuple[str, str]]:
    with workspace_transaction(tenant.workspace_id):
        found = records.list_evaluations(tenant.workspace_id, automation.id)
    return sorted((one.verdict, one.reason) for one in found)


@contextmanager
def evaluator(servers: Servers) -> Iterator["subprocess.Popen[str]"]:
    """Another process that evaluates once it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=servers.environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@contextmanager
def somebody_else(servers: Servers) -> Iterator[psycopg.Connection]:
    with psycopg.connect(servers.urls.system) as connection:
        yield connection


def wait_until_blocked(servers: Servers) -> None:
    """Until a process waits for a row that we hold."""
    with psycopg.connect(servers.urls.system, autocommit=True) as connection:
        while True:
            row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone()
            if row and row[0]:
                return


# ------------------------------------------------------------------------------------------------------------ firings


def test_an_event_fires_the_automations_that_it_concerns_and_no_others(owner, other_owner):
    wanted = make(owner, trigger("a.*", match={"prefect.resource.id": "th*"}))
    unwanted = make(owner, trigger("a.*", match={"prefect.resource.id": "other"}))
    elsewhere = make(other_owner, trigger("a.*"))
    send(owner, event("a.b"), event("b"))
    evaluate_new_events()
    assert [firings(one) for one in (wanted, unwanted, elsewhere)] == [1, 0, 0]
    assert told(owner, "prefect.automation.triggered") == 1
    assert verdicts(owner, wanted) == [("fired", "")]
    assert verdicts(owner, unwanted) == [("no", "match: prefect.resource.id is thing, wanted other")]
    assert verdicts(owner, elsewhere) == []


def test_what_happened_before_an_automation_was_made_does_not_fire_it(owner):
    send(owner, event("a"))
    made = make(owner, trigger("a"))
    evaluate_new_events()
    assert firings(made) == 0
    send(owner, event("a"))
    evaluate_new_events()
    assert firings(made) == 1


def test_an_automation_that_was_paused_or_deleted_does_not_fire(owner):
    paused, deleted = make(owner, trigger("a")), make(owner, trigger("a"))
    send(owner, event("a"))
    with workspace_transaction(owner.workspace_id):
        now = datetime.now(UTC)
        automations.enable_automation(
            owner.workspace_id, paused.id, AutomationPartialUpdate(enabled=False), sent=b"{}", now=now
        )
        automations.delete_automation(owner.workspace_id, deleted.id, now=now)
    evaluate_new_events()
    assert [firings(paused), firings(deleted)] == [0, 0]


def test_a_deleted_automation_that_the_next_event_does_not_fit_keeps_no_other_from_firing(owner):
    deleted, made = make(owner, trigger("a", match={"prefect.resource.id": "other"})), make(owner, trigger("a"))
    evaluate_new_events()
    with workspace_transaction(owner.workspace_id):
        automations.delete_automation(owner.workspace_id, deleted.id, now=datetime.now(UTC))
    send(owner, event("a"))
    evaluate_new_events()
    assert firings(made) == 1
    assert sight.index.find(owner.workspace_id, deleted.id) is None


def test_a_replaced_automation_counts_from_nothing(owner):
    made = make(owner, trigger("a", threshold=2, within=60))
    send(owner, event("a"))
    evaluate_new_events()
    body = msgspec.convert(body_of(trigger("a", threshold=2, within=60)), AutomationUpdate)
    with workspace_transaction(owner.workspace_id):
        assert len(records.read_state(owner.workspace_id, made.id)) == 1
        automations.replace_automation(owner.workspace_id, made.id, body, sent=b"{}", now=datetime.now(UTC))
        assert records.read_state(owner.workspace_id, made.id) == []
    send(owner, event("a"))
    evaluate_new_events()
    assert firings(made) == 0
    send(owner, event("a"))
    evaluate_new_events()
    assert firings(made) == 1


def test_the_state_says_what_is_waited_for(owner):
    made = make(owner, trigger("a", threshold=3, within=60, for_each=["prefect.resource.id"]))
    send(owner, event("a"), event("a"))
    evaluate_new_events()
    with workspace_transaction(owner.workspace_id):
        [waiting] = records.read_state(owner.workspace_id, made.id)
    assert (waiting.labels, waiting.count) == ({"prefect.resource.id": "thing"}, 2)
    assert waiting.words.startswith("2 of 3 events came, counting until ")


def test_the_same_id_with_another_time_is_the_same_event(owner):
    made = make(owner, trigger("a", threshold=2, within=60))
    first = event("a")
    send(owner, first)
    evaluate_new_events()
    send(owner, {**first, "occurred": event("a", 5)["occurred"]})
    evaluate_new_events()
    assert firings(made) == 0


def test_news_that_come_in_the_wrong_order_fire_as_they_occurred(owner):
    made = make(owner, trigger("b", after=["a"], within=20))
    send(owner, event("b", -5))
    evaluate_new_events()
    assert firings(made) == 0
    send(owner, event("a", -10))
    evaluate_new_events()
    assert firings(made) == 1


def test_a_follower_waits_for_its_leader(owner):
    made = make(owner, {"type": "sequence", "within": 60, "triggers": [trigger("a"), trigger("b")]})
    leader = event("a")
    send(owner, event("b", -1, follows=leader["id"]))
    evaluate_new_events()
    send(owner, leader)
    evaluate_new_events()
    assert firings(made) == 1


def test_a_follower_waits_for_a_quarter_of_an_hour_and_no_longer(owner):
    made, now = make(owner, trigger("b")), datetime.now(UTC)
    send(owner, event("b", follows=str(uuid7())))
    evaluate_new_events(now + timedelta(minutes=14))
    assert firings(made) == 0
    evaluate_new_events(now + timedelta(minutes=16))
    assert firings(made) == 1


# -------------------------------------------------------------------------------------------------------------- dying


def test_an_evaluator_that_is_killed_before_its_commit_leaves_nothing_and_the_next_fires_once(owner, quiet):
    made = make(owner, trigger("a"))
    send(owner, event("a"))
    with evaluator(quiet) as process, somebody_else(quiet) as holder:
        holder.execute("SELECT 1 FROM automation_clock FOR UPDATE")
        go(process)
        wait_until_blocked(quiet)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert firings(made) == 0
    assert told(owner, "prefect.automation.triggered") == 0
    wait_for_the_lock()
    evaluate_new_events()
    evaluate_new_events()
    assert firings(made) == 1
    assert told(owner, "prefect.automation.triggered") == 1


def wait_for_the_lock() -> None:
    """Until PostgreSQL noticed that the killed process is gone."""
    while True:
        with system_transaction():
            if evaluation.queries.lock_evaluation():
                return


def test_two_evaluators_at_once_fire_each_event_once(owner, quiet):
    made = make(owner, trigger("a"))
    for _ in range(12):
        send(owner, *(event("a") for _ in range(100)))
    with evaluator(quiet) as one, evaluator(quiet) as other:
        go(one)
        go(other)
        evaluate_new_events()
        assert [one.wait(30), other.wait(30)] == [0, 0]
    evaluate_new_events()
    assert told(owner, "a") == 1200
    with workspace_transaction(owner.workspace_id):
        fired = open_cursor().execute(
            "SELECT count(*), count(DISTINCT firing_id) FROM automation_evaluation WHERE automation_id = %s"
            " AND verdict = 'fired'", [made.id],
        ).fetchone()  # fmt: skip
    assert fired == (firings(made), firings(made))
    assert firings(made) == 600, "the flood is stopped at so many a minute"


def test_silence_fires_once_though_the_evaluator_is_killed_in_the_middle(owner, quiet):
    begin = datetime.now(UTC)
    made = make(owner, silence("beat"), now=begin)
    evaluate_new_events(begin + timedelta(seconds=1))
    with evaluator(quiet) as process, somebody_else(quiet) as holder:
        holder.execute("SELECT 1 FROM automation_clock FOR UPDATE")
        go(process)
        wait_until_blocked(quiet)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    wait_for_the_lock()
    for second in (8, 11, 13, 14, 15, 16):
        evaluate_new_events(begin + timedelta(seconds=second))
    assert firings(made) == 1
    assert told(owner, "prefect.automation.triggered") == 1


def test_an_event_that_came_while_nobody_evaluated_keeps_silence_from_firing(owner):
    begin = datetime.now(UTC)
    made = make(owner, silence("beat", threshold=1), now=begin)
    evaluate_new_events(begin + timedelta(seconds=1))
    send(owner, event("beat", 5, base=begin), now=begin + timedelta(seconds=5))
    for second in (18, 18.1):
        evaluate_new_events(begin + timedelta(seconds=second))
    assert firings(made) == 0


def test_an_event_in_a_transaction_that_is_still_open_keeps_silence_from_firing(owner, quiet):
    begin = datetime.now(UTC)
    made = make(owner, silence("beat"), now=begin)
    evaluate_new_events(begin + timedelta(seconds=1))
    with somebody_else(quiet) as slow:
        insert_plain(slow, owner, "beat", begin + timedelta(seconds=5))
        for second in (13, 16, 19):
            evaluate_new_events(begin + timedelta(seconds=second))
        assert firings(made) == 0
        slow.commit()
    evaluate_new_events(begin + timedelta(seconds=19.5))
    evaluate_new_events(begin + timedelta(seconds=19.8))
    assert firings(made) == 0


@pytest.mark.parametrize(("_case", "writes_first"), [("its event is there", True), ("only its number is given", False)])
def test_a_transaction_that_ends_after_younger_ones_were_evaluated_fires_once(owner, quiet, _case, writes_first):
    """Its number, and so its place, lies before theirs: nothing may be evaluated past it while it is open."""
    made = make(owner, trigger("a"))
    with somebody_else(quiet) as slow:
        slow.execute("SELECT pg_current_xact_id()")
        if writes_first:
            insert_plain(slow, owner, "a")
        for _ in range(3):
            send(owner, event("a"))
            evaluate_new_events()
        assert firings(made) == 0
        if not writes_first:
            insert_plain(slow, owner, "a")
        slow.commit()
    for _ in range(2):
        evaluate_new_events()
        send(owner, event("b"))
    assert firings(made) == 4
    assert told(owner, "prefect.automation.triggered") == 4


def insert_plain(connection: Any, tenant: Tenant, name: str, occurred: datetime | None = None) -> None:
    connection.execute(
        "INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource)"
        " VALUES (%s, %s, %s, %s, 'thing', '{\"prefect.resource.id\": \"thing\"}')",
        [tenant.workspace_id, uuid7(), occurred or datetime.now(UTC), name],
    )


def test_after_a_long_stop_senders_have_a_moment_to_deliver_what_they_hold(owner):
    begin = datetime.now(UTC)
    made = make(owner, silence("beat", within=60), now=begin)
    evaluate_new_events(begin + timedelta(seconds=1))
    back = begin + timedelta(seconds=100)
    for second in (0, 1, 2):
        evaluate_new_events(back + timedelta(seconds=second))
    assert firings(made) == 0
    send(owner, event("beat", 30, base=begin), now=back + timedelta(seconds=3))
    for second in (3, 20, 21):
        evaluate_new_events(back + timedelta(seconds=second))
    assert firings(made) == 0


# ------------------------------------------------------------------------------------------------- what one tenant left


@pytest.mark.parametrize(
    ("_case", "memory"),
    [("of another shape", '{"state": {"type": "nothing"}}'), ("no object", '["x"]'), ("odd", '{"labels": {"a": 1}}')],
)
def test_a_memory_that_cannot_be_read_stops_nobody_else_and_begins_anew(owner, other_owner, _case, memory):
    broken = make(owner, trigger("a", threshold=2, within=60))
    neighbour, elsewhere = make(owner, trigger("a")), make(other_owner, trigger("a"))
    send(owner, event("a"))
    evaluate_new_events()
    with system_transaction():
        changed = open_cursor().execute(
            "UPDATE automation_machine SET memory = %s, deadline = now() WHERE automation_id = %s", [memory, broken.id]
        )
        assert changed.rowcount == 1
    send(owner, event("a"))
    send(other_owner, event("a"))
    evaluate_new_events()
    assert [firings(one) for one in (broken, neighbour, elsewhere)] == [0, 2, 1]
    assert ("stopped", isolation.BEGINS_ANEW) in verdicts(owner, broken)
    send(owner, event("a"), event("a"))
    evaluate_new_events()
    assert [firings(one) for one in (broken, neighbour, elsewhere)] == [1, 4, 1]


def test_what_the_database_refuses_of_one_automation_keeps_no_other_from_firing(owner, other_owner, quiet):
    made, elsewhere = make(owner, trigger("a", threshold=2, within=60)), make(other_owner, trigger("a"))
    with psycopg.connect(quiet.urls.owner, autocommit=True) as connection:
        connection.execute(
            "ALTER TABLE automation_machine ADD CONSTRAINT refused CHECK (automation_id <> "
            f"'{made.id}'::uuid) NOT VALID"
        )
        try:
            send(owner, event("a"))
            send(other_owner, event("a"))
            evaluate_new_events()
        finally:
            connection.execute("ALTER TABLE automation_machine DROP CONSTRAINT refused")
    assert [firings(made), firings(elsewhere)] == [0, 1]
    assert ("stopped", isolation.BEGINS_ANEW) in verdicts(owner, made)
    send(owner, event("a"), event("a"))
    evaluate_new_events()
    assert firings(made) == 1


# ------------------------------------------------------------------------------------------------------------ circles


def test_an_automation_that_sets_itself_off_is_stopped_and_says_so(owner):
    made = make(owner, trigger("run.ended"))
    creator = {"prefect.resource.id": f"prefect.automation.{made.id}", "prefect.resource.role": "creator"}
    send(owner, event("run.ended"))
    for _ in range(DEEPEST + 5):
        evaluate_new_events()
        send(owner, event("run.ended", related=[creator]))
    assert firings(made) == DEEPEST
    stopped = [reason for verdict, reason in verdicts(owner, made) if verdict == "stopped"]
    assert stopped == ["stopped: 10 firings in a row were caused by the actions of the one before"]
    send(owner, event("run.ended"))
    evaluate_new_events()
    assert firings(made) == DEEPEST + 1, "what nobody caused fires as ever"


def test_the_records_of_what_did_not_fire_are_samples(owner):
    made = make(owner, trigger("a", match={"prefect.resource.id": "other"}))
    for _ in range(4):
        send(owner, event("a"), event("a"))
        evaluate_new_events()
    with workspace_transaction(owner.workspace_id):
        [kept] = records.list_evaluations(owner.workspace_id, made.id)
    assert (kept.verdict, kept.times) == ("no", 2)
    records.prune()


def test_an_unreadable_automation_keeps_no_other_from_firing(owner):
    broken, made = make(owner, trigger("a")), make(owner, trigger("a"))
    with system_transaction():
        open_cursor().execute(
            'UPDATE automation SET trigger = \'{"type": "nonsense"}\', version = pg_current_xact_id() WHERE id = %s',
            [broken.id],
        )
    send(owner, event("a"))
    evaluate_new_events()
    assert [firings(broken), firings(made)] == [0, 1]


def test_actions_that_cannot_be_read_keep_no_other_from_firing(owner):
    broken, made = make(owner, trigger("a")), make(owner, trigger("a"))
    with system_transaction():
        open_cursor().execute(
            'UPDATE automation SET actions = \'[{"kind": "nonsense"}]\', version = pg_current_xact_id() WHERE id = %s',
            [broken.id],
        )
    send(owner, event("a"))
    evaluate_new_events()
    assert [firings(broken), firings(made)] == [0, 1]
    assert verdicts(owner, broken) == [("stopped", "stopped: its actions cannot be read")]


def test_workspaces_know_nothing_of_each_others_records(owner, other_owner):
    made = make(owner, trigger("a"))
    send(owner, event("a"))
    evaluate_new_events()
    with workspace_transaction(other_owner.workspace_id):
        assert records.list_evaluations(other_owner.workspace_id, made.id) == []
        assert isinstance(made.id, UUID)
