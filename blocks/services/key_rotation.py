"""Changing keys while everything runs on: in batches, each committed with how far it came.

Readers never wait and never fail: a retired key stays until every value is sealed with the next one, and then for
`KEY_GRACE_SECONDS` more, longer than a transaction that read an old value may live.
"""

import logging
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings

from blocks.models import DataKey, KeyRotation
from blocks.services import sealed_columns, sealing
from controlplane.errors import Conflict, NotFound, Problem
from controlplane.sql.transactions import system_transaction, workspace_transaction
from workspaces.services import audit

log = logging.getLogger(__name__)
BATCH = 200
FIRST = UUID(int=0)
RESEALED = "resealed"
"""In the position: when nothing was left to do but to wait for readers."""


def start_rotation(workspace: UUID, kind: str) -> KeyRotation:
    """Begin `reseal` (a new data key, every secret sealed anew) or `rewrap` (the data keys wrapped anew), in the
    workspace's transaction. Conflict while another change is under way.
    """
    # First the lock: of two that start at once, the second is told of the first.
    sealing.lock_keys(workspace)
    if under_way(workspace):
        raise Conflict("A change of keys is under way in this workspace: wait for its end.")
    rotation = KeyRotation(workspace_id=workspace, kind=kind)
    if kind == "rewrap":
        rotation.total = DataKey.objects.of(workspace).count()
    else:
        older = list(DataKey.objects.of(workspace).filter(retired__isnull=True).values_list("id", flat=True))
        key = sealing.make_key(workspace)
        # From the commit on everybody seals with the new key.
        DataKey.objects.of(workspace).filter(id__in=older).update(retired=datetime.now(UTC))
        rotation.key_id = key.id
        rotation.total = count_left(workspace, key.id)
    rotation.save(force_insert=True)
    audit.record(
        workspace, action=f"encryption.{kind}-started", target_kind="key-rotation", target_id=rotation.id,
        changes={"values": [None, rotation.total]},
    )  # fmt: skip
    return rotation


def under_way(workspace: UUID) -> bool:
    return bool(KeyRotation.objects.of(workspace).filter(finished__isnull=True).exists())


def find_rotation(workspace: UUID, rotation_id: UUID) -> KeyRotation:
    rotation: KeyRotation | None = KeyRotation.objects.of(workspace).filter(id=rotation_id).first()
    if rotation is None:
        raise NotFound("There is no such change of keys in this workspace.")
    return rotation


def list_rotations(workspace: UUID) -> list[KeyRotation]:
    """The last ten, newest first."""
    return list(KeyRotation.objects.of(workspace).order_by("-created", "-id")[:10])


def go_on(seconds: float = 20.0) -> int:
    """Take every unfinished change further, for so long at most; how many batches were done. Safe in many processes."""
    until = time.monotonic() + seconds
    with system_transaction():
        open_ones = list(
            KeyRotation.objects.using("system").filter(finished__isnull=True).values_list("workspace_id", "id")
        )
    batches = 0
    for workspace, rotation_id in open_ones:
        while time.monotonic() < until and advance(workspace, rotation_id):
            batches += 1
    return batches


def advance(workspace: UUID, rotation_id: UUID) -> bool:
    """One batch in one transaction; whether there is more to do at once. Another process's turn is left to it."""
    try:
        with workspace_transaction(workspace):
            turn = KeyRotation.objects.of(workspace).filter(id=rotation_id, finished__isnull=True)
            rotation = turn.select_for_update(skip_locked=True).first()
            if rotation is None:
                return False
            more = rewrap(rotation) if rotation.kind == "rewrap" else reseal(rotation)
            rotation.error, rotation.updated = "", datetime.now(UTC)
            rotation.save()
            return more
    except Problem as problem:
        # A key that is closed now may be open again at the next turn.
        log.warning("A change of keys cannot go on", extra={"workspace": str(workspace)})
        with workspace_transaction(workspace):
            KeyRotation.objects.of(workspace).filter(id=rotation_id).update(error=str(problem.detail)[:500])
        return False


def reseal(rotation: KeyRotation) -> bool:
    workspace = rotation.workspace_id
    key = sealing.find_key(workspace, new_key_of(rotation))
    for column in () if RESEALED in rotation.position else sealed_columns.sealed_columns():
        after = rotation.position.get(column.name)
        if after == "done":
            continue
        last, count = sealed_columns.reseal_batch(
            workspace, column, key, after=UUID(after) if after else FIRST, limit=BATCH
        )
        rotation.done += count
        rotation.position[column.name] = str(last) if last else "done"
        return True
    return wait_for_readers(rotation) if RESEALED in rotation.position else look_again(rotation)


def new_key_of(rotation: KeyRotation) -> UUID:
    assert rotation.key_id is not None
    return rotation.key_id


def count_left(workspace: UUID, key: UUID) -> int:
    counts = [sealed_columns.count_older(workspace, column, key) for column in sealed_columns.sealed_columns()]
    return sum(counts)


def look_again(rotation: KeyRotation) -> bool:
    """A transaction that began before the new key may have sealed with the old one meanwhile."""
    older = DataKey.objects.of(rotation.workspace_id).filter(retired__isnull=False)
    # Waits for those who seal with an old key now: each holds a share of its row.
    list(older.select_for_update(of=("self",)))
    left = count_left(rotation.workspace_id, new_key_of(rotation))
    rotation.position = {} if left else {RESEALED: datetime.now(UTC).isoformat()}
    rotation.total = rotation.done + left
    return True


def wait_for_readers(rotation: KeyRotation) -> bool:
    since = datetime.fromisoformat(rotation.position[RESEALED])
    if datetime.now(UTC) - since < timedelta(seconds=settings.KEY_GRACE_SECONDS):
        return False
    destroyed, _ = DataKey.objects.of(rotation.workspace_id).filter(retired__isnull=False).delete()
    finish(rotation, {"values": [None, rotation.done], "old versions destroyed": [None, destroyed]})
    return False


def rewrap(rotation: KeyRotation) -> bool:
    """All at once: a workspace has one data key, or two. Their ids stay, so nobody has to unwrap them again."""
    rows = DataKey.objects.of(rotation.workspace_id).select_for_update()
    for row in rows:
        plain = sealing.unwrap(rotation.workspace_id, row).key
        sealing.wrap_into(row, plain)
        row.save(update_fields=["account_id", "provider", "wrapped"])
        rotation.done += 1
    finish(rotation, {"keys": [None, rotation.done]})
    return False


def finish(rotation: KeyRotation, changes: dict[str, object]) -> None:
    rotation.finished = datetime.now(UTC)
    audit.record(
        rotation.workspace_id, action=f"encryption.{rotation.kind}-finished", target_kind="key-rotation",
        target_id=rotation.id, changes=changes,
    )  # fmt: skip
