"""Events counted by day, by time, by name or by resource."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from controlplane.errors import Invalid
from events import queries
from events.rules.buckets import MOST_BUCKETS, PIVOT, bucket_of, count_buckets, seconds_of
from events.services.reading import compile_ends, ends_of, fix_ends
from events.wire.events import EventCount
from events.wire.filters import Countable, EventFilter, TimeUnit


def count_by(
    workspace: UUID, countable: Countable, filter: EventFilter, unit: TimeUnit, interval: float, *, now: datetime
) -> list[EventCount]:
    """How often each value occurs. Raises Invalid when the time would be cut into too many pieces."""
    filter = fix_ends(filter, now)
    where = compile_ends(filter)
    if countable is Countable.EVENT:
        return queries.count_events_by_name(extra={"where": where.text}, workspace=workspace, **where.params)
    if countable is Countable.RESOURCE:
        return queries.count_events_by_resource(extra={"where": where.text}, workspace=workspace, **where.params)
    seconds = seconds_of(TimeUnit.DAY if countable is Countable.DAY else unit, interval)
    since, until = ends_of(filter)
    wanted = count_buckets(since, until, seconds)
    if wanted > MOST_BUCKETS:
        raise Invalid(
            f"The given interval would create {wanted} buckets, which is too many. Please increase the interval or "
            f"reduce the time range to produce {MOST_BUCKETS} buckets or fewer."
        )
    rows = queries.count_events_by_time(
        extra={"where": where.text}, workspace=workspace, pivot=PIVOT, seconds=seconds, **where.params
    )
    counts = {row.bucket: row.count for row in rows}
    return list(fill(counts, since, until, seconds))


def fill(counts: dict[int, int], since: datetime, until: datetime, seconds: float) -> Iterator[EventCount]:
    """Every bucket from the first to the last, the empty ones too; `value` counts them from 0."""
    first = bucket_of(since, seconds)
    for bucket in range(first, bucket_of(until, seconds) + 1):
        start = PIVOT + timedelta(seconds=bucket * seconds)
        yield EventCount(
            value=str(bucket - first),
            label=start.astimezone(UTC).isoformat(),
            count=counts.get(bucket, 0),
            start_time=start,
            end_time=start + timedelta(seconds=seconds),
        )
