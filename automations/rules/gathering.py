"""What a compound or sequence trigger holds: the newest firing of each trigger in it."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from automations.rules.windows import Note, Ref, Shot
from automations.wire.triggers import CompoundTrigger, SequenceTrigger

Composite = CompoundTrigger | SequenceTrigger


class Held(Struct, array_like=True, frozen=True):
    child: UUID
    at: datetime
    event: Ref | None


class Gathering(Struct, tag="gathering", frozen=True):
    held: tuple[Held, ...] = ()


class Gathered(NamedTuple):
    gathering: Gathering | None
    shots: tuple[Shot, ...] = ()


def gather(trigger: Composite, gathering: Gathering | None, note: Note) -> Gathered:
    """After one of its triggers fired. Firings that make it fire are used up."""
    assert note.child is not None
    shot = Shot(str(note.id), note.at, note.event)
    if needed(trigger) == 1:
        return Gathered(gathering, (shot,))
    held = [] if gathering is None else [one for one in gathering.held if one.child != note.child]
    if trigger.within is not None:
        oldest = note.at - timedelta(seconds=trigger.within)
        held = [one for one in held if one.at >= oldest]
    held.append(Held(note.child, note.at, note.event))
    if is_complete(trigger, held):
        return Gathered(None, (shot,))
    return Gathered(Gathering(tuple(held)))


def needed(trigger: Composite) -> int:
    if isinstance(trigger, SequenceTrigger) or trigger.require == "all":
        return len(trigger.triggers)
    return 1 if trigger.require == "any" else int(trigger.require)


def is_complete(trigger: Composite, held: list[Held]) -> bool:
    if isinstance(trigger, CompoundTrigger):
        return len(held) >= needed(trigger)
    return [one.child for one in sorted(held, key=lambda one: one.at)] == [child.id for child in trigger.triggers]
