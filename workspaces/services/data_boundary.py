"""The data boundary: what of a workspace's data may be stored here. Asked before every write of such data.

A workspace's boundary is remembered for `FRESH_SECONDS`, so asking costs no statement but one in that time: a change
holds everywhere after as long.
"""

import time
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from controlplane.errors import Refused
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from workspaces import queries
from workspaces.services import audit
from workspaces.wire import Boundary, BoundaryUpdate

FRESH_SECONDS = 5.0
MASK = "********"
EVERYTHING = Boundary()

remembered: dict[UUID, tuple[Boundary, float]] = {}


def boundary_of(workspace: UUID) -> Boundary:
    """The boundary, in the workspace's transaction."""
    found, until = remembered.get(workspace, (EVERYTHING, 0.0))
    now = time.monotonic()
    if until > now:
        return found
    if len(remembered) > 10_000:
        remembered.clear()
    found = queries.read_boundary(workspace=workspace) or EVERYTHING
    remembered[workspace] = (found, now + FRESH_SECONDS)
    return found


def set_boundary(workspace: UUID, body: BoundaryUpdate, *, now: datetime) -> Boundary:
    """Change what was sent. What is stored already stays: a boundary is for what comes."""
    before = queries.read_boundary(workspace=workspace) or EVERYTHING
    after = structs.replace(before, **present(body))
    if after == before:
        return after
    queries.set_boundary(workspace=workspace, id=uuid7(), now=now, **structs.asdict(after))
    remembered.pop(workspace, None)
    audit.record(
        workspace, action="data-boundary.updated", target_kind="data-boundary", target_id=workspace,
        changes=audit.differences(structs.asdict(before), structs.asdict(after)),
    )  # fmt: skip
    return after


def parameters_to_store(workspace: UUID, parameters: dict[str, Any], *, runs_elsewhere: bool) -> dict[str, Any]:
    """The parameters of a run as they may be stored. Refused if they may not.

    Where only masks may be stored, what a worker will run (`runs_elsewhere`) is refused: it would run with the masks.
    """
    if not parameters:
        return parameters
    rule = boundary_of(workspace).parameters
    if rule == "store":
        return parameters
    if rule == "refuse":
        raise Refused("The data boundary of this workspace stores no parameters: call the flow without any.")
    if runs_elsewhere:
        raise Refused(
            "The data boundary of this workspace stores only masks of parameters, so a worker would run with masks: "
            "leave the parameters out, or start the flow where they are known."
        )
    return {name: masked(value) for name, value in parameters.items()}


def check_parameters_kept(workspace: UUID, parameters: dict[str, Any] | None) -> None:
    """Of what will start runs elsewhere later: a deployment, its schedules, an automation. Refused if it may not."""
    parameters_to_store(workspace, parameters or {}, runs_elsewhere=True)


def may_run_with(workspace: UUID, parameters: dict[str, Any]) -> bool:
    """Whether a schedule may make runs with these: a deployment may be older than the boundary."""
    return not parameters or boundary_of(workspace).parameters == "store"


def masked(value: Any) -> Any:
    """The shape of a value without what is in it."""
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return None if value is None else MASK


def stores_artifacts(workspace: UUID) -> bool:
    return boundary_of(workspace).artifacts == "store"


def check_artifacts(workspace: UUID) -> None:
    if not stores_artifacts(workspace):
        raise Refused("The data boundary of this workspace stores no artifacts.")


def result_fits(workspace: UUID, data: Any) -> bool:
    """Whether a state's data may be stored: a reference is small, a result that came with the state may not be."""
    if data is None:
        return True
    limit = boundary_of(workspace).largest_inline_result
    return limit is None or len(msgspec.json.encode(data)) <= limit


def check_result(workspace: UUID, data: Any) -> None:
    if not result_fits(workspace, data):
        limit = boundary_of(workspace).largest_inline_result
        raise Refused(
            f"The data boundary of this workspace stores results of at most {limit} bytes with a state: "
            "persist the result, so that only its reference comes here."
        )
