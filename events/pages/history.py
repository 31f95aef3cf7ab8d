"""How many events there were when: the bars above the feed, each leading to its stretch of time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from controlplane.ui import charts
from events.pages.feed_filter import Asked
from events.services import counting
from events.wire.events import EventCount
from events.wire.filters import Countable, TimeUnit

BARS = 48
SHORTEST = 1.0


def draw_history(workspace: UUID, asked: Asked, *, now: Any) -> dict[str, Any]:
    seconds = max((asked.until - asked.since).total_seconds() / BARS, SHORTEST)
    counted = counting.count_by(workspace, Countable.TIME, asked.filter(), TimeUnit.SECOND, seconds, now=now)
    total = sum(one.count for one in counted)
    return {
        "history": charts.histogram([bar(asked, one, seconds, place) for place, one in enumerate(counted)],
                                    noun="events", id="events-history"),
        "total": f"{total} event{'' if total == 1 else 's'}",
    }  # fmt: skip


def bar(asked: Asked, counted: EventCount, seconds: float, place: int) -> charts.Bucket:
    start, end = counted.start_time, counted.end_time
    form = "%H:%M" if seconds < timedelta(hours=2).total_seconds() else "%b %-d"
    url = asked.address(**{"from": start.isoformat(), "to": end.isoformat(), "span": ""}) if counted.count else ""
    start, end = timezone.localtime(start), timezone.localtime(end)
    title = f"{start:%b %-d %H:%M:%S} to {end:%H:%M:%S %Z}"
    return charts.Bucket(
        title, {charts.ALL: counted.count}, url, f"{start:{form}}" if place % 12 == 0 and place < BARS else ""
    )
