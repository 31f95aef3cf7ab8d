"""Between the rows of runs and the states that rules and the wire know; the same for flow runs and task runs."""

from typing import Any
from uuid import UUID

from msgspec import Raw, json

from controlplane.wire.doors import Reply
from runs import queries
from runs.rules.facts import CurrentState, Entered
from runs.rules.verdicts import Decision
from runs.wire.states import NO_DETAILS, OrchestrationResult, State, StateDetails

decode_details = json.Decoder(StateDetails).decode
RESULT_KEYS = ("artifact_key", "artifact_type", "artifact_description")


def answered(decision: Decision, state: State | None, status: int) -> Reply[OrchestrationResult]:
    return Reply(OrchestrationResult(state=state, status=decision.status, details=decision.details), status)


def stored_state(state_id: UUID, entered: Entered, data: Any) -> State:
    """The state as the answer has it: a result that calls itself unpersisted is still told, only not kept."""
    if data is None:
        data = entered.data
    return State(
        id=state_id, type=entered.type, name=entered.name, timestamp=entered.timestamp, message=entered.message,
        data=data, state_details=entered.state_details,
    )  # fmt: skip


def storable(data: Any) -> Any:
    """State data as it is kept: what calls itself unpersisted is not, and the words for its artifact are taken out."""
    if not isinstance(data, dict):
        return data
    if data == {"type": "unpersisted"}:
        return None
    return {key: value for key, value in data.items() if key not in RESULT_KEYS}


def current_facts(row: queries.LockedFlowRun | queries.LockedTaskRun) -> CurrentState | None:
    if row.state_id is None:
        return None
    assert row.state_name is not None
    assert row.state_timestamp is not None
    return CurrentState(
        id=row.state_id, type=row.state_type, name=row.state_name, timestamp=row.state_timestamp,
        message=row.state_message, persisted=is_persisted(row.state_data),
        state_details=NO_DETAILS if row.state_details is None else decode_details(row.state_details),
    )  # fmt: skip


def is_persisted(data: Raw | None) -> bool:
    """Whether stored state data refers to a persisted result: an object that does not call itself unpersisted."""
    if data is None or not bytes(data).lstrip().startswith(b"{"):
        return False
    value: dict[str, Any] = json.decode(data)
    return value.get("type") != "unpersisted"


def current_state(row: queries.LockedFlowRun | queries.LockedTaskRun) -> State | None:
    """The unchanged state, for an answer that stored nothing."""
    if row.state_id is None:
        return None
    assert row.state_name is not None
    assert row.state_timestamp is not None
    return State(
        id=row.state_id, type=row.state_type, name=row.state_name, timestamp=row.state_timestamp,
        message=row.state_message, data=row.state_data, state_details=row.state_details,
    )  # fmt: skip
