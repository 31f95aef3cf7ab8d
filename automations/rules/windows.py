"""The window of an event trigger: what it counts, when it fires, what comes after.

A window belongs to one trigger and one value of its `for_each` labels. It is stepped by notes (events that concern the
trigger) in the order in which they occurred, and closed by the clock. The bounds and their odd corners are those of
Prefect's own server.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from automations.wire.triggers import EventTrigger

LOOKBACK = timedelta(minutes=15)
"""A first window begins this long before its first event, for those that come out of order."""
LINGER = timedelta(seconds=60)
"""A window that counts is forgotten this long after its end."""
LATE = timedelta(seconds=10)
"""A clock that is further behind a window's end has been standing still: windows are not made up for."""


class Ref(Struct, array_like=True, frozen=True):
    """Which event, without its content."""

    id: UUID
    occurred: datetime


class Note(Struct, array_like=True, frozen=True):
    """What a trigger is told: an event that starts a window or is expected, or the firing of a trigger inside it."""

    at: datetime
    id: UUID
    starts: bool
    expected: bool
    event: Ref | None
    child: UUID | None = None

    @property
    def key(self) -> tuple[datetime, UUID]:
        return self.at, self.id


class Window(Struct, tag="window", frozen=True):
    start: datetime
    end: datetime
    count: int = 0
    last: Ref | None = None


class Shot(NamedTuple):
    """A trigger fired. `cause` is unique for the trigger and stays the same however often it is worked out."""

    cause: str
    at: datetime
    event: Ref | None


class Stepped(NamedTuple):
    window: Window | None
    shots: tuple[Shot, ...] = ()


def advance(trigger: EventTrigger, window: Window | None, note: Note) -> Stepped:
    """After an event."""
    within = timedelta(seconds=trigger.within or 0)
    if window is not None and trigger.posture == "Reactive" and note.at > window.end + LINGER:
        window = None
    if trigger.after and note.starts:
        # The event that opens the window does not count itself.
        fresh = Window(note.at, note.at + within, -1 if note.expected else 0, note.event)
        window = touched(window, note) or fresh
    elif not trigger.after and note.expected:
        window = touched(window, note) or Window(note.at - LOOKBACK, note.at + within, 0, note.event)
    if not note.expected or window is None:
        return Stepped(window)
    return count(trigger, window, note)


def touched(window: Window | None, note: Note) -> Window | None:
    return None if window is None else replace(window, last=note.event)


def count(trigger: EventTrigger, window: Window, note: Note) -> Stepped:
    """An expected event, in this window or past its end."""
    now, within = note.at, timedelta(seconds=trigger.within or 0)
    if now < window.start:
        return Stepped(window)  # late, or while a fired trigger cools down
    reactive = trigger.posture == "Reactive"
    spent = (reactive and not within) or now < window.end
    if spent:
        window = replace(window, count=window.count + 1, last=note.event)
    met = is_met(trigger, window.count)
    if met and (reactive or window.end <= now):
        shots: tuple[Shot, ...] = (Shot(str(note.id), now, note.event),)
    elif now < window.end:
        if not reactive and not met and note.starts:
            # It is both the end of one wait and the beginning of the next: a heartbeat.
            return Stepped(Window(now, now + within, 0, note.event))
        return Stepped(window)
    else:
        shots = ()
    if trigger.after:
        return Stepped(None, shots)
    if not within:
        return Stepped(None if shots else window, shots)
    start = max(window.end, now)
    fresh = Window(start, start + within, 0 if spent or reactive else 1)
    if spent or not reactive:
        return Stepped(fresh, shots)
    again = count(trigger, fresh, note)
    return Stepped(again.window, shots + again.shots)


def close(trigger: EventTrigger, window: Window, *, as_of: datetime) -> Stepped:
    """A Proactive window whose end is past. It fires if too little came; without `after` the next one begins."""
    within = timedelta(seconds=trigger.within or 0)
    shots: tuple[Shot, ...] = ()
    fired = is_met(trigger, window.count)
    if fired:
        shots = (Shot(window.end.isoformat(), window.end, window.last),)
    if trigger.after or (trigger.for_each and not fired):
        return Stepped(None, shots)
    start = as_of if as_of - window.end > LATE else window.end
    return Stepped(Window(start, start + within), shots)


def is_met(trigger: EventTrigger, count: int) -> bool:
    return count >= trigger.threshold if trigger.posture == "Reactive" else count < trigger.threshold


def is_plain(trigger: EventTrigger) -> bool:
    """Fires with each expected event: nothing has to be remembered."""
    return trigger.posture == "Reactive" and not trigger.within and not trigger.after and trigger.threshold <= 1


def replace(window: Window, *, last: Ref | None, count: int | None = None) -> Window:
    return Window(window.start, window.end, window.count if count is None else count, last)
