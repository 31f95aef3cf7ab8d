"""Pauses and retries of flow runs."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.rules import (
    Release,
)
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import StateDetails
from tests.unit.transitions import (
    DEPLOYMENT,
    LEASE,
    NOW,
    PARENT,
    RESULT,
    RUN,
    decide,
    flow_run,
    state,
    stored,
)


@pytest.mark.parametrize(("name", "verb"), [(None, "pause"), ("Suspended", "suspend")])
@pytest.mark.parametrize(
    ("_case", "facts", "details", "status", "reason"),
    [
        ("no state", {"current": None}, {}, "ABORT", "Cannot {} flows with no state."),
        ("not running", {"current": state("PENDING")}, {}, "REJECT", "Cannot {} flows that are not currently running."),
        (
            "fired",
            {"policy": FlowRunPolicy(pause_keys=("k",))},
            {"pause_key": "k"},
            "REJECT",
            "This {} has already fired.",
        ),
        ("subflow", {"parent_task_run_id": PARENT}, {"pause_reschedule": True}, "ABORT", "Cannot {} subflows."),
        ("no deployment", {}, {"pause_reschedule": True}, "ABORT", "Cannot {} flows without a deployment."),
        ("fine", {"deployment_id": DEPLOYMENT}, {"pause_reschedule": True, "pause_key": "k"}, "ACCEPT", None),
    ],
)
def test_only_a_running_flow_pauses(_case, facts, details, status, reason, name, verb):
    decision = decide(flow_run(**{"current": state("RUNNING")} | facts), "PAUSED", name=name, details=details)
    assert (decision.status, decision.reason) == (status, reason and reason.format(verb))
    assert (decision.state is None) == (status != "ACCEPT")


def test_a_pause_key_is_remembered():
    facts = flow_run(state("RUNNING"), policy=FlowRunPolicy(pause_keys=("a",)))
    assert decide(facts, "PAUSED", details={"pause_key": "b"}).policy == FlowRunPolicy(pause_keys=("a", "b"))
    assert decide(facts, "PAUSED").policy is None


LAPSED = NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("_case", "current", "entered", "name", "status", "reason", "expected"),
    [
        (
            "to pending",
            state("PAUSED"),
            "PENDING",
            None,
            "REJECT",
            "This run cannot transition to the StateType.PENDING state from the StateType.PAUSED state.",
            None,
        ),
        (
            "suspended, nothing to start it",
            state("PAUSED", pause_reschedule=True),
            "SCHEDULED",
            "Resuming",
            "REJECT",
            "Cannot reschedule a resuming flow run without a deployment.",
            None,
        ),
        (
            "cancelling after the deadline",
            state("PAUSED", pause_timeout=LAPSED),
            "CANCELLING",
            None,
            "ACCEPT",
            None,
            "CANCELLING Cancelling",
        ),
        (
            "too late",
            state("PAUSED", pause_timeout=LAPSED),
            "RUNNING",
            None,
            "REJECT",
            "The flow run pause has timed out and can no longer resume.",
            "FAILED Failed",
        ),
        (
            "in time",
            state("PAUSED", pause_timeout=NOW + timedelta(seconds=1)),
            "RUNNING",
            None,
            "ACCEPT",
            None,
            "RUNNING Running",
        ),
    ],
)
def test_a_pause_is_left_in_time(_case, current, entered, name, status, reason, expected):
    decision = decide(flow_run(current), entered, name=name)
    assert (decision.status, decision.reason, stored(decision)) == (status, reason, expected)
    if expected == "FAILED Failed":
        assert decision.state.message == "The flow was running and never resumed."


def test_a_resumed_pause_is_one_more_run_and_the_next_running_is_not():
    paused = flow_run(state("PAUSED"), run_count=1)
    resumed = decide(paused, "RUNNING")
    assert (resumed.run.run_count, resumed.policy) == (2, FlowRunPolicy(resuming=True))
    running = flow_run(state("RUNNING"), run_count=2, policy=FlowRunPolicy(resuming=True))
    again = decide(running, "RUNNING")
    assert (again.run.run_count, again.policy) == (2, FlowRunPolicy(resuming=False))


def test_a_suspended_run_resumes_in_the_attempt_it_left():
    suspended = flow_run(state("PAUSED", pause_reschedule=True), deployment_id=DEPLOYMENT, run_count=1)
    resuming = decide(suspended, "SCHEDULED", name="Resuming").policy
    assert resuming == FlowRunPolicy(resuming=True)
    claimed = decide(flow_run(state("SCHEDULED", "Resuming"), run_count=1, policy=resuming), "PENDING")
    assert claimed.policy is None
    started = decide(flow_run(state("PENDING"), run_count=1, policy=resuming), "RUNNING")
    assert (started.run.run_count, started.policy) == (1, FlowRunPolicy(resuming=False))


@pytest.mark.parametrize(
    ("_case", "retries", "run_count", "expected"),
    [
        ("no retries asked for", None, 1, "FAILED Failed"),
        ("none left", 0, 1, "FAILED Failed"),
        ("the last one", 2, 2, "SCHEDULED AwaitingRetry"),
        ("used up", 2, 3, "FAILED Failed"),
    ],
)
def test_a_failure_becomes_a_retry(_case, retries, run_count, expected):
    policy = FlowRunPolicy(retries=retries, retry_delay=30, resuming=True, pause_keys=("a",), retry_type="reschedule")
    facts = flow_run(state("RUNNING", deployment_concurrency_lease_id=LEASE), run_count=run_count, policy=policy)
    decision = decide(facts, "FAILED", message="boom", data=RESULT)
    assert (stored(decision), decision.state.message, decision.state.data) == (expected, "boom", RESULT)
    details = {"flow_run_id": RUN, "deployment_concurrency_lease_id": LEASE}
    if expected == "FAILED Failed":
        assert (decision.status, decision.policy.retry_type, decision.policy.resuming) == ("ACCEPT", None, False)
        assert decision.releases == Release("flow_run", RUN, None, LEASE)
    else:
        assert (decision.status, decision.reason, decision.releases) == ("REJECT", "Retrying", None)
        assert decision.policy == FlowRunPolicy(retries=2, retry_delay=30, retry_type="in_process")
        details["scheduled_time"] = NOW + timedelta(seconds=30)
    assert decision.state.state_details == StateDetails(**details)


def test_a_retry_delay_beyond_the_calendar_waits_for_its_end():
    policy = FlowRunPolicy(retries=1, retry_delay=10**15)
    decision = decide(flow_run(state("RUNNING"), policy=policy), "FAILED")
    assert decision.state.state_details.scheduled_time == datetime.max.replace(tzinfo=UTC)
