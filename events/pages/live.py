"""What keeps the feed live: how many events came in above its first one, and the bars."""

from datetime import datetime, timedelta

from django.template.loader import render_to_string

from controlplane.live.doors import Visit, live_door
from controlplane.live.frames import Look
from events.pages.feed_filter import moment, read_query
from events.pages.history import draw_history
from events.services import reading
from events.services.storage import EVENT
from workspaces.permissions import Permission

REDRAW = timedelta(seconds=10)
NEXT = timedelta(microseconds=1)


@live_door("w/<account>/<workspace>/events/live", needs=Permission.SEE_EVENTS)
def watch_feed(visit: Visit) -> "Feed":
    return Feed(visit)


class Feed:
    """Rows do not jump: new ones are counted, and shown by a press. Counting long times is for visits alone."""

    kinds = frozenset({EVENT})

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.top = moment(visit.query.get("top", ""))
        self.drawn: datetime | None = None

    def look(self, now: datetime) -> Look:
        asked = read_query(self.visit.query, now)
        regions: dict[str, str] = {}
        count = 0
        if not asked.is_part:
            # Events may occur a little later than now by their senders' clocks.
            newer = asked._replace(since=max(asked.since, self.top + NEXT) if self.top else asked.since)
            count = reading.count_matching(self.visit.workspace, newer.filter())
        regions["feed-newer"] = render_to_string("events/_newer.html", {"count": count})
        if asked.until - asked.since <= timedelta(days=1) and (self.drawn is None or now - self.drawn > REDRAW):
            self.drawn = now
            regions["feed-history"] = render_to_string(
                "events/_history.html", draw_history(self.visit.workspace, asked, now=now)
            )
        return Look(regions)
