"""Lost answers: the same proposal, made again by the same client, gets the answer that it got."""

from datetime import datetime

from controlplane.wire.doors import Reply
from controlplane.wire.replays import WINDOW
from runs import queries
from runs.rules.facts import Proposed
from runs.rules.verdicts import Decision
from runs.services import states
from runs.wire.states import AcceptDetails, OrchestrationResult, RejectDetails, StateCreate


def answer_again(
    row: queries.LockedFlowRun | queries.LockedTaskRun, asked: bytes | None, state: StateCreate, now: datetime
) -> Reply[OrchestrationResult] | None:
    """The answer that was given already; None if this is asked for the first time.

    Only what the current state was stored for can be asked again: when another state came between, or nothing was
    stored, the proposal is judged anew, and so it is when no client can still be trying.
    """
    if asked is None or row.state_asked != asked:
        return None
    assert row.state_timestamp is not None
    if now - row.state_timestamp > WINDOW:
        return None
    current = states.current_state(row)
    assert current is not None
    if row.state_refusal is not None:
        return Reply(
            OrchestrationResult(state=current, status="REJECT", details=RejectDetails(reason=row.state_refusal)), 201
        )
    if current.data is None:
        # What calls itself unpersisted is told, though it is not kept.
        current.data = state.data
    return Reply(OrchestrationResult(state=current, status="ACCEPT", details=AcceptDetails()), 201)


def remembered(asked: bytes | None, proposed: Proposed, decision: Decision) -> bytes | None:
    """What the new state keeps of who asked for it.

    A claim that was put off is not kept unless it names itself: the same worker asks for the run again when it is due.
    """
    assert decision.state is not None
    put_off = proposed.type == "PENDING" and decision.state.type == "SCHEDULED"
    if put_off and proposed.state_details.transition_id is None:
        return None
    return asked
