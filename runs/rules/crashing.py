"""When a flow run that has fallen silent is taken for crashed: two signals, and never at the first look."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

MISSED = 3
"""Heartbeats in a row that are missing."""
LOOKED_LATELY = timedelta(seconds=60)
"""A suspicion counts only while we were there to hear the run: after an outage of ours it begins anew."""


class Signs(Struct, frozen=True, kw_only=True):
    """What was last heard of a running flow run. `seen`: its heartbeat, which comes each `interval_seconds`."""

    seen: datetime
    interval_seconds: int
    state_timestamp: datetime | None = None
    last_log: datetime | None = None
    last_task: datetime | None = None
    worker: str | None = None
    worker_online: bool | None = None
    suspected: datetime | None = None
    checked: datetime | None = None


Verdict = Literal["alive", "doubted", "suspect", "crashed"]


def judge(signs: Signs, now: datetime) -> Verdict:
    """`suspect` begins a suspicion and `doubted` keeps it.

    A run whose worker is online gets twice the time: the worker sees the process end, and says so itself.
    """
    silence = timedelta(seconds=MISSED * signs.interval_seconds * (2 if signs.worker_online else 1))
    others = (moment for moment in (signs.state_timestamp, signs.last_log, signs.last_task) if moment is not None)
    if now - max([signs.seen, *others]) <= silence:
        return "alive"
    if signs.suspected is None or signs.checked is None or now - signs.checked > LOOKED_LATELY:
        return "suspect"
    return "crashed" if now - signs.suspected >= timedelta(seconds=signs.interval_seconds) else "doubted"


class Silence(Struct, frozen=True):
    """A running run of which less is heard than is due: what its page says before anything is decided."""

    seen: datetime
    words: str


def silence(signs: Signs, now: datetime) -> Silence | None:
    """None while heartbeats come. One that is late by less than half its interval is not worth a word."""
    if (now - signs.seen).total_seconds() <= 1.5 * signs.interval_seconds:
        return None
    words = [f"The run's process sends one every {signs.interval_seconds} seconds."]
    if signs.worker is not None and signs.worker_online is not None:
        words.append(f"Its worker {signs.worker!r} is {'online' if signs.worker_online else 'offline'}.")
    others = [moment for moment in (signs.last_log, signs.last_task) if moment is not None and moment > signs.seen]
    if judge(signs, now) != "alive":
        words.append("There is no other sign of life: if none comes soon, the run is marked as crashed.")
    elif others:
        ago = int((now - max(others)).total_seconds())
        words.append(f"Its log or a task of it was heard {ago} seconds ago, so it is at work.")
    else:
        words.append("Nothing else was heard of it since. If that goes on, the run is marked as crashed.")
    return Silence(signs.seen, " ".join(words))


def describe(signs: Signs, now: datetime) -> str:
    """Why, for the state's message."""
    silent = int((now - signs.seen).total_seconds())
    worker = ""
    if signs.worker is not None and signs.worker_online is not None:
        worker = f" Its worker {signs.worker!r} is {'online' if signs.worker_online else 'offline'}."
    return f"No heartbeat for {silent} seconds, and no other sign of life: the flow run's process is gone.{worker}"
