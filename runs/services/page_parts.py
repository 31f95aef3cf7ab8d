"""What the rooms above have to say on the page of a run. They register it; the page includes their template."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class About(Struct, frozen=True):
    """The run whose page it is. `place` is the caller's, with what they may do there."""

    place: Any
    flow_run_id: UUID
    state_type: str | None
    state_timestamp: datetime | None


class Part(Struct, frozen=True):
    """One section: its template, and what that reads as `part`."""

    template: str
    part: dict[str, Any]


Say = Callable[[About, datetime], Part | None]
REGISTRY: list[Say] = []


def register(say: Say) -> Say:
    REGISTRY.append(say)
    return say


def parts_of(about: About, *, now: datetime) -> list[Part]:
    return [part for say in REGISTRY if (part := say(about, now)) is not None]
