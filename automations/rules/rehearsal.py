"""A dry run: events of the past and a clock that is always right, held against one automation."""

import heapq
from collections import Counter
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from automations.rules.evaluating import Evaluator, Finding, Kept
from automations.rules.machines import begin_watch, deadline, is_over
from automations.rules.watching import Happening, Watched, machine_id
from automations.wire.evaluations import DryRunReport, WouldFire, WouldNot
from events.wire.events import RESOURCE_ID, Resource

MOST_SHOWN = 100


class Step(NamedTuple):
    """A stored event."""

    id: UUID
    occurred: datetime
    received: datetime
    event: str
    resource: Resource
    related: list[Resource]


class Rehearsal:
    """Steps in the order in which they occurred, then the end."""

    def __init__(self, watched: Watched, *, since: datetime) -> None:
        self.watched = watched
        self.evaluator = Evaluator()
        self.events_read = 0
        self.shown: list[WouldFire] = []
        self.fired = 0
        self.misses: dict[tuple[str, str], Finding] = {}
        self.times: Counter[tuple[str, str]] = Counter()
        self.deadlines: list[tuple[datetime, UUID]] = []
        for trigger in watched.watches():
            assert trigger.id is not None
            id = machine_id(trigger.id, {})
            self.evaluator.kept[id] = Kept(watched, trigger.id, begin_watch(trigger, now=since))
            self.look_ahead(id)

    def exact_names(self) -> list[str] | None:
        """The names that it listens to, if they are all written out."""
        names = {name for leaf in self.watched.leaves for name in (*leaf.trigger.after, *leaf.trigger.expect)}
        if any(not leaf.trigger.expect for leaf in self.watched.leaves) or any(
            set(name) & set("*?[!") for name in names
        ):
            return None
        return sorted(names)

    def is_named(self, name: str) -> bool:
        return any(leaf.expects(name) or leaf.starts(name) for leaf in self.watched.leaves)

    def take(self, step: Step) -> None:
        self.events_read += 1
        self.run_clock(step.occurred)
        event = Happening(step.id, step.occurred, step.occurred, step.received, step.event, step.resource, step.related)
        for leaf in self.watched.leaves:
            named = leaf.expects(step.event) or leaf.starts(step.event)
            if named and self.evaluator.concerns(leaf, event):
                self.evaluator.hear(leaf, event)
        for id in self.evaluator.changed:
            self.look_ahead(id)
        self.evaluator.changed.clear()
        self.collect(step)

    def end(self, until: datetime) -> None:
        self.run_clock(until)
        self.collect(None)

    def look_ahead(self, id: UUID) -> None:
        moment = self.deadline_of(id)
        if moment is not None:
            heapq.heappush(self.deadlines, (moment, id))

    def deadline_of(self, id: UUID) -> datetime | None:
        kept = self.evaluator.kept[id]
        return deadline(kept.machine, self.watched.triggers[kept.trigger_id])

    def run_clock(self, until: datetime) -> None:
        """Every window that ends before this moment is closed at its end."""
        while self.deadlines and self.deadlines[0][0] <= until:
            as_of, id = heapq.heappop(self.deadlines)
            if id not in self.evaluator.kept or self.deadline_of(id) != as_of:
                continue  # it moved on
            self.evaluator.run_clock(id, as_of=as_of)
            self.collect(None)
            changed, self.evaluator.changed = self.evaluator.changed, set()
            kept = self.evaluator.kept[id]
            if is_over(kept.machine, self.watched.triggers[kept.trigger_id], as_of=as_of):
                del self.evaluator.kept[id]
                changed.discard(id)
            for one in changed:
                self.look_ahead(one)

    def collect(self, step: Step | None) -> None:
        for one in self.evaluator.firings:
            self.fired += 1
            if len(self.shown) < MOST_SHOWN:
                # Only the newest event is at hand; of an earlier one the caller knows more.
                event = step if step is not None and one.event is not None and one.event.id == step.id else None
                self.shown.append(
                    WouldFire(
                        triggered=one.at, triggering_labels=one.labels,
                        event_id=one.event.id if one.event else None, event=event.event if event else None,
                        occurred=one.event.occurred if one.event else None,
                        resource_id=event.resource[RESOURCE_ID] if event else None,
                    )
                )  # fmt: skip
        self.evaluator.firings.clear()
        for finding in self.evaluator.findings:
            key = (finding.verdict, finding.reason)
            self.times[key] += 1
            if key in self.misses or len(self.misses) < MOST_SHOWN:
                self.misses[key] = finding
        self.evaluator.findings.clear()

    def report(self, *, since: datetime, until: datetime, is_complete: bool) -> DryRunReport:
        return DryRunReport(
            since=since, until=until, events_read=self.events_read, is_complete=is_complete, fired=self.fired,
            firings=self.shown, misses=[self.miss(key) for key in self.misses],
        )  # fmt: skip

    def miss(self, key: tuple[str, str]) -> WouldNot:
        finding = self.misses[key]
        return WouldNot(
            verdict=finding.verdict, reason=finding.reason, times=self.times[key], event_id=finding.event.id,
            event=finding.event.event, occurred=finding.event.occurred,
            resource_id=finding.event.resource[RESOURCE_ID],
        )  # fmt: skip
