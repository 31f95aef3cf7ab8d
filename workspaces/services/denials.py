"""Who was refused what, in the audit trail. Bounded, so that a noisy client cannot fill it.

Of one caller in one workspace each permission is noted once in `EVERY_SECONDS`, and `MOST_AN_HOUR` refusals in all:
more say nothing new. Each process counts for itself.
"""

import time
from typing import Any
from uuid import UUID

from controlplane.acting import Acting, acting
from controlplane.sql.transactions import workspace_transaction
from workspaces.services import audit
from workspaces.services.callers import Caller, Place

EVERY_SECONDS = 60.0
HOUR_SECONDS = 3600.0
MOST_AN_HOUR = 30
MOST_REMEMBERED = 10_000

noted: dict[Any, float] = {}
"""Until when it is not said again. A memory, never the record."""
counted: dict[tuple[UUID, UUID], tuple[float, int]] = {}
"""How many of a caller's refusals in a workspace were noted in the hour that ends then."""


def note_denied(caller: Caller, place: Place, needs: str, *, door: str, who: Acting) -> None:
    """A member without the permission was turned away at a door. Not inside a transaction."""
    whom = (caller.key_id or caller.actor_id, place.workspace_id)
    if not is_news(whom, needs):
        return
    with acting(who), workspace_transaction(place.workspace_id):
        audit.record(
            place.workspace_id, action="permission.refused", target_kind="permission", target_id=needs,
            target_name=door, changes={"role": [None, place.role]},
        )  # fmt: skip


def is_news(whom: tuple[UUID, UUID], needs: str) -> bool:
    now = time.monotonic()
    if noted.get((whom, needs), 0.0) > now:
        return False
    ends, count = counted.get(whom, (0.0, 0))
    if ends <= now:
        ends, count = now + HOUR_SECONDS, 0
    if count >= MOST_AN_HOUR:
        return False
    if len(noted) >= MOST_REMEMBERED:
        noted.clear()
    if len(counted) >= MOST_REMEMBERED:
        counted.clear()
    noted[(whom, needs)] = now + EVERY_SECONDS
    counted[whom] = (ends, count + 1)
    return True
