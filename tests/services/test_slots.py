"""Slots as transitions take them, and the sweep of leases that ran out. Nothing runs in the background here."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from msgspec import Raw

from controlplane.sql.transactions import workspace_transaction
from runs.rules.verdicts import Release, Renew, Take
from runs.services import concurrency, limits
from runs.wire.concurrency import IncrementWithLease, LimitCreate, LimitUpdate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUN, OTHER = uuid4(), uuid4()


@pytest.fixture
def workspace(alice) -> UUID:
    """Alice's, with nothing left to sweep elsewhere."""
    concurrency.repossess_expired()
    return alice.workspace_id


@pytest.fixture
def database(quiet):
    with psycopg.connect(f"{quiet.stack.database_url.rsplit('/', 1)[0]}/signalbox", autocommit=True) as connection:
        yield connection


def make_limit(workspace, name, limit=1, **fields) -> UUID:
    with workspace_transaction(workspace):
        return limits.create_limit(workspace, LimitCreate(name=name, limit=limit, **fields), now=NOW).id


def apply(workspace, takes=None, renews=None, releases=None) -> None:
    with workspace_transaction(workspace):
        concurrency.apply(workspace, takes, renews, releases)


def taken(workspace, name) -> int:
    with workspace_transaction(workspace):
        return limits.read_limit(workspace, name).active_slots


def deployment_facts(workspace, limit_id, run=RUN, lease=None, options=None):
    with workspace_transaction(workspace):
        return concurrency.facts_for_deployment(workspace, limit_id, run, lease, options=options)


def expire(database, workspace) -> None:
    database.execute(
        "UPDATE concurrency_lease SET expires = now() - interval '1 s' WHERE workspace_id = %s", [workspace]
    )


def test_a_deployments_slot_from_taking_to_giving_back(workspace):
    limit = make_limit(workspace, "deployment:x")
    before = deployment_facts(
        workspace, limit, options=Raw(b'{"collision_strategy": "CANCEL_NEW", "grace_period_seconds": 90}')
    )
    assert (before.limit, before.active_slots, before.held, before.lease_alive, before.full) == (
        1,
        0,
        False,
        False,
        False,
    )
    assert (before.collision_strategy, before.lease_seconds) == ("CANCEL_NEW", 90)
    lease = before.spare_lease_id
    apply(workspace, Take((limit,), "flow_run", RUN, lease, 300.0))
    mine, theirs = deployment_facts(workspace, limit, RUN, lease), deployment_facts(workspace, limit, OTHER)
    assert (mine.active_slots, mine.held, mine.lease_alive, mine.full) == (1, True, True, False)
    assert (theirs.active_slots, theirs.held, theirs.lease_alive, theirs.full) == (1, False, False, True)
    apply(workspace, releases=Release("flow_run", OTHER, limit))
    assert taken(workspace, "deployment:x") == 1
    apply(workspace, releases=Release("flow_run", RUN, limit, lease))
    assert taken(workspace, "deployment:x") == 0


def test_a_run_counts_once_however_often_it_takes(workspace):
    limit = make_limit(workspace, "deployment:x", 2)
    for _ in range(3):
        apply(workspace, Take((limit,), "flow_run", RUN, uuid4(), 300.0))
    assert taken(workspace, "deployment:x") == 1


def test_a_run_that_is_deleted_gives_its_slot_back(workspace):
    limit, free = make_limit(workspace, "deployment:x"), make_limit(workspace, "db")
    apply(workspace, Take((limit,), "flow_run", RUN, uuid4(), 300.0))
    apply(workspace, Take((free,), "flow_run", RUN, uuid4(), 300.0))
    apply(workspace, releases=Release("flow_run", RUN))
    # What the run itself took of a global limit is its own to give back.
    assert (taken(workspace, "deployment:x"), taken(workspace, "db")) == (0, 1)


def test_a_lease_that_ran_out_holds_nothing_and_cannot_be_renewed(workspace, database):
    limit = make_limit(workspace, "deployment:x")
    lease = uuid4()
    apply(workspace, Take((limit,), "flow_run", RUN, lease, 300.0))
    expire(database, workspace)
    apply(workspace, renews=Renew(lease, 300.0))
    facts = deployment_facts(workspace, limit, RUN, lease)
    assert (facts.active_slots, facts.held, facts.lease_alive) == (0, False, False)


def test_a_lease_without_an_end_is_kept(workspace, database):
    limit = make_limit(workspace, "deployment:x")
    lease = uuid4()
    apply(workspace, Take((limit,), "flow_run", RUN, lease, 300.0))
    apply(workspace, renews=Renew(lease, None))
    row = database.execute("SELECT expires FROM concurrency_lease WHERE workspace_id = %s", [workspace]).fetchone()
    assert row == (None,)
    assert concurrency.repossess_expired() == 0
    assert taken(workspace, "deployment:x") == 1


@pytest.mark.parametrize("active", [True, False])
def test_a_limit_that_is_gone_or_off_is_no_fact(workspace, active):
    limit = uuid4() if active else make_limit(workspace, "deployment:x", active=False)
    assert deployment_facts(workspace, limit) is None


def test_tags_are_held_by_task_runs(workspace):
    first, second = make_limit(workspace, "tag:b"), make_limit(workspace, "tag:a", 5)
    make_limit(workspace, "tag:off", active=False)
    apply(workspace, Take((first, second), "task_run", RUN))
    with workspace_transaction(workspace):
        mine = concurrency.facts_for_tags(workspace, ["b", "off", "a", "none"], RUN)
        theirs = concurrency.facts_for_tags(workspace, ["b"], OTHER)
        assert concurrency.facts_for_tags(workspace, ["none"], RUN) == ()
    assert [(limit.tag, limit.limit, limit.active_slots, limit.held) for limit in mine] == [
        ("a", 5, 1, True),
        ("b", 1, 1, True),
    ]
    assert [(limit.tag, limit.active_slots, limit.held) for limit in theirs] == [("b", 1, False)]
    apply(workspace, releases=Release("task_run", RUN))
    assert (taken(workspace, "tag:a"), taken(workspace, "tag:b")) == (0, 0)


def test_the_sweep_removes_what_ran_out_and_nothing_else(workspace, database):
    make_limit(workspace, "db", 9)
    make_limit(workspace, "rate", 9, slot_decay_per_second=0.0001)
    gone = IncrementWithLease(names=["db", "rate"], slots=2)
    limits.increment_with_lease(workspace, gone)
    limits.increment_with_lease(workspace, IncrementWithLease(names=["nothing"], slots=1))
    expire(database, workspace)
    limits.increment_with_lease(workspace, gone)
    assert (taken(workspace, "db"), taken(workspace, "rate")) == (2, 4)
    assert concurrency.repossess_expired() == 3
    assert concurrency.repossess_expired() == 0
    assert (taken(workspace, "db"), taken(workspace, "rate")) == (2, 2)
    left = database.execute("SELECT count(*) FROM concurrency_lease WHERE workspace_id = %s", [workspace]).fetchone()
    assert left == (2,)


def test_the_sweep_passes_over_what_is_locked(workspace, database):
    make_limit(workspace, "db")
    limits.increment_with_lease(workspace, IncrementWithLease(names=["db"], slots=1))
    expire(database, workspace)
    with database.transaction():
        database.execute("SELECT 1 FROM concurrency_limit WHERE workspace_id = %s FOR NO KEY UPDATE", [workspace])
        assert concurrency.repossess_expired() == 0
    assert concurrency.repossess_expired() == 1


def test_a_rename_keeps_the_holders(workspace):
    make_limit(workspace, "db", 2)
    limits.increment_with_lease(workspace, IncrementWithLease(names=["db"], slots=2))
    with workspace_transaction(workspace):
        limits.update_limit(workspace, "db", LimitUpdate(name="new"), now=NOW)
    assert taken(workspace, "new") == 2
