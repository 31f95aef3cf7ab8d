"""Time cut into equal pieces, aligned to one Monday for everybody."""

import math
from datetime import UTC, datetime

from events.wire.filters import TimeUnit

PIVOT = datetime(2024, 4, 1, tzinfo=UTC)
MOST_BUCKETS = 1000
UNIT_SECONDS: dict[TimeUnit, float] = {
    TimeUnit.WEEK: 604_800,
    TimeUnit.DAY: 86_400,
    TimeUnit.HOUR: 3_600,
    TimeUnit.MINUTE: 60,
    TimeUnit.SECOND: 1,
}


def seconds_of(unit: TimeUnit, interval: float) -> float:
    return UNIT_SECONDS[unit] * interval


def bucket_of(moment: datetime, seconds: float) -> int:
    """The number of the bucket that holds a moment; the pivot begins number 0."""
    return math.floor((moment - PIVOT).total_seconds() / seconds)


def count_buckets(since: datetime, until: datetime, seconds: float) -> int:
    return max(bucket_of(until, seconds) - bucket_of(since, seconds) + 1, 0)
