"""What became of actions: listed, tried again, or thrown away."""

from datetime import datetime
from uuid import UUID

from automations import queries_actions as queries
from automations.services.actions import ACTION
from automations.wire.firings import ActionsFilter, TriggeredAction
from controlplane.errors import Conflict, NotFound
from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring

NOT_FOUND = "There is no such action in this workspace."
NOT_DEAD = "Only an action that was given up can be tried again or thrown away."


def list_actions(workspace: UUID, body: ActionsFilter) -> list[TriggeredAction]:
    """Newest first: an automation's history, or all dead letters."""
    return queries.list_actions(
        workspace=workspace, automation=body.automation_id, status=body.status, limit=body.limit, offset=body.offset
    )


def retry_action(workspace: UUID, action_id: UUID, *, now: datetime) -> None:
    """Try a dead action again, with the key it has: a run that it made already is not made twice."""
    change(workspace, action_id, queries.revive_action(workspace=workspace, id=action_id, now=now))
    after_commit(lambda: ring(workspace, ACTION))


def discard_action(workspace: UUID, action_id: UUID) -> None:
    change(workspace, action_id, queries.discard_action(workspace=workspace, id=action_id))


def change(workspace: UUID, action_id: UUID, changed: int) -> None:
    if changed:
        return
    if queries.find_action(workspace=workspace, id=action_id) is None:
        raise NotFound(NOT_FOUND)
    raise Conflict(NOT_DEAD)
