"""What the address of the feed asks for, as words and as a filter."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from events.wire.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventTextFilter,
)

LONGEST = 200
DEFAULT = "1d"
NAMES = ("event", "resource", "text", "from", "to")
SPANS = {"1h": ("hour", timedelta(hours=1)), "1d": ("day", timedelta(days=1)), "7d": ("7 days", timedelta(days=7)),
         "30d": ("30 days", timedelta(days=30)), "180d": ("180 days", timedelta(days=180))}  # fmt: skip


class Asked(NamedTuple):
    """`words` are what the address says; only sound ones."""

    words: dict[str, str]
    since: datetime
    until: datetime

    @property
    def is_part(self) -> bool:
        """A stretch of time that was chosen, not the last hour or day."""
        return "from" in self.words

    def address(self, **changed: str) -> str:
        """The query of this page with some words changed; an empty word takes it away."""
        return "?" + urlencode({key: word for key, word in {**self.words, **changed}.items() if word})

    def filter(self) -> EventFilter:
        words, filter = self.words, EventFilter(occurred=EventOccurredFilter(since=self.since, until=self.until))
        if event := words.get("event"):
            filter.event = EventNameFilter(prefix=[event.removesuffix("*")])
        if resource := words.get("resource"):
            filter.any_resource = EventAnyResourceFilter(id_prefix=[resource.removesuffix("*")])
        if text := words.get("text"):
            filter.text = EventTextFilter(query=text)
        return filter


def read_query(given: "dict[str, str]", now: datetime) -> Asked:
    words = {name: given.get(name, "").replace("\0", "").strip()[:LONGEST] for name in NAMES}
    since, until = moment(words["from"]), moment(words["to"])
    span = given.get("span", DEFAULT)
    span = span if span in SPANS else DEFAULT
    if since is None or until is None or not since < until:
        words["from"] = words["to"] = ""
        since, until = now - SPANS[span][1], now
    kept = {key: word for key, word in words.items() if word}
    return Asked(kept if span == DEFAULT else {**kept, "span": span}, since, until)


def moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
