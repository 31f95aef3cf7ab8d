"""Background task runs are given out once, also when many ask at the same moment and when a server is killed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections

from controlplane.sql.transactions import workspace_transaction
from runs.models import TaskRunDelivery, TaskWorker
from runs.services import task_runs, task_transitions, task_workers
from runs.wire.states import StateCreate, StateDetails
from runs.wire.task_runs import TaskRunCreate
from runs.wire.task_workers import TaskWorkerListing

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
DEFERRED = StateDetails(deferred=True)
LEASE = timedelta(seconds=30)


@pytest.fixture
def workspace(alice) -> UUID:
    return alice.workspace_id


def delay(workspace: UUID, now: datetime = NOW) -> UUID:
    state = StateCreate(type="SCHEDULED", state_details=DEFERRED)
    body = TaskRunCreate(task_key="t", dynamic_key=str(uuid4()), state=state)
    with workspace_transaction(workspace):
        return task_runs.create_task_run(workspace, body, now=now)[0].id


def claim(workspace: UUID, worker: UUID, now: datetime = NOW) -> UUID | None:
    run = task_workers.claim_run(workspace, worker, ["t", "other"], now=now)
    return None if run is None else run.id


def test_what_a_killed_server_had_offered_is_offered_again_when_the_lease_ends(workspace):
    run, killed, other = delay(workspace), uuid4(), uuid4()
    assert claim(workspace, killed) == run
    assert claim(workspace, other, NOW + timedelta(seconds=29)) is None
    assert claim(workspace, other, NOW + LEASE) == run
    task_workers.settle_run(workspace, killed, run)
    assert claim(workspace, killed, NOW + 2 * LEASE) == run, "an answer that comes too late settles nothing"


def test_an_offer_lasts_while_its_worker_is_seen(workspace):
    run, worker, other = delay(workspace), uuid4(), uuid4()
    assert claim(workspace, worker) == run
    for seconds in (20, 40, 60):
        task_workers.see_worker(workspace, worker, "host-1", ["t"], now=NOW + timedelta(seconds=seconds))
        assert claim(workspace, other, NOW + timedelta(seconds=seconds + 20)) is None
    task_workers.dismiss_worker(workspace, worker)
    assert claim(workspace, other, NOW + timedelta(seconds=81)) == run


def test_the_one_that_has_waited_longest_is_first(workspace):
    late, early = delay(workspace, NOW), delay(workspace, NOW - timedelta(minutes=1))
    assert [claim(workspace, uuid4()) for _ in range(3)] == [early, late, None]


def test_many_workers_at_once_never_get_the_same_run(workspace):
    runs = {delay(workspace) for _ in range(12)}

    def work(_: int) -> list[UUID]:
        worker, got = uuid4(), []
        try:
            while (found := claim(workspace, worker)) or not taken(workspace, len(runs)):
                if found:
                    got.append(found)
                    task_workers.settle_run(workspace, worker, found)
        finally:
            connections.close_all()
        return got

    with ThreadPoolExecutor(4) as pool:
        got = [run for found in pool.map(work, range(4)) for run in found]
    assert sorted(got) == sorted(runs)


def taken(workspace: UUID, wanted: int) -> bool:
    with workspace_transaction(workspace):
        return TaskRunDelivery.objects.of(workspace).filter(until=None).count() == wanted


def test_a_worker_that_was_not_seen_for_long_is_not_listed(workspace):
    task_workers.see_worker(workspace, uuid4(), "host-1", ["t"], now=NOW)
    for seconds, listed in ((29, ["host-1"]), (30, [])):
        now = NOW + timedelta(seconds=seconds)
        with workspace_transaction(workspace):
            found = task_workers.list_workers(workspace, TaskWorkerListing(), now=now)
        assert [worker.identifier for worker in found] == listed


def test_what_says_nothing_any_more_is_forgotten_once(workspace):
    task_workers.forget_lost(NOW + LEASE)  # what other tests left behind
    done, waiting, worker = delay(workspace), delay(workspace, NOW + timedelta(seconds=1)), uuid4()
    task_workers.see_worker(workspace, worker, "host-1", ["t"], now=NOW)
    assert [claim(workspace, worker, NOW + timedelta(seconds=1)) for _ in range(2)] == [done, waiting]
    pending = StateCreate(type="PENDING", state_details=DEFERRED)
    with workspace_transaction(workspace):
        task_transitions.propose_state(workspace, done, pending, now=NOW + timedelta(seconds=2))
    assert task_workers.forget_lost(NOW + timedelta(seconds=3)) == 1
    with workspace_transaction(workspace):
        assert [row.id for row in TaskRunDelivery.objects.of(workspace)] == [waiting]
        assert TaskWorker.objects.of(workspace).count() == 1
    assert task_workers.forget_lost(NOW + LEASE) == 1
    assert task_workers.forget_lost(NOW + LEASE) == 0
