"""Who was shown secrets of a deployment, a run or a work pool: people are told of, machines that run flows are not."""

import time
from uuid import UUID

from controlplane.acting import who_acts
from workspaces.services import audit

REPEATED_AFTER = 3600.0
"""Seconds: a person's client reads the same run every few seconds while it waits for its end."""
REMEMBERED = 10_000

remembered: dict[tuple[UUID, UUID | None, UUID], float] = {}


def note_disclosure(workspace: UUID, *, kind: str, id: UUID, name: str) -> None:
    """An entry in the trail, in the reading's transaction: at most one an hour for each person, row and process."""
    acting = who_acts()
    caller = acting.caller if acting else None
    if caller is None or caller.actor_type != "USER":
        return
    key, now = (workspace, caller.actor_id, id), time.monotonic()
    if remembered.get(key, 0.0) > now:
        return
    if len(remembered) >= REMEMBERED:
        remembered.clear()
    remembered[key] = now + REPEATED_AFTER
    audit.record(workspace, action="secret.read", target_kind=kind, target_id=id, target_name=name)
