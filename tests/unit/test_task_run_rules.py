"""Task run transitions, one case for each row of the rules."""

from datetime import timedelta
from uuid import UUID

import pytest

from runs.rules import (
    BACKGROUND_TASK_POLICY,
    CORE_TASK_POLICY,
    MINIMAL_TASK_POLICY,
    CachedState,
    CacheEntry,
    EnclosingFlowRun,
    Release,
    TagLimit,
    Take,
    clamped_poisson,
    propose,
    task_policy,
)
from runs.wire.policies import TaskRunPolicy
from runs.wire.states import StateCreate, StateDetails
from tests.unit.transitions import FLOW_RUN, NOW, PARENT, RESULT, RUN, decide, state, stored, task_run

RUNNING_FLOW = EnclosingFlowRun(id=FLOW_RUN, state_type="RUNNING", run_count=1)
A, B = UUID(int=21), UUID(int=22)


# The cache


@pytest.mark.parametrize(
    ("_case", "details", "known", "expected"),
    [
        ("known", {"cache_key": "k"}, True, "COMPLETED Cached"),
        ("unknown", {"cache_key": "k"}, False, "RUNNING Running"),
        ("refreshed", {"cache_key": "k", "refresh_cache": True}, True, "RUNNING Running"),
        ("not refreshed", {"cache_key": "k", "refresh_cache": False}, True, "COMPLETED Cached"),
        ("no key", {}, True, "RUNNING Running"),
    ],
)
@pytest.mark.parametrize("policy", [CORE_TASK_POLICY, BACKGROUND_TASK_POLICY], ids=["core", "background"])
def test_a_known_result_is_not_computed_again(_case, details, known, expected, policy):
    cached = CachedState(message="m", data=RESULT, state_details=StateDetails(cache_key="k", task_run_id=PARENT))
    decision = decide(task_run(None, cached=cached if known else None), "RUNNING", details=details, policy=policy)
    assert stored(decision) == expected
    if expected == "COMPLETED Cached":
        assert (decision.status, decision.reason) == ("REJECT", "Retrieved state from cache")
        assert (decision.state.message, decision.state.data, decision.cache_insert) == ("m", RESULT, None)
        assert decision.state.state_details == StateDetails(cache_key="k", task_run_id=RUN)


@pytest.mark.parametrize(
    ("_case", "entered", "key", "status", "reason", "expected"),
    [
        ("completed", "COMPLETED", "k" * 2000, "ACCEPT", None, CacheEntry("k" * 2000, NOW)),
        ("no key", "COMPLETED", None, "ACCEPT", None, None),
        ("failed", "FAILED", "k", "ACCEPT", None, None),
        (
            "too long",
            "COMPLETED",
            "k" * 2001,
            "REJECT",
            "Cache key exceeded maximum allowed length of 2000 characters.",
            None,
        ),
    ],
)
def test_a_result_is_cached_under_its_key(_case, entered, key, status, reason, expected):
    details = {"cache_key": key, "cache_expiration": NOW}
    decision = decide(task_run(state("RUNNING")), entered, details=details)
    assert (decision.status, decision.reason, decision.cache_insert) == (status, reason, expected)
    assert decision.state.type == entered


# Leaving a terminal state


@pytest.mark.parametrize(
    ("_case", "current", "entered", "status", "reason"),
    [
        ("cancelling", state("FAILED"), "CANCELLING", "ABORT", "Run is already FAILED."),
        ("pausing", state("COMPLETED", persisted=True), "PAUSED", "ABORT", "Run is already COMPLETED."),
        ("crashing", state("CRASHED"), "CRASHED", "ABORT", "Run is already CRASHED."),
        ("result", state("COMPLETED", persisted=True), "RUNNING", "REJECT", "This run is already completed."),
        ("no result", state("COMPLETED"), "FAILED", "ACCEPT", None),
    ],
)
def test_a_finished_task_run_stays_finished_unless(_case, current, entered, status, reason):
    decision = decide(task_run(current), entered)
    assert (decision.status, decision.reason) == (status, reason)


@pytest.mark.parametrize(
    ("_case", "flow_run_run_count", "entered", "expected", "run_count"),
    [
        ("the flow retries", 1, "RUNNING", "RUNNING Retrying", 1),
        ("the flow is the same", 2, "RUNNING", "RUNNING Running", 1),
        ("only waits", 1, "PENDING", "PENDING Pending", 0),
        ("ends otherwise", 1, "CANCELLED", "CANCELLED Cancelled", 3),
    ],
)
def test_a_finished_task_run_counts_its_attempts_anew(_case, flow_run_run_count, entered, expected, run_count):
    enclosing = EnclosingFlowRun(id=FLOW_RUN, state_type="RUNNING", run_count=2)
    facts = task_run(
        state("FAILED"),
        flow_run_id=FLOW_RUN,
        flow_run=enclosing,
        flow_run_run_count=flow_run_run_count,
        run_count=3,
    )
    decision = decide(facts, entered)
    assert (stored(decision), decision.run.run_count) == (expected, run_count)


# The flow run around


@pytest.mark.parametrize(
    ("_case", "enclosing", "status", "expected"),
    [
        ("running", RUNNING_FLOW, "ACCEPT", "RUNNING Running"),
        ("no state", EnclosingFlowRun(id=FLOW_RUN), "ABORT", None),
        ("ended", EnclosingFlowRun(id=FLOW_RUN, state_type="COMPLETED"), "ABORT", None),
        ("gone", None, "ABORT", None),
        (
            "paused",
            EnclosingFlowRun(id=FLOW_RUN, state_type="PAUSED", pause_timeout=NOW, pause_reschedule=True),
            "REJECT",
            "PAUSED NotReady",
        ),
    ],
)
def test_a_task_starts_only_inside_a_running_flow(_case, enclosing, status, expected):
    decision = decide(task_run(state("PENDING"), flow_run_id=FLOW_RUN, flow_run=enclosing), "RUNNING")
    assert (decision.status, stored(decision)) == (status, expected)
    if status == "ABORT":
        assert decision.reason == "The enclosing flow must be running to begin task execution."
    if status == "REJECT":
        assert decision.reason == (
            "The flow is paused, new tasks can execute after resuming flow run: 00000000-0000-0000-0000-000000000007."
        )
        assert decision.state.state_details == StateDetails(
            flow_run_id=FLOW_RUN, task_run_id=RUN, pause_timeout=NOW, pause_reschedule=True
        )


def test_a_refused_restart_keeps_the_count_of_attempts():
    paused = EnclosingFlowRun(id=FLOW_RUN, state_type="PAUSED")
    decision = decide(task_run(state("FAILED"), flow_run_id=FLOW_RUN, flow_run=paused, run_count=3), "RUNNING")
    assert (stored(decision), decision.run.run_count) == ("PAUSED NotReady", 3)


def test_a_start_notes_the_attempt_of_the_flow_run():
    facts = task_run(state("PENDING"), flow_run_id=FLOW_RUN, flow_run=RUNNING_FLOW)
    assert decide(facts, "RUNNING").flow_run_run_count == 1
    assert decide(facts, "COMPLETED").flow_run_run_count is None
    assert decide(facts, "RUNNING", policy=MINIMAL_TASK_POLICY).flow_run_run_count is None


# Limits on tags


def tag(id: UUID, name: str, **facts) -> TagLimit:
    return TagLimit(**{"id": id, "tag": name, "limit": 2, "active_slots": 0, **facts})


@pytest.mark.parametrize(
    ("_case", "limits", "status", "reason", "taken"),
    [
        ("no limit", (), "ACCEPT", None, None),
        ("room on both", (tag(A, "a"), tag(B, "b", active_slots=1)), "ACCEPT", None, (A, B)),
        ("full", (tag(A, "a"), tag(B, "b", active_slots=2)), "WAIT", "Concurrency limit reached for tags: a, b", None),
        ("held already", (tag(A, "a", active_slots=2, held=True),), "ACCEPT", None, None),
        ("one held", (tag(A, "a", active_slots=2, held=True), tag(B, "b")), "ACCEPT", None, (B,)),
        (
            "nought",
            (tag(A, "a"), tag(B, "db", limit=0)),
            "ABORT",
            'The concurrency limit on tag "db" is 0 and will deadlock if the task tries to run again.',
            None,
        ),
    ],
)
def test_a_start_takes_a_slot_of_every_tag(_case, limits, status, reason, taken):
    decision = decide(task_run(state("PENDING"), tags=("a", "b"), limits=limits), "RUNNING")
    assert (decision.status, decision.reason) == (status, reason)
    assert decision.takes == (taken and Take(taken, "task_run", RUN))


@pytest.mark.parametrize(
    ("_case", "busiest", "chance", "delay"),
    [
        ("the middle", tag(B, "b", active_slots=2, avg_slot_occupancy_seconds=6.0), 0.5, 6),
        ("the shortest", tag(B, "b", active_slots=2, avg_slot_occupancy_seconds=6.0), 0.0, 5),
        ("the longest", tag(B, "b", active_slots=2, avg_slot_occupancy_seconds=6.0), 0.999999, 8),
        ("never more than ten on average", tag(B, "b", active_slots=2, avg_slot_occupancy_seconds=900.0), 0.999999, 13),
    ],
)
def test_a_wait_follows_the_busiest_tag(_case, busiest, chance, delay):
    limits = (tag(A, "a", active_slots=1, avg_slot_occupancy_seconds=100.0), busiest)
    decision = decide(task_run(state("PENDING"), tags=("a", "b"), limits=limits), "RUNNING", chance=chance)
    assert (decision.status, decision.delay_seconds) == ("WAIT", delay)


@pytest.mark.parametrize(
    ("_case", "mean", "chance", "spread", "expected"),
    [
        ("none", 0.0, 0.5, 0.3, 0.0),
        ("negative", -1.0, 0.5, 0.3, 0.0),
        ("shortest", 10.0, 0.0, 0.3, 7.5177),
        ("middle", 10.0, 0.5, 0.3, 9.8878),
        ("longest", 10.0, 1.0, 0.3, 13.0),
        ("wide", 10.0, 1.0, 1.0, 20.0),
    ],
)
def test_intervals_stay_near_their_mean(_case, mean, chance, spread, expected):
    assert clamped_poisson(mean, chance, spread) == pytest.approx(expected, abs=0.0001)


@pytest.mark.parametrize("policy", [CORE_TASK_POLICY, MINIMAL_TASK_POLICY], ids=["core", "minimal"])
@pytest.mark.parametrize(
    ("_case", "entered", "tags", "expected"),
    [
        ("completed", "COMPLETED", ("a",), Release("task_run", RUN)),
        ("scheduled", "SCHEDULED", ("a",), Release("task_run", RUN)),
        ("running", "RUNNING", ("a",), None),
        ("cancelling", "CANCELLING", ("a",), None),
        ("without tags", "COMPLETED", (), None),
    ],
)
def test_slots_are_given_back_unless_the_task_goes_on(_case, entered, tags, expected, policy):
    assert decide(task_run(state("RUNNING"), tags=tags), entered, policy=policy).releases == expected


# Scheduled times, retries and reruns


def test_a_task_waits_for_its_time_and_still_knows_it_when_pending():
    due = NOW + timedelta(seconds=30)
    facts = task_run(state("SCHEDULED", scheduled_time=due))
    waiting = decide(facts, "RUNNING")
    assert (waiting.status, waiting.delay_seconds, waiting.reason) == ("WAIT", 30, "Scheduled time is in the future")
    assert decide(facts, "PENDING").state.state_details.scheduled_time == due


@pytest.mark.parametrize(
    ("_case", "policy", "run_count", "retriable", "delay"),
    [
        ("no retries asked for", {}, 1, None, None),
        ("retries left", {"retries": 1, "retry_delay": 2.5}, 1, None, 2.5),
        ("retries used up", {"retries": 1}, 2, None, None),
        ("the client says no", {"retries": 1}, 1, False, None),
        ("the client says yes", {"retries": 1}, 1, True, 0),
        ("first delay", {"retries": 5, "retry_delay": [1, 7]}, 1, None, 1),
        ("second delay", {"retries": 5, "retry_delay": [1, 7]}, 2, None, 7),
        ("the last delay serves all", {"retries": 5, "retry_delay": [1, 7]}, 5, None, 7),
        ("never started", {"retries": 5, "retry_delay": [1, 7]}, 0, None, 1),
        ("no delays listed", {"retries": 5, "retry_delay": []}, 1, None, 0),
        ("jitter", {"retries": 1, "retry_delay": 10, "retry_jitter_factor": 1}, 1, None, 20),
        ("no jitter", {"retries": 1, "retry_delay": 10, "retry_jitter_factor": 0}, 1, None, 10),
    ],
)
def test_a_failed_task_is_retried(_case, policy, run_count, retriable, delay):
    facts = task_run(state("RUNNING"), policy=TaskRunPolicy(**policy), run_count=run_count)
    decision = decide(facts, "FAILED", message="boom", data=RESULT, details={"retriable": retriable}, chance=1.0)
    assert (decision.state.message, decision.state.data) == ("boom", RESULT)
    if delay is None:
        assert (decision.status, stored(decision)) == ("ACCEPT", "FAILED Failed")
    else:
        assert (decision.status, decision.reason, stored(decision)) == ("REJECT", "Retrying", "SCHEDULED AwaitingRetry")
        due = (decision.state.state_details.scheduled_time - NOW).total_seconds()
        assert due == pytest.approx(delay, abs=1e-5)


@pytest.mark.parametrize(
    ("_case", "current", "run_count", "expected"),
    [
        ("the first time", state("PENDING"), 0, "RUNNING Mine"),
        ("after a failure", state("SCHEDULED", "AwaitingRetry"), 1, "RUNNING Retrying"),
        ("for another reason", state("PENDING"), 1, "RUNNING Rerunning"),
    ],
)
def test_a_task_that_runs_again_says_so(_case, current, run_count, expected):
    assert stored(decide(task_run(current, run_count=run_count), "RUNNING", name="Mine")) == expected


# Background tasks


def test_only_one_worker_gets_a_background_task():
    first = decide(task_run(state("SCHEDULED", deferred=True)), "PENDING", policy=BACKGROUND_TASK_POLICY)
    assert first.status == "ACCEPT"
    second = decide(task_run(state("PENDING", deferred=True)), "PENDING", policy=BACKGROUND_TASK_POLICY)
    assert (second.status, second.reason) == (
        "ABORT",
        "This run is in a PENDING state and cannot transition to a PENDING state.",
    )


@pytest.mark.parametrize(
    ("left", "entered"), [("SCHEDULED", "PENDING"), ("SCHEDULED", "RUNNING"), ("PENDING", "RUNNING")]
)
def test_the_parameters_of_a_background_task_are_carried_on(left, entered):
    facts = task_run(state(left, task_parameters_id=PARENT))
    decision = decide(facts, entered, details={"deferred": True}, policy=BACKGROUND_TASK_POLICY)
    assert decision.state.state_details.task_parameters_id == PARENT


@pytest.mark.parametrize(
    ("_case", "entered", "name", "deferred", "expected"),
    [
        ("scheduled", "SCHEDULED", None, True, "scheduled"),
        ("awaiting a retry", "SCHEDULED", "AwaitingRetry", True, "retry"),
        ("not deferred", "SCHEDULED", None, False, None),
        ("pending", "PENDING", None, True, None),
    ],
)
def test_a_scheduled_background_task_is_offered_to_workers(_case, entered, name, deferred, expected):
    decision = decide(task_run(None), entered, name=name, details={"deferred": deferred}, policy=BACKGROUND_TASK_POLICY)
    assert decision.enqueue == expected


@pytest.mark.parametrize(
    ("_case", "deferred", "force", "expected"),
    [
        ("deferred", True, False, BACKGROUND_TASK_POLICY),
        ("deferred and forced", True, True, BACKGROUND_TASK_POLICY),
        ("forced", False, True, MINIMAL_TASK_POLICY),
        ("neither", None, False, CORE_TASK_POLICY),
    ],
)
def test_a_task_run_is_judged_by(_case, deferred, force, expected):
    asked = propose(StateCreate(type="PENDING", state_details=StateDetails(deferred=deferred)), NOW)
    assert task_policy(asked, force=force) is expected
