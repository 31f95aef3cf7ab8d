"""How long a process goes by what it knows of a workspace's secrets.

What it seals itself it knows of at once; what other processes seal, after `FRESH_SECONDS`.
"""

import time
from uuid import UUID

FRESH_SECONDS = 5.0
REMEMBERED = 10_000

last_sealed: dict[UUID, float] = {}


def note_sealed(workspace: UUID) -> None:
    if len(last_sealed) >= REMEMBERED:
        last_sealed.clear()
    last_sealed[workspace] = time.monotonic()


def is_fresh(workspace: UUID, looked: float) -> bool:
    """Whether what was read at `looked` (on the monotonic clock) still counts."""
    return time.monotonic() - looked < FRESH_SECONDS and last_sealed.get(workspace, 0.0) < looked
