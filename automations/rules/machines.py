"""The memory of one trigger, and how it comes to the same result whatever order its events arrive in.

A machine keeps the notes of about the last minute and the state before them. A note that arrives late is put in its
place and the rest is worked out again; a firing that was told already is not told again, nor taken back. Only a
trigger inside another one takes back what it told that one, which works it out again too. What is older than a minute
is counted as it comes. A Proactive window is closed by the clock alone, so events past its end wait.
"""

from bisect import insort
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, field

from automations.rules import windows
from automations.rules.gathering import Gathering, gather
from automations.rules.metrics import Breach
from automations.rules.windows import LATE, LINGER, Note, Shot, Window
from automations.wire.triggers import EventTrigger

DISORDER = timedelta(seconds=60)
MOST_NOTES = 256
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

State = Window | Gathering | Breach | None


class Mark(Struct, array_like=True, frozen=True):
    """The state after every note up to this one."""

    at: datetime
    id: UUID
    state: State

    @property
    def key(self) -> tuple[datetime, UUID]:
        return self.at, self.id


class Machine(Struct, kw_only=True):
    """`waiting` counts the notes at the end that are not in the state yet; `closed` is how far the clock came."""

    labels: dict[str, str] = {}
    state: State = None
    older: Mark | None = None
    newer: Mark | None = None
    notes: list[Note] = field(default_factory=list)
    waiting: int = 0
    told: list[tuple[datetime, str]] = field(default_factory=list)
    closed: datetime | None = None


class Folded(NamedTuple):
    state: State
    shots: list[Shot]
    waiting: int


class Told(NamedTuple):
    """Firings that are to be told, and the causes of those that an inner trigger takes back."""

    fresh: list[Shot]
    gone: frozenset[str] = frozenset()


NOTHING = Told([])


def begin_watch(trigger: EventTrigger, *, now: datetime) -> Machine:
    """A Proactive trigger without `for_each` watches from the moment it is made."""
    window = Window(now, now + timedelta(seconds=trigger.within or 0))
    mark = Mark(now, UUID(int=0), window)
    return Machine(state=window, older=mark, newer=mark, closed=now)


def hear(machine: Machine, trigger: Any, note: Note, *, is_inner: bool = False) -> Told:
    """Take a note in. An inner trigger is one whose firings are notes of another."""
    if any(one.id == note.id for one in machine.notes):
        return NOTHING
    if is_older(machine, note):
        # Too late to be put in its place: it counts now.
        folded = fold(trigger, machine.state, [note], machine.closed)
        if not machine.waiting and not folded.waiting:
            machine.state = folded.state
            return Told(folded.shots)
        return NOTHING
    if machine.waiting >= MOST_NOTES:
        return NOTHING
    is_newest = not machine.notes or note.key > machine.notes[-1].key
    insort(machine.notes, note, key=lambda one: one.key)
    if not is_newest:
        return replay(machine, trigger, is_inner=is_inner)
    if machine.waiting:
        machine.waiting += 1
        return NOTHING
    folded = fold(trigger, machine.state, [note], machine.closed)
    told = {cause for _, cause in machine.told}
    if any(shot.cause in told for shot in folded.shots):
        # It was told too early, in place of one that is still to be told.
        return replay(machine, trigger, is_inner=is_inner)
    machine.state, machine.waiting = folded.state, folded.waiting
    fresh = tell(machine, folded.shots)
    rotate(machine)
    return fresh


def revise(machine: Machine, trigger: Any, gone: set[UUID], notes: list[Note], *, is_inner: bool) -> Told:
    """Take in what an inner trigger told and took back at once, and work it out again."""
    known = {one.id for one in machine.notes}
    machine.notes = [one for one in machine.notes if one.id not in gone]
    for note in notes:
        if note.id not in known and not is_older(machine, note):
            insort(machine.notes, note, key=lambda one: one.key)
    return replay(machine, trigger, is_inner=is_inner)


def is_older(machine: Machine, note: Note) -> bool:
    """Than what the machine can still put in order."""
    return machine.older is not None and note.key <= machine.older.key


def run_clock(machine: Machine, trigger: EventTrigger, *, as_of: datetime) -> Told:
    """Close the windows that ended before `as_of`, and take in what waited for that."""
    stood = isinstance(machine.state, Window) and as_of - machine.state.end > LATE
    machine.closed = as_of if machine.closed is None else max(machine.closed, as_of)
    pending = machine.notes[len(machine.notes) - machine.waiting :]
    folded = fold(trigger, machine.state, pending, machine.closed)
    machine.state, machine.waiting = folded.state, folded.waiting
    told = tell(machine, folded.shots)
    if stood and not machine.waiting and (machine.notes or machine.older):
        # Where the next window begins was the clock's choice: it is not worked out again.
        last = machine.notes[-1].key if machine.notes else (machine.closed, UUID(int=0))
        machine.older = machine.newer = Mark(*max(last, (as_of, UUID(int=0))), machine.state)
        machine.notes = []
    rotate(machine)
    return told


def fold(trigger: Any, state: State, notes: Sequence[Note], closed: datetime | None) -> Folded:
    """The state after some notes in order, with the windows that the clock closed between them."""
    shots: list[Shot] = []
    proactive = isinstance(trigger, EventTrigger) and trigger.posture == "Proactive"
    for place, note in enumerate(notes):
        while proactive and isinstance(state, Window) and state.end <= note.at:
            if closed is None or state.end > closed:
                return Folded(state, shots, len(notes) - place)
            stepped = windows.close(trigger, state, as_of=min(closed, note.at))
            state = stepped.window
            shots += stepped.shots
        if isinstance(trigger, EventTrigger):
            assert state is None or isinstance(state, Window)
            stepped = windows.advance(trigger, state, note)
            state = stepped.window
            shots += stepped.shots
        else:
            assert state is None or isinstance(state, Gathering)
            gathered = gather(trigger, state, note)
            state = gathered.gathering
            shots += gathered.shots
    while proactive and isinstance(state, Window) and closed is not None and state.end <= closed:
        stepped = windows.close(trigger, state, as_of=closed)
        state = stepped.window
        shots += stepped.shots
    return Folded(state, shots, 0)


def replay(machine: Machine, trigger: Any, *, is_inner: bool) -> Told:
    """Work everything out again since the older mark."""
    before = None if machine.older is None else machine.older.state
    folded = fold(trigger, before, machine.notes, machine.closed)
    machine.state, machine.waiting = folded.state, folded.waiting
    if machine.newer is not machine.older:
        machine.newer = machine.older
    return correct(machine, folded.shots) if is_inner else complete(machine, folded.shots)


def tell(machine: Machine, shots: list[Shot]) -> Told:
    """The shots that were not told yet."""
    told = {cause for _, cause in machine.told}
    fresh = [shot for shot in shots if shot.cause not in told]
    machine.told += [(shot.at, shot.cause) for shot in fresh]
    return Told(fresh)


def complete(machine: Machine, shots: list[Shot]) -> Told:
    """These are all that there should be: no more of them are told than are missing."""
    missing = len(shots) - len(machine.told)
    if missing <= 0:
        return NOTHING
    told = {cause for _, cause in machine.told}
    return tell(machine, [shot for shot in shots if shot.cause not in told][-missing:])


def correct(machine: Machine, shots: list[Shot]) -> Told:
    """These are all that there should be: the others are taken back."""
    told, wanted = {cause for _, cause in machine.told}, {shot.cause for shot in shots}
    machine.told = [(shot.at, shot.cause) for shot in shots]
    return Told([shot for shot in shots if shot.cause not in told], frozenset(told - wanted))


def rotate(machine: Machine) -> None:
    """Forget the notes of more than a minute ago, once there is a mark to begin from."""
    if machine.waiting or not machine.notes:
        return
    last = machine.notes[-1]
    since = machine.newer.at if machine.newer is not None else machine.notes[0].at
    if last.at - since < DISORDER and len(machine.notes) <= MOST_NOTES:
        return
    machine.older = machine.newer
    machine.newer = Mark(last.at, last.id, machine.state)
    if machine.older is None:
        # Of the first minute nothing is forgotten yet, unless it is too much to keep.
        if len(machine.notes) > MOST_NOTES:
            machine.older = machine.newer
        else:
            return
    key = machine.older.key
    machine.notes = [note for note in machine.notes if note.key > key]
    machine.told = [one for one in machine.told if one[0] > key[0]]


def deadline(machine: Machine, trigger: Any) -> datetime | None:
    """When the clock has to look at it: a watch ends, or nothing more can come of it."""
    state, last = machine.state, machine.notes[-1].at if machine.notes else None
    if isinstance(state, Breach):
        return None
    if isinstance(state, Window):
        return state.end if trigger.posture == "Proactive" else max(state.end, last or state.end) + LINGER
    if isinstance(state, Gathering):
        if trigger.within is None:
            return None
        return max(one.at for one in state.held) + timedelta(seconds=trigger.within) + 2 * DISORDER
    return (last or LONG_AGO) + 2 * DISORDER


def is_watching(machine: Machine, trigger: Any) -> bool:
    """Whether the end of its window may make it fire."""
    return isinstance(machine.state, Window) and trigger.posture == "Proactive"


def is_over(machine: Machine, trigger: Any, *, as_of: datetime) -> bool:
    """Whether it may be forgotten."""
    if is_watching(machine, trigger):
        return False
    until = deadline(machine, trigger)
    return until is not None and until <= as_of and not machine.waiting
