"""Events and the clock against automations, in memory: what fires, what remains, and why something did not."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from automations.rules import machines
from automations.rules.gathering import Gathering, needed
from automations.rules.machines import Machine, Told
from automations.rules.metrics import Breach
from automations.rules.watching import Happening, Leaf, Watched, machine_id
from automations.rules.windows import Note, Ref, Shot, Window
from automations.wire.firings import TriggerState

Verdict = Literal["fired", "waiting", "no", "stopped"]


class Fired(NamedTuple):
    """The trigger of an automation fired."""

    watched: Watched
    id: UUID
    trigger_id: UUID
    at: datetime
    labels: dict[str, str]
    event: Ref | None
    state: TriggerState = "Triggered"
    value: float | None = None


class Finding(NamedTuple):
    """What came of an event for a trigger that did not fire with it."""

    watched: Watched
    trigger_id: UUID
    verdict: Verdict
    reason: str
    event: Happening


class Kept(NamedTuple):
    """A machine, and whose it is."""

    watched: Watched
    trigger_id: UUID
    machine: Machine


class Evaluator:
    """Works on the machines that it was given; those that are not among them do not exist yet."""

    def __init__(self) -> None:
        self.kept: dict[UUID, Kept] = {}
        self.changed: set[UUID] = set()
        self.firings: list[Fired] = []
        self.findings: list[Finding] = []

    def concerns(self, leaf: Leaf, event: Happening) -> bool:
        """Whether an event whose name is right fits the rest, too."""
        reason = leaf.why_not(event)
        if reason is not None:
            self.findings.append(Finding(leaf.watched, leaf.id, "no", reason, event))
        return reason is None

    def hear(self, leaf: Leaf, event: Happening) -> None:
        """An event that concerns the trigger."""
        values, ref = leaf.labels_of(event), Ref(event.id, event.occurred)
        if leaf.is_plain:
            self.fire(leaf.watched, leaf.trigger, Shot(str(event.id), event.at, ref), values)
            return
        note = Note(event.at, event.id, leaf.starts(event.event), leaf.expects(event.event), ref)
        kept = self.machine_of(leaf.watched, leaf.id, values)
        told = machines.hear(kept.machine, leaf.trigger, note, is_inner=bool(leaf.watched.parents[leaf.id]))
        self.pass_on(leaf.watched, leaf.trigger, told, values)
        if not told.fresh:
            trigger, machine = leaf.trigger, kept.machine
            self.findings.append(Finding(leaf.watched, leaf.id, "waiting", describe(trigger, machine), event))

    def run_clock(self, id: UUID, *, as_of: datetime) -> None:
        """Close what ended in one of the machines."""
        kept = self.kept[id]
        trigger = kept.watched.triggers[kept.trigger_id]
        self.changed.add(id)
        self.pass_on(kept.watched, trigger, machines.run_clock(kept.machine, trigger, as_of=as_of), kept.machine.labels)

    def machine_of(self, watched: Watched, trigger_id: UUID, labels: dict[str, str]) -> Kept:
        id = machine_id(trigger_id, labels)
        self.changed.add(id)
        if id not in self.kept:
            self.kept[id] = Kept(watched, trigger_id, Machine(labels=labels))
        return self.kept[id]

    def fire(
        self, watched: Watched, trigger: Any, shot: Shot, labels: dict[str, str], value: float | None = None
    ) -> None:
        """The automation fires, or the trigger round this one is told."""
        parents = watched.parents[trigger.id]
        if not parents:
            firing_id = uuid5(machine_id(trigger.id, labels), shot.cause)
            self.firings.append(Fired(watched, firing_id, trigger.id, shot.at, labels, shot.event, value=value))
            return
        parent, note = parents[0], note_of(trigger, shot, labels)
        kept = self.machine_of(watched, parent.id, {})
        told = machines.hear(kept.machine, parent, note, is_inner=bool(watched.parents[parent.id]))
        self.pass_on(watched, parent, told, {})

    def pass_on(self, watched: Watched, trigger: Any, told: Told, labels: dict[str, str]) -> None:
        """What a machine told, to whom it concerns; what it took back together with what it told instead."""
        parents = watched.parents[trigger.id]
        if not (told.gone and parents):
            for shot in told.fresh:
                self.fire(watched, trigger, shot, labels)
            return
        parent, id = parents[0], machine_id(trigger.id, labels)
        kept = self.machine_of(watched, parent.id, {})
        outer = machines.revise(
            kept.machine, parent, {uuid5(id, cause) for cause in told.gone},
            [note_of(trigger, shot, labels) for shot in told.fresh], is_inner=bool(watched.parents[parent.id]),
        )  # fmt: skip
        self.pass_on(watched, parent, outer, {})

    def resolve(self, watched: Watched, trigger: Any, shot: Shot, value: float | None) -> None:
        """What an automation was triggered by is over."""
        firing_id = uuid5(machine_id(trigger.id, {}), shot.cause)
        self.firings.append(Fired(watched, firing_id, trigger.id, shot.at, {}, None, "Resolved", value))


def note_of(trigger: Any, shot: Shot, labels: dict[str, str]) -> Note:
    """A firing, as the trigger round this one is told of it."""
    return Note(shot.at, uuid5(machine_id(trigger.id, labels), shot.cause), False, True, shot.event, trigger.id)


def machines_for(leaf: Leaf, event: Happening) -> Iterator[UUID]:
    """The machines that an event may change."""
    if not leaf.is_plain:
        yield machine_id(leaf.id, leaf.labels_of(event))
    for parent in leaf.watched.parents[leaf.id]:
        yield machine_id(parent.id, {})


def describe(trigger: Any, machine: Machine) -> str:
    """What a trigger waits for, in words."""
    state = machine.state
    if isinstance(state, Breach):
        return describe_breach(trigger, state)
    if isinstance(state, Gathering):
        return f"{len(state.held)} of {needed(trigger)} triggers fired"
    if not isinstance(state, Window):
        return "waits for an event of `after`" if getattr(trigger, "after", None) else "nothing is open"
    until, seen = state.end.isoformat(timespec="seconds"), max(state.count, 0)
    if trigger.posture == "Proactive" and seen >= trigger.threshold:
        return f"all of the {trigger.threshold} expected events came; the watch ends at {until}"
    if trigger.posture == "Proactive":
        return f"{seen} of {trigger.threshold} expected events came; fires at {until} unless the rest come"
    if not seen and machine.told:
        return f"fired already; the next count begins at {state.start.isoformat(timespec='seconds')}"
    return f"{seen} of {trigger.threshold} events came, counting until {until}"


def describe_breach(trigger: Any, breach: Breach) -> str:
    query = trigger.metric
    if breach.value is None:
        return f"no runs to measure {query.name} by"
    found = f"{query.name} is {breach.value:.4g}, out of line if {query.operator} {query.threshold:.4g}"
    if breach.since is None:
        return found
    return (
        f"{found}: since {breach.since.isoformat(timespec='seconds')}, {'told' if breach.is_told else 'not told yet'}"
    )
