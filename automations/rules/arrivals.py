"""In which order events are taken, and which of them wait for another."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

AHEAD = timedelta(seconds=60)
"""A sender's clock may be ahead by this much; what it dates later is taken as if it were this late."""
LONG_AGO = timedelta(days=3660)
PATIENCE = timedelta(minutes=15)
"""An event waits this long for the one that it follows."""
STEP = timedelta(microseconds=1)
DEEPEST = 20

# Events of the server itself: the one before is there already, or was never told.
OUR_OWN = (
    "prefect.flow-run.", "prefect.deployment.", "prefect.work-pool.", "prefect.work-queue.", "prefect.automation.",
    "prefect.flow.", "prefect.variable.", "prefect.concurrency-limit.", "prefect.block-",
)  # fmt: skip


def may_wait(event: str, received: datetime, *, now: datetime) -> bool:
    return now - received < PATIENCE and not event.startswith(OUR_OWN)


def moment_of(occurred: datetime, received: datetime) -> datetime:
    """Where an event stands in the order of things: when it occurred, within reason."""
    return max(min(occurred, received + AHEAD), received - LONG_AGO)


def order(moments: Mapping[UUID, datetime], leaders: Mapping[UUID, UUID]) -> dict[UUID, datetime]:
    """Moments with every follower after its leader, whatever its sender's clock says."""
    ordered: dict[UUID, datetime] = {}

    def place(id: UUID, seen: tuple[UUID, ...]) -> datetime:
        if id not in ordered:
            moment, leader = moments[id], leaders.get(id)
            if leader is not None and leader in moments and leader not in seen and len(seen) < DEEPEST:
                moment = max(moment, place(leader, (*seen, id)) + STEP)
            ordered[id] = moment
        return ordered[id]

    for id in moments:
        place(id, (id,))
    return ordered
