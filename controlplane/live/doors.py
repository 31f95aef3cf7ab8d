"""Doors of live pages: a route, the permission it needs, and a function that begins a feed.

    @live_door("w/<account>/<workspace>/runs/<id>/live", needs=Permission.SEE_FLOWS)
    def watch_run(visit: Visit, id: str) -> Feed: ...

A feed is looked at again and again, in a thread and inside the workspace's transaction, and says what the page shows.
"""

import re
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from msgspec import Struct

from controlplane.live.frames import Look

PARAMETER = re.compile(r"<(\w+)>")


class Visit(Struct, frozen=True):
    """Who looks, where, and with what query; `last` is the id of the last addition that the browser has.

    `zone` is that of the browser's clock, in which the feed is drawn.
    """

    place: Any
    workspace: UUID
    query: dict[str, str]
    last: str
    zone: tzinfo | None = None


class Feed(Protocol):
    kinds: frozenset[str]
    """What rings for it; an empty set: everything."""

    def look(self, now: datetime) -> Look | None:
        """What the page shows, or None if nothing can have changed. Raises a Problem if there is nothing to show."""


Opener = Callable[..., Feed]


class LiveDoor(Struct, frozen=True):
    route: str
    pattern: re.Pattern[str]
    open: Opener
    needs: str


class Found(NamedTuple):
    door: LiveDoor
    arguments: dict[str, str]


REGISTRY: list[LiveDoor] = []


def live_door(route: str, *, needs: str) -> Callable[[Opener], Opener]:
    pieces = enumerate(PARAMETER.split(route))
    pattern = re.compile(
        "/" + "".join(rf"(?P<{piece}>[^/]+)" if place % 2 else re.escape(piece) for place, piece in pieces)
    )

    def register(open: Opener) -> Opener:
        if any(door.route == route for door in REGISTRY):
            raise RuntimeError(f"the live route {route} has two doors")
        REGISTRY.append(LiveDoor(route, pattern, open, needs))
        return open

    return register


def find_door(path: str) -> Found | None:
    for door in REGISTRY:
        if match := door.pattern.fullmatch(path):
            return Found(door, match.groupdict())
    return None
