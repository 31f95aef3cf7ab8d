"""How much of which class of data was stored: counted once when it came, by a sweep, from what is in the tables.

Exact for everything that was committed before the position, which is `BEHIND` the clock, longer than a transaction
lives. What was deleted between its commit and the sweep is not in it; what is deleted later still is.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from controlplane.sql.transactions import system_transaction
from workspaces import queries
from workspaces.models import MeterPosition
from workspaces.wire import StoredReport

BEHIND = timedelta(seconds=60)
# So that a sweep that was away for a day comes back in steps that end in time.
LONGEST_STRETCH = timedelta(minutes=30)
NAME = "stored"


def count_stored(now: datetime | None = None) -> bool:
    """Count one more stretch of time; whether there is more to count at once."""
    edge = (now or datetime.now(UTC)) - BEHIND
    with system_transaction():
        if not queries.lock_meter():
            return False
        position = MeterPosition.objects.filter(name=NAME).first()
        if position is None:
            month = edge.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            position = MeterPosition(name=NAME, until=max(month, edge - timedelta(days=1)))
        if position.until >= edge:
            return False
        until = min(edge, position.until + LONGEST_STRETCH)
        queries.count_stored(since=position.until, until=until)
        MeterPosition.objects.update_or_create(name=NAME, defaults={"until": until})
    return until < edge


def read_stored(workspace: UUID, *, now: datetime) -> StoredReport:
    """This month's report, in the workspace's transaction."""
    since = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    position = MeterPosition.objects.filter(name=NAME).values_list("until", flat=True).first()
    return StoredReport(
        since=since, counted_until=position, stored=queries.read_stored(workspace=workspace, since=since)
    )
