"""Flow run transitions, one case for each row of the rules."""

from datetime import timedelta

import pytest

from runs.rules import CORE_FLOW_POLICY, MARK_LATE_POLICY, MINIMAL_FLOW_POLICY
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import STATE_TYPES, StateDetails
from tests.unit.transitions import DEPLOYMENT, LEASE, NOW, RESULT, RUN, SPARE, decide, flow_run, limit, state, stored

# Leaving a terminal state


@pytest.mark.parametrize(
    ("_case", "current", "entered", "asked", "expected"),
    [
        ("cancelling", state("COMPLETED"), "CANCELLING", {}, ("ABORT", "Run is already in terminal state COMPLETED.")),
        ("pausing", state("CANCELLED"), "PAUSED", {}, ("ABORT", "Run is already in terminal state CANCELLED.")),
        ("crashing", state("CRASHED"), "CRASHED", {}, ("ABORT", "Run is already in terminal state CRASHED.")),
        ("result", state("COMPLETED", persisted=True), "RUNNING", {}, ("REJECT", "Run is already COMPLETED.")),
        (
            "losing a result",
            state("COMPLETED", persisted=True),
            "COMPLETED",
            {"data": {"type": "unpersisted"}},
            (
                "REJECT",
                "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.",
            ),
        ),
        ("another result", state("COMPLETED", persisted=True), "COMPLETED", {"data": RESULT}, ("ACCEPT", None)),
        ("failing a result", state("COMPLETED", persisted=True), "FAILED", {}, ("ACCEPT", None)),
        (
            "rescheduling nothing",
            state("FAILED"),
            "SCHEDULED",
            {},
            ("ABORT", "Cannot reschedule a run without an associated deployment."),
        ),
    ],
)
def test_a_finished_run_stays_finished_unless(_case, current, entered, asked, expected):
    decision = decide(flow_run(current), entered, **asked)
    assert (decision.status, decision.reason) == expected


@pytest.mark.parametrize(
    ("_case", "entered", "retry_type"),
    [
        ("a retry from the page", "SCHEDULED", "reschedule"),
        ("a run again", "RUNNING", None),
        ("a claim", "PENDING", None),
    ],
)
def test_a_finished_run_begins_a_new_attempt(_case, entered, retry_type):
    policy = FlowRunPolicy(retries=2, resuming=True, pause_keys=("a",), retry_type="in_process")
    decision = decide(flow_run(state("FAILED"), deployment_id=DEPLOYMENT, policy=policy, run_count=3), entered)
    assert decision.policy == FlowRunPolicy(retries=2, resuming=False, pause_keys=(), retry_type=retry_type)
    assert decision.run.run_count == 3 + (entered == "RUNNING")


def test_a_refused_restart_leaves_the_policy_alone():
    full = limit(active_slots=1, collision_strategy="CANCEL_NEW")
    policy = FlowRunPolicy(pause_keys=("a",), retry_type="reschedule")
    decision = decide(flow_run(state("FAILED"), deployment_id=DEPLOYMENT, limit=full, policy=policy), "PENDING")
    assert (decision.status, stored(decision), decision.policy) == ("REJECT", "CANCELLED Cancelled", None)


# Repeats and claims


def test_the_same_transition_is_made_once():
    decision = decide(flow_run(state("RUNNING", transition_id=LEASE)), "RUNNING", details={"transition_id": LEASE})
    assert (decision.status, decision.state) == ("REJECT", None)
    assert decision.reason == "This run has already made this state transition."
    other = decide(flow_run(state("RUNNING", transition_id=LEASE)), "RUNNING", details={"transition_id": SPARE})
    assert other.status == "ACCEPT"


@pytest.mark.parametrize(
    ("_case", "current", "name", "expected"),
    [
        ("a second claim", state("PENDING"), None, "ABORT"),
        ("progress", state("PENDING"), "Submitting", "ACCEPT"),
        ("back from progress", state("PENDING", "Submitting"), "Pending", "ABORT"),
        ("the same progress", state("PENDING", "Submitting"), "Submitting", "ABORT"),
        ("further progress", state("PENDING", "Submitting"), "InfrastructurePending", "ACCEPT"),
    ],
)
def test_a_second_worker_may_not_claim_a_flow_run(_case, current, name, expected):
    decision = decide(flow_run(current), "PENDING", name=name)
    assert decision.status == expected
    if expected == "ABORT":
        assert decision.reason == "This run is in a PENDING state and cannot transition to a PENDING state."


@pytest.mark.parametrize("left", ["RUNNING", "CANCELLED"])
def test_a_run_that_is_not_waiting_cannot_be_claimed(left):
    decision = decide(flow_run(state(left)), "PENDING")
    assert decision.reason == f"This run is in a {left} state and cannot transition to a PENDING state."


def test_progress_carries_time_and_lease():
    current = state("PENDING", scheduled_time=NOW, deployment_concurrency_lease_id=LEASE)
    decision = decide(flow_run(current), "PENDING", name="Submitting")
    assert decision.state.state_details == StateDetails(
        flow_run_id=RUN, scheduled_time=NOW, deployment_concurrency_lease_id=LEASE
    )


def test_the_lease_id_survives_every_later_state():
    decision = decide(flow_run(state("RUNNING", deployment_concurrency_lease_id=LEASE)), "COMPLETED")
    assert decision.state.state_details.deployment_concurrency_lease_id == LEASE


# Cancelling


@pytest.mark.parametrize("entered", [type for type in STATE_TYPES if type != "CANCELLED"])
def test_a_cancelling_run_can_only_be_cancelled(entered):
    decision = decide(flow_run(state("CANCELLING"), deployment_id=DEPLOYMENT), entered)
    assert (decision.status, decision.state) == ("REJECT", None)
    assert decision.reason == "Cannot transition flows that are cancelling to a state other than Cancelled."


@pytest.mark.parametrize("policy", [CORE_FLOW_POLICY, MINIMAL_FLOW_POLICY], ids=["core", "minimal"])
@pytest.mark.parametrize(
    ("_case", "current", "pid", "reason"),
    [
        ("no process", state("SCHEDULED"), None, "Scheduled flow run has no infrastructure to terminate."),
        ("empty process id", state("SCHEDULED"), "", "Scheduled flow run has no infrastructure to terminate."),
        ("a process", state("SCHEDULED", "AwaitingRetry"), "77", None),
        ("resuming", state("SCHEDULED", "Resuming"), "77", "Scheduled flow run has no infrastructure to terminate."),
        (
            "suspended",
            state("PAUSED", "Suspended", pause_reschedule=True),
            "77",
            "Suspended flow run has no infrastructure to terminate.",
        ),
        ("paused", state("PAUSED"), None, None),
    ],
)
def test_cancelling_ends_at_once_where_nothing_runs(_case, current, pid, reason, policy):
    facts = flow_run(current, infrastructure_pid=pid, deployment_id=DEPLOYMENT)
    decision = decide(facts, "CANCELLING", policy=policy)
    if reason is None:
        assert (decision.status, stored(decision)) == ("ACCEPT", "CANCELLING Cancelling")
    else:
        assert (decision.status, decision.reason) == ("REJECT", reason)
        assert (stored(decision), decision.state.message) == ("CANCELLED Cancelled", None)


# Lateness and scheduled times


@pytest.mark.parametrize("policy", [CORE_FLOW_POLICY, MARK_LATE_POLICY], ids=["core", "mark late"])
@pytest.mark.parametrize(
    ("_case", "current", "status", "reason"),
    [
        ("due", state("SCHEDULED"), "ACCEPT", None),
        ("running", state("RUNNING"), "REJECT", "Only scheduled flows can be marked late."),
        ("no state", None, "ABORT", "Only scheduled flows can be marked late."),
        ("late already", state("SCHEDULED", "Late"), "REJECT", "This flow run is already marked late."),
    ],
)
def test_only_a_scheduled_run_is_marked_late_and_once(_case, current, status, reason, policy):
    decision = decide(flow_run(current), "SCHEDULED", name="Late", policy=policy)
    assert (decision.status, decision.reason) == (status, reason)
    assert stored(decision) == ("SCHEDULED Late" if status == "ACCEPT" else None)


@pytest.mark.parametrize(
    ("_case", "strategy", "active", "expected"),
    [
        ("full, cancels", "CANCEL_NEW", 1, "CANCELLED Cancelled"),
        ("full, queues", "ENQUEUE", 1, "SCHEDULED Late"),
        ("room, cancels", "CANCEL_NEW", 0, "SCHEDULED Late"),
    ],
)
def test_a_late_run_that_collides_is_cancelled(_case, strategy, active, expected):
    facts = flow_run(state("SCHEDULED"), limit=limit(active_slots=active, collision_strategy=strategy))
    decision = decide(facts, "SCHEDULED", name="Late", policy=MARK_LATE_POLICY)
    assert stored(decision) == expected
    if expected == "CANCELLED Cancelled":
        assert decision.state.message == "Deployment concurrency limit reached."
        assert decision.reason == "Deployment concurrency limit is full and uses the CANCEL_NEW strategy."


@pytest.mark.parametrize(
    ("_case", "left", "seconds", "status", "delay"),
    [
        ("an hour early", "SCHEDULED", 3600.0, "WAIT", 3600),
        ("rounded up", "PENDING", 1.6, "WAIT", 2),
        ("rounded to nothing", "SCHEDULED", 0.4, "ACCEPT", 0),
        ("overdue", "SCHEDULED", -5.0, "ACCEPT", 0),
    ],
)
def test_a_run_waits_for_its_time(_case, left, seconds, status, delay):
    decision = decide(flow_run(state(left, scheduled_time=NOW + timedelta(seconds=seconds))), "RUNNING")
    assert (decision.status, decision.delay_seconds) == (status, delay)


def test_a_claimed_run_still_knows_when_it_is_due():
    due, asked = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    facts = flow_run(state("SCHEDULED", scheduled_time=due))
    assert decide(facts, "PENDING").state.state_details.scheduled_time == due
    asked_for = decide(facts, "PENDING", details={"scheduled_time": asked})
    assert asked_for.state.state_details.scheduled_time == asked
