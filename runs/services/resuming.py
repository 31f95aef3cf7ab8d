"""A paused run goes on, with the input that it waited for."""

from collections.abc import Callable
from datetime import datetime
from json import dumps
from typing import Any
from uuid import UUID

from msgspec import json

from controlplane.errors import NotFound
from controlplane.wire.doors import Reply
from runs.services import inputs, locking, states, transitions
from runs.wire.inputs import InputCreate
from runs.wire.states import AbortDetails, OrchestrationResult, State, StateCreate, StateDetails, Status

NOT_PAUSED = "Cannot resume a flow run that is not paused."
NO_SCHEMA = "Run input schema not found."
NOT_JSON = "Run input schema is not valid JSON."

Json = dict[str, Any]
Hydrate = Callable[[Json], Json]
Check = Callable[[Json, Any], None]


class UnfitInput(Exception):
    """The input cannot be used; the text is the wire's reason."""


def resume_flow_run(
    workspace: UUID,
    flow_run_id: UUID,
    run_input: Json | None,
    *,
    now: datetime,
    hydrate: Hydrate,
    check: Check,
    client_version: str | None = None,
) -> Reply[OrchestrationResult]:
    """Set a paused run RUNNING, or a suspended one to be scheduled at once. NotFound if there is no such run.

    `hydrate` replaces the templates of an input and `check` holds it against the schema; both raise UnfitInput.
    """
    row = locking.lock_flow_run(workspace, flow_run_id)
    if row is None:
        raise NotFound(f"Flow run with id {flow_run_id} not found", envelope="exception_message")
    if row.state_type != "PAUSED":
        return refused("ABORT", None, NOT_PAUSED)
    details = states.decode_details(row.state_details)
    keyset = details.run_input_keyset
    if keyset:
        try:
            run_input = fitting_input(workspace, flow_run_id, keyset, run_input, hydrate=hydrate, check=check)
        except UnfitInput as unfit:
            return refused("REJECT", states.current_state(row), str(unfit))
    reply = transitions.propose_state(
        workspace, flow_run_id, next_state(details, now), now=now, client_version=client_version
    )
    if keyset and run_input and reply.body.status == "ACCEPT":
        kept = InputCreate(key=keyset["response"], value=dumps(run_input))
        inputs.create_input(workspace, flow_run_id, kept)
    return reply


def refused(status: Status, state: State | None, reason: str) -> Reply[OrchestrationResult]:
    """Both kinds of refusal carry the details of an abort: so does the real server."""
    return Reply(OrchestrationResult(state=state, status=status, details=AbortDetails(reason=reason)), 200)


def fitting_input(
    workspace: UUID,
    flow_run_id: UUID,
    keyset: dict[str, str],
    run_input: Json | None,
    *,
    hydrate: Hydrate,
    check: Check,
) -> Json:
    """The input as it will be kept. UnfitInput if it is not what the run asked for."""
    made = hydrate(run_input or {})
    try:
        schema = inputs.read_input(workspace, flow_run_id, keyset.get("schema", ""))
    except NotFound as error:
        raise UnfitInput(NO_SCHEMA) from error
    try:
        parsed = json.decode(schema)
    except ValueError as error:
        raise UnfitInput(NOT_JSON) from error
    check(made, parsed)
    return made


def next_state(paused: StateDetails, now: datetime) -> StateCreate:
    """A suspended run has no process: it is scheduled, and a worker starts it anew."""
    if paused.pause_reschedule:
        return StateCreate(type="SCHEDULED", name="Resuming", state_details=StateDetails(scheduled_time=now))
    return StateCreate(type="RUNNING")
