"""Fold a policy over a proposed transition."""

from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace

from runs.rules.bookkeeping import bookkeeping
from runs.rules.facts import Entered, FlowRunFacts, Proposed, RunFacts, TaskRunFacts
from runs.rules.policies import CORE_FLOW_POLICY, CORE_TASK_POLICY
from runs.rules.policy import Policy, Transition
from runs.rules.verdicts import Abort, Amend, Decision, Wait
from runs.wire.states import TERMINAL, Status

R = TypeVar("R", bound=RunFacts)

NOTHING: Amend[Any] = Amend()


def decide_flow_run(
    run: FlowRunFacts, proposed: Proposed, now: datetime, policy: Policy = CORE_FLOW_POLICY
) -> Decision:
    """What becomes of a flow run's transition."""
    return _decide(policy, Transition(run, proposed, now))


def decide_task_run(
    run: TaskRunFacts, proposed: Proposed, now: datetime, policy: Policy = CORE_TASK_POLICY, *, chance: float = 0.5
) -> Decision:
    """What becomes of a task run's transition; `chance` is a random number in [0, 1), for waits and jitter."""
    return _decide(policy, Transition(run, proposed, now, chance))


def _decide(policy: Policy, asked: Transition[R]) -> Decision:
    """Let the rules judge in order.

    What a rule does counts only while the types of the transition stay as it saw them. So a rejection that changes the
    type, or stores nothing, undoes the rules before it and silences those after it, and the fold ends there.
    """
    initial = asked.run.state
    transition, besides = asked, NOTHING
    status: Status = "ACCEPT"
    reason: str | None = None
    for judge in policy.judges[None if initial is None else initial.type, asked.proposed.type]:
        verdict = judge(transition)
        if verdict is None:
            continue
        if isinstance(verdict, Wait):
            return Decision(status="WAIT", reason=verdict.reason, delay_seconds=verdict.delay_seconds)
        if isinstance(verdict, Abort):
            return Decision(status="ABORT", reason=verdict.reason)
        if isinstance(verdict, Amend):
            transition, besides = _amended(transition, verdict), _both(besides, verdict)
            continue
        if status == "ACCEPT":
            status, reason = "REJECT", verdict.reason
        if verdict.state is None:
            # A rejection answers with the current state; a run that has none can only be told to stop.
            return Decision(status="ABORT" if initial is None else "REJECT", reason=reason)
        if verdict.state.type != asked.proposed.type:
            transition, besides = replace(asked, proposed=verdict.state, run=verdict.run or asked.run), NOTHING
            break
        transition = replace(transition, proposed=verdict.state, run=verdict.run or transition.run)
    return _commit(policy, asked.run, transition, status, reason, besides)


def _amended(transition: Transition[R], amend: Amend[R]) -> Transition[R]:
    if amend.state is None and amend.run is None:
        return transition
    return replace(transition, proposed=amend.state or transition.proposed, run=amend.run or transition.run)


def _both(one: Amend[R], other: Amend[R]) -> Amend[R]:
    """What two rules want done besides storing the state."""
    if one is NOTHING:
        return other
    return Amend(
        resumes=one.resumes or other.resumes,
        takes=one.takes or other.takes,
        renews=one.renews or other.renews,
        cache_insert=one.cache_insert or other.cache_insert,
        enqueue=one.enqueue or other.enqueue,
    )


def _commit(
    policy: Policy, before: R, final: Transition[R], status: Status, reason: str | None, besides: Amend[R]
) -> Decision:
    """The decision to store the final proposal, with all that goes with it."""
    run, state = final.run, final.proposed
    changes = bookkeeping(run, run.state, state, final.now)
    if besides.resumes:
        run = run.marked(resuming=True)
    elif run.resuming and (state.type == "RUNNING" or state.type in TERMINAL):
        run = run.marked(resuming=False)
    stamp, details = changes.state_timestamp, run.located(state.state_details)
    return Decision(
        status=status,
        reason=reason,
        state=Entered(state.type, state.name, stamp, state.message, state.data, details),
        run=changes,
        policy=run.policy if isinstance(run, FlowRunFacts) and run is not before else None,
        flow_run_run_count=run.flow_run_run_count if isinstance(run, TaskRunFacts) and run is not before else None,
        takes=besides.takes,
        renews=besides.renews,
        releases=None if policy.frees is None else policy.frees(before, status, state),
        cache_insert=besides.cache_insert,
        enqueue=besides.enqueue,
    )
