"""The automations that are enabled, arranged so that an event which concerns none of them costs a look into a table."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from automations.rules import labels
from automations.rules.windows import is_plain
from automations.wire.automations import Automation
from automations.wire.triggers import EventTrigger, MetricTrigger, Trigger, children_of
from events.wire.events import Resource

IGNORED = frozenset({"prefect.log.write"})
MOST_NAMES = 10_000

decode_trigger = msgspec.json.Decoder(Trigger).decode
encode = msgspec.json.encode


class Happening(NamedTuple):
    """An event, as triggers see it. `at` is where it stands in the order of things."""

    id: UUID
    at: datetime
    occurred: datetime
    received: datetime
    event: str
    resource: Resource
    related: list[Resource]


class Watched:
    """An enabled automation. `version` changes with each change of it."""

    def __init__(self, workspace: UUID, automation: Automation, version: int) -> None:
        self.workspace = workspace
        self.automation = automation
        self.version = version
        self.trigger: Trigger = decode_trigger(automation.trigger)
        self.triggers: dict[UUID, Any] = {}
        self.parents: dict[UUID, tuple[Any, ...]] = {}
        self.leaves: list[Leaf] = []
        self.metrics: list[MetricTrigger] = []
        self.arrange(self.trigger, ())

    @property
    def id(self) -> UUID:
        return self.automation.id

    @property
    def since(self) -> datetime:
        """What was received before does not concern it."""
        return self.automation.updated

    def arrange(self, trigger: Any, parents: tuple[Any, ...]) -> None:
        """`parents` are the triggers round this one, the nearest first."""
        self.triggers[trigger.id] = trigger
        self.parents[trigger.id] = parents
        if isinstance(trigger, EventTrigger):
            self.leaves.append(Leaf(self, trigger))
        elif isinstance(trigger, MetricTrigger):
            self.metrics.append(trigger)
        for child in children_of(trigger):
            self.arrange(child, (trigger, *parents))

    def watches(self) -> Iterator[EventTrigger]:
        """The triggers that watch from the beginning: Proactive, for no resource in particular, after nothing."""
        for leaf in self.leaves:
            trigger = leaf.trigger
            if trigger.posture == "Proactive" and not trigger.for_each and not trigger.after:
                yield trigger


class Leaf:
    """An event trigger of an automation."""

    def __init__(self, watched: Watched, trigger: EventTrigger) -> None:
        assert trigger.id is not None
        self.watched = watched
        self.trigger = trigger
        self.id = trigger.id
        self.is_plain = is_plain(trigger)

    def starts(self, name: str) -> bool:
        return labels.fits_any(name, self.trigger.after)

    def expects(self, name: str) -> bool:
        return not self.trigger.expect or labels.fits_any(name, self.trigger.expect)

    def why_not(self, event: Happening) -> str | None:
        """Why an event with the right name does not concern it; None if it does."""
        trigger = self.trigger
        return labels.why_no_match(event.resource, trigger.match) or labels.why_no_related(
            event.related, trigger.match_related
        )

    def labels_of(self, event: Happening) -> dict[str, str]:
        return {
            label: labels.find_label(event.resource, event.related, label) for label in sorted(self.trigger.for_each)
        }


def machine_id(trigger_id: UUID, labels: dict[str, str]) -> UUID:
    """The machine of a trigger and one set of values."""
    return uuid5(trigger_id, encode(labels).decode())


class Workspace:
    """What is watched in one workspace."""

    def __init__(self) -> None:
        self.automations: dict[UUID, Watched] = {}
        self.names: dict[str, tuple[Leaf, ...]] = {}

    def interested(self, name: str) -> tuple[Leaf, ...]:
        leaves = self.names.get(name)
        if leaves is None:
            if len(self.names) >= MOST_NAMES:
                self.names.clear()
            leaves = self.names[name] = tuple(
                leaf
                for watched in self.automations.values()
                for leaf in watched.leaves
                if name not in IGNORED and (leaf.expects(name) or leaf.starts(name))
            )
        return leaves


class Index:
    """Every enabled automation of every workspace."""

    def __init__(self) -> None:
        self.workspaces: dict[UUID, Workspace] = {}

    def put(self, watched: Watched) -> None:
        space = self.workspaces.setdefault(watched.workspace, Workspace())
        space.automations[watched.id] = watched
        space.names.clear()

    def drop(self, workspace: UUID, automation: UUID) -> None:
        space = self.workspaces.get(workspace)
        if space is None or space.automations.pop(automation, None) is None:
            return
        space.names.clear()
        if not space.automations:
            del self.workspaces[workspace]

    def find(self, workspace: UUID, automation: UUID) -> Watched | None:
        space = self.workspaces.get(workspace)
        return None if space is None else space.automations.get(automation)

    def interested(self, workspace: UUID, name: str) -> tuple[Leaf, ...]:
        """The triggers that an event of this name may concern."""
        space = self.workspaces.get(workspace)
        return () if space is None else space.interested(name)
