"""A subflow's states, shown on the task run that stands for it in the parent."""

from uuid import UUID

from msgspec.structs import replace

from runs.rules.facts import Entered, Proposed


def mirrored(state: Entered, flow_run_id: UUID) -> Proposed:
    """The state to force onto the parent task run after a subflow has entered `state`."""
    details = replace(state.state_details, child_flow_run_id=flow_run_id)
    return Proposed(state.type, state.name, state.message, state.data, details)
