"""Why a run is not running: one row of facts, one answer, in a fixed order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from deployments.rules.why import Facts, explain
from deployments.rules.why_words import ago, ordinal

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RUN, DEPLOYMENT, QUEUE, POOL, HOLDER, OTHER, FIRST = (UUID(int=number) for number in range(1, 8))


def before(**length):
    return NOW - timedelta(**length)


def after(**length):
    return NOW + timedelta(**length)


# A run that is due, of a deployment in a pool with a worker: nothing is wrong with it.
DUE = {
    "id": RUN, "state_type": "SCHEDULED", "state_name": "Scheduled", "state_timestamp": before(minutes=1),
    "due": before(seconds=5), "deployment_id": DEPLOYMENT, "deployment_name": "nightly", "deployment_paused": False,
    "queue_id": QUEUE, "queue_name": "default", "queue_paused": False, "queue_waiting": 1, "pool_id": POOL,
    "pool_name": "k8s", "pool_type": "kubernetes", "pool_paused": False, "pool_waiting": 1, "workers_online": 1,
}  # fmt: skip
FULL = {"limit": 1, "limit_taken": 1, "deployment_ahead": 1, "deployment_waiting": 3}
HELD = {**FULL, "holder_id": HOLDER, "holder_name": "strange-sawfly", "holder_since": before(minutes=12)}
NO_POOL = {"queue_id": None, "queue_name": None, "pool_id": None, "pool_name": None, "workers_online": 0}
ELSEWHERE = {
    "workers_online": 0, "other_workers": 2, "other_pool_id": OTHER, "other_pool_name": "box",
    "other_pool_type": "docker",
}  # fmt: skip
RETRY = {"state_name": "AwaitingRetry", "due": after(seconds=40), "run_count": 1}

CASES = [
    ("a worker that is refused",
     {"workers_online": 0, "refused_key_id": OTHER, "refused_key_name": "ci", "refused_reason": "expired",
      "refused_since": before(hours=2), "refused_address": "10.0.3.7"},
     "worker-refused", "A worker at 10.0.3.7 keeps trying but its key expired 2 h ago."),
    ("a worker without a right to work",
     {"workers_online": 0, "refused_key_id": OTHER, "refused_key_name": "ci", "refused_reason": "role",
      "refused_address": "10.0.3.7"},
     "worker-refused",
     "A worker at 10.0.3.7 keeps trying but its key has a role that does not include the work of a worker."),
    ("one that is refused beside one that works",
     {"refused_key_id": OTHER, "refused_key_name": "ci", "refused_reason": "expired", "refused_since": before(hours=2),
      "refused_address": "10.0.3.7"}, "nothing-wrong", "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("in the future", {"due": after(hours=16, minutes=5)}, "not-yet-due",
     "Starts in 16 h (2026-03-02 04:05 UTC)."),
    ("so soon that workers take it already", {"due": after(seconds=9)}, "nothing-wrong",
     "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("awaiting a retry", {**RETRY, "retries": 2, "state_message": "ConnectionError"}, "awaiting-retry",
     "Attempt 2 of 3 starts in 40 s, after: ConnectionError."),
    ("awaiting a retry of unknown number", RETRY, "awaiting-retry", "Attempt 2 starts in 40 s."),
    ("paused", {"state_type": "PAUSED", "pause_timeout": after(hours=1)}, "paused",
     "Waiting for a person since 2026-03-01 11:59 UTC (timeout 2026-03-01 13:00 UTC)."),
    ("suspended without a timeout", {"state_type": "PAUSED"}, "paused",
     "Waiting for a person since 2026-03-01 11:59 UTC."),
    ("a paused deployment that nobody serves", {**NO_POOL, "deployment_paused": True}, "deployment-paused",
     "Deployment nightly is paused, and no process serves it now."),
    ("a paused deployment that is served",
     {**NO_POOL, "deployment_paused": True, "deployment_polled": before(seconds=10)}, "nothing-wrong",
     "Nothing is wrong: the process that serves it asks every few seconds."),
    ("a paused deployment in a pool", {"deployment_paused": True}, "nothing-wrong",
     "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("its deployment's limit is full", HELD, "deployment-limit",
     "nightly allows 1 run at once; strange-sawfly has held the slot for 12 min. This run is 2nd of 3."),
    ("a limit of several", {**HELD, "limit": 2, "limit_taken": 2}, "deployment-limit",
     "nightly allows 2 runs at once; strange-sawfly has held a slot for 12 min. This run is 2nd of 3."),
    ("a limit without a holder to be seen", FULL, "deployment-limit",
     "nightly allows 1 run at once; no slot is free. This run is 2nd of 3."),
    ("waiting for a slot, and to be asked again",
     {**HELD, "state_name": "AwaitingConcurrencySlot", "due": after(seconds=30)}, "deployment-limit",
     "nightly allows 1 run at once; strange-sawfly has held the slot for 12 min. This run is 2nd of 3."),
    ("a limit of nothing", {**FULL, "limit": 0, "limit_taken": 0}, "deployment-limit",
     "nightly allows 0 runs at once; no slot is free. This run is 2nd of 3."),
    ("a limit with a slot", {**HELD, "limit": 2}, "nothing-wrong",
     "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("no deployment", {**NO_POOL, "deployment_id": None, "deployment_name": None}, "own-process",
     "This run has no deployment: the process that made it has to start it."),
    ("served by nobody yet", NO_POOL, "not-served",
     "nightly has no work pool: it is run by a process that serves it, and that has never called."),
    ("served by nobody any more", {**NO_POOL, "deployment_polled": before(minutes=6)}, "not-served",
     "nightly has no work pool: it is run by a process that serves it, and that has not called for 6 min."),
    ("its queue is gone", {**NO_POOL, "queue_name": "gpu"}, "queue-missing",
     "Work queue gpu is in no work pool any more."),
    ("the pool is paused", {"pool_paused": True}, "pool-paused", "Work pool k8s is paused."),
    ("the queue is paused", {"queue_paused": True}, "queue-paused", "Work queue default of pool k8s is paused."),
    ("the pool was paused at a time", {"pool_paused": True, "pool_paused_since": before(minutes=20)}, "pool-paused",
     "Work pool k8s was paused 20 min ago."),
    ("the pool was paused by somebody",
     {"pool_paused": True, "pool_paused_since": before(minutes=20), "pool_paused_by": "Bo"}, "pool-paused",
     "Work pool k8s was paused by Bo 20 min ago."),
    ("the queue was paused at a time", {"queue_paused": True, "queue_paused_since": before(hours=2)}, "queue-paused",
     "Work queue default of pool k8s was paused 2 h ago."),
    ("workers look into other queues", {"workers_online": 2, "polled_queues": ["critical", "gpu"]}, "other-queues",
     "2 workers poll only queues critical, gpu; this run is in default."),
    ("one worker looks into another queue", {"polled_queues": ["gpu"]}, "other-queues",
     "1 worker polls only queue gpu; this run is in default."),
    ("workers look into this queue too", {"polled_queues": ["default", "gpu"]}, "nothing-wrong",
     "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("its schedule is inactive",
     {"due": after(hours=3), "schedule_id": OTHER, "schedule_name": "early", "schedule_active": False},
     "schedule-inactive", "Its schedule is inactive, and makes no more runs; this one starts in 3 h."),
    ("its schedule is inactive, but it is due", {"schedule_id": OTHER, "schedule_active": False}, "nothing-wrong",
     "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("its schedule is active", {"due": after(hours=3), "schedule_id": OTHER, "schedule_active": True}, "not-yet-due",
     "Starts in 3 h (2026-03-01 15:00 UTC)."),
    ("its worker died", {"state_type": "PENDING", "taker_id": OTHER, "taker_name": "vm-3", "taker_online": False,
                         "taker_seen": before(minutes=3)}, "worker-died",
     "vm-3 took it and stopped reporting 3 min ago."),
    ("its worker lives", {"state_type": "PENDING", "taker_id": OTHER, "taker_name": "vm-3", "taker_online": True,
                          "taker_seen": before(seconds=3), "state_timestamp": before(seconds=5)}, "starting",
     "It was taken 5 s ago and is starting. This usually takes some seconds."),
    ("a task waits for a slot", {"state_type": "RUNNING", "tag_limit_id": OTHER, "tag": "db", "tag_limit": 2,
                                 "tag_taken": 2, "tag_task_name": "load-0", "tag_task_since": before(seconds=50),
                                 "tag_holder_id": HOLDER, "tag_holder_name": "load-9"}, "tag-limit",
     "Task load-0 has waited for 50 s for a slot of tag db: 2 of 2 slots used. Task load-9 holds one."),
    ("a task waits for a slot that no task holds",
     {"state_type": "RUNNING", "tag_limit_id": OTHER, "tag": "db", "tag_limit": 0, "tag_task_name": "load-0",
      "tag_task_since": before(seconds=50)}, "tag-limit",
     "Task load-0 has waited for 50 s for a slot of tag db: 0 of 0 slots used."),
    ("there was never a worker", {"workers_online": 0}, "no-worker", "No worker is polling pool k8s (none ever)."),
    ("there was a worker", {"workers_online": 0, "worker_seen": before(minutes=5), "worker_name": "vm-3"}, "no-worker",
     "No worker is polling pool k8s (last seen 5 min ago: vm-3)."),
    ("workers of another type", ELSEWHERE, "workers-elsewhere",
     "No worker ever polled pool k8s, which is of type kubernetes; 2 workers online in pool box, of type docker."),
    ("the pool's limit is full", {"pool_limit": 10, "pool_taken": 10, "pool_ahead": 3, "pool_waiting": 7}, "pool-limit",
     "10 of 10 slots of pool k8s used; place 4 of 7."),
    ("the queue's limit is full", {"queue_limit": 1, "queue_taken": 1, "queue_ahead": 0}, "queue-limit",
     "1 of 1 slot of queue default used; place 1 of 1."),
    ("another queue goes first",
     {"pool_limit": 2, "pool_taken": 1, "pool_ahead": 1, "first_queue_id": FIRST, "first_queue_name": "critical",
      "first_queue_waiting": 1}, "higher-priority", "1 run of queue critical goes first."),
    ("another queue goes first, but there is room for both",
     {"pool_limit": 2, "pool_ahead": 1, "first_queue_id": FIRST, "first_queue_name": "critical",
      "first_queue_waiting": 1}, "nothing-wrong", "Nothing is wrong: a worker polls every 10 to 15 s."),
    ("just taken", {"state_type": "PENDING", "state_timestamp": before(seconds=19)}, "starting",
     "It was taken 19 s ago and is starting. This usually takes some seconds."),
    ("taken long ago", {"state_type": "PENDING", "state_timestamp": before(minutes=3)}, "pending-too-long",
     "It was taken 3 min ago and has not started. Look at the worker's log."),
    ("taken long ago by ourselves",
     {"state_type": "PENDING", "state_timestamp": before(minutes=3), "pool_type": "ecs:push"}, "pending-too-long",
     "It was taken 3 min ago and has not started. Its log tells of the task."),
    ("a pool that needs no worker", {"pool_type": "ecs:push", "workers_online": 0}, "nothing-wrong",
     "Nothing is wrong: Signalbox submits it within a few seconds."),
    ("being cancelled", {"state_type": "CANCELLING", "state_name": "Cancelling"}, "not-waiting",
     "The run is Cancelling: it does not wait."),
    ("cancelled in vain", {"state_type": "CANCELLING", "state_timestamp": before(minutes=2)}, "cancelling",
     "It was asked to stop 2 min ago and has not said that it did."),
    ("running", {"state_type": "RUNNING", "state_name": "Running"}, "not-waiting",
     "The run is Running: it does not wait."),
    ("without a state", {"state_type": None, "state_name": None}, "not-waiting",
     "The run is without a state: it does not wait."),
]  # fmt: skip


@pytest.mark.parametrize(("_case", "facts", "code", "sentence"), CASES, ids=[case[0] for case in CASES])
def test_the_first_reason_that_holds_is_said(_case, facts, code, sentence):
    why = explain(Facts(**{**DUE, **facts}), NOW)
    assert (why.code, why.sentence) == (code, sentence)


# Each makes a reason hold; one after the other is taken away, and the next reason comes to light.
LAYERS = [
    ("not-yet-due", {"due": after(hours=1)}),
    ("deployment-limit", HELD),
    ("pool-paused", {"pool_paused": True}),
    ("queue-paused", {"queue_paused": True}),
    ("no-worker", {"workers_online": 0}),
    ("other-queues", {"polled_queues": ["gpu"]}),
    ("pool-limit", {"pool_limit": 1, "pool_taken": 1}),
    ("queue-limit", {"queue_limit": 1, "queue_taken": 1}),
    ("nothing-wrong", {}),
]


def test_the_order_of_the_reasons_is_fixed():
    for index, (code, _) in enumerate(LAYERS):
        facts = dict(DUE)
        for _, layer in LAYERS[index:]:
            facts |= layer
        assert explain(Facts(**facts), NOW).code == code


def test_what_blocks_and_who_holds_is_named():
    why = explain(Facts(**{**DUE, **HELD}), NOW)
    assert (why.blocked_by.kind, why.blocked_by.id, why.blocked_by.name) == ("deployment", DEPLOYMENT, "nightly")
    assert (why.held_by.kind, why.held_by.id, why.held_by.name) == ("flow-run", HOLDER, "strange-sawfly")
    assert (why.since, why.position, why.waiting) == (before(minutes=12), 2, 3)
    why = explain(Facts(**{**DUE, "queue_limit": 1, "queue_taken": 1, "queue_ahead": 2, "queue_waiting": 5}), NOW)
    assert (why.blocked_by.kind, why.blocked_by.id, why.position, why.waiting) == ("work-queue", QUEUE, 3, 5)


@pytest.mark.parametrize(
    ("_case", "seconds", "words"),
    [("now", 0, "0 s"), ("past", -5, "0 s"), ("59 s", 59, "59 s"), ("one minute", 60, "1 min"),
     ("rounded down", 3599, "59 min"), ("hours", 7200, "2 h"), ("days", 259200, "3 d")],
)  # fmt: skip
def test_a_length_is_said_in_one_unit(_case, seconds, words):
    assert ago(timedelta(seconds=seconds)) == words


def test_places_are_said_as_people_say_them():
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 22, 101, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th",
    ]  # fmt: skip
