"""Who acts in this thread: set by the doors for the time of one request, read by what records it.

A service that is called by a sweep or a command finds nobody: then it is Signalbox itself that acts.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct


class Acting(Struct, frozen=True):
    """`caller` and `place` are what identification found; `via` is the kind of door."""

    caller: Any
    place: Any
    via: str
    address: str = ""
    client: str = ""


class Current(threading.local):
    acting: Acting | None = None


current = Current()


def who_acts() -> Acting | None:
    return current.acting


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    before, current.acting = current.acting, who
    try:
        yield
    finally:
        current.acting = before


def of_request(request: Any, via: str) -> Acting:
    """From a request that was identified: its caller, its place, and where it came from."""
    meta = request.META
    return Acting(
        request.caller, request.place, via, meta.get("REMOTE_ADDR", ""), meta.get("HTTP_USER_AGENT", "")[:200]
    )
