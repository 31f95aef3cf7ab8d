"""The filter of the run list, as it stands in the address."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.utils import timezone
from msgspec import Struct

from controlplane.ui.moments import date
from controlplane.ui.states import TYPES
from runs.services.page_filter import LOOKS, Edge, RunFilter

KEYS = ("state", "flow", "deployment", "pool", "tag", "q", "since", "from", "to")
PERIODS = {"1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days"}
LENGTHS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
LONGEST = 200
FIRST_YEAR, LAST_YEAR = 1970, 2200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Asked(Struct, frozen=True):
    """What the address asks for: words that mean nothing are left out of it."""

    words: dict[str, str]
    filter: RunFilter

    def query(self, **changes: str | None) -> str:
        """The address's query with some words changed; None takes a word out."""
        words = {**self.words, **changes}
        return "?" + urlencode({key: value for key, value in words.items() if value})


def read_query(query: dict[str, str], now: datetime) -> Asked:
    words = {key: query.get(key, "").replace("\0", "").strip()[:LONGEST] for key in KEYS}
    looks = tuple(look for look in LOOKS if look in words["state"].lower().split(","))
    words["state"] = ",".join(looks)
    flow, deployment = as_id(words["flow"]), as_id(words["deployment"])
    since = now - LENGTHS[words["since"]] if words["since"] in LENGTHS else None
    start, end = as_moment(words["from"]), as_moment(words["to"])
    kept = {"flow": flow, "deployment": deployment, "since": since, "from": start, "to": end}
    words = {key: word for key, word in words.items() if word and kept.get(key, True) is not None}
    filter = RunFilter(
        looks=looks, flow=flow, deployment=deployment, pool=words.get("pool"), tag=words.get("tag"),
        text=words.get("q"), since=start or since, until=end,
    )  # fmt: skip
    return Asked(words, filter)


def as_id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None


def as_moment(word: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(word.replace(" ", "+"))
    except ValueError:
        return None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def chips(asked: Asked, flow_name: str | None, deployment_name: str | None) -> list[tuple[str, str]]:
    """Each thing that narrows the list in words, with the address without it."""
    words, found = asked.words, []
    if "state" in words:
        names = ", ".join(word_of(look) for look in asked.filter.looks)
        found.append((f"State: {names}", asked.query(state=None)))
    for key, name in (("flow", flow_name), ("deployment", deployment_name)):
        if key in words:
            found.append((f"{key.capitalize()}: {name or 'deleted'}", asked.query(**{key: None})))
    for key, title in (("pool", "Pool"), ("tag", "Tag"), ("q", "Name")):
        if key in words:
            found.append((f"{title}: {words[key]}", asked.query(**{key: None})))
    if "since" in words:
        found.append((PERIODS[words["since"]], asked.query(since=None)))
    if "from" in words or "to" in words:
        found.append((span(asked.filter.since, asked.filter.until), asked.query(**{"from": None, "to": None})))
    return found


def word_of(look: str) -> str:
    return "Late" if look == "late" else TYPES[look.upper()].word


def span(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return f"From {moment_words(start)}" if start else f"Until {moment_words(end)}"
    return f"{moment_words(start)} – {moment_words(end)}"


def moment_words(moment: datetime | None) -> str:
    return f"{date(moment)}, {timezone.localtime(moment):%H:%M}" if moment else ""


def write_edge(moment: datetime, id: UUID) -> str:
    return f"{(moment - EPOCH) // timedelta(microseconds=1)}-{id.hex}"


def read_edge(word: str, side: str) -> Edge | None:
    micros, _, id = word.partition("-")
    try:
        return Edge(EPOCH + timedelta(microseconds=int(micros)), UUID(id), side)  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None
