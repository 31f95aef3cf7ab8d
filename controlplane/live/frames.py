"""The text of server-sent events, and what a look at a page brings."""

import re

from msgspec import Struct, field

RETRY = b"retry: 3000\n\n"
PING = b": still here\n\n"
END = b"event: end\ndata:\n\n"
BREAKS = re.compile(r"\r\n|\r|\n")
# Words that the browser itself keeps up to date ("5 min ago") are no change.
TICKING = re.compile(r"(<time\b[^>]*>)[^<]*")


class Addition(Struct, frozen=True):
    """HTML for the end of a region, and the id that a browser coming back shows as the last it has."""

    region: str
    html: str
    id: str


class Look(Struct):
    """What a page shows now: whole regions (sent only if they changed), then additions. `again` is in seconds."""

    regions: dict[str, str] = field(default_factory=dict)
    additions: list[Addition] = field(default_factory=list)
    ended: bool = False
    again: float | None = None


def frame(event: str, html: str, id: str | None = None) -> bytes:
    lines = [] if id is None else [f"id: {id}"]
    lines.append(f"event: {event}")
    lines += [f"data: {line}" for line in BREAKS.split(html)]
    return ("\n".join(lines) + "\n\n").encode()


def gist(html: str) -> int:
    """Equal for HTML that looks the same, apart from the words that tick."""
    return hash(TICKING.sub(r"\1", html))
