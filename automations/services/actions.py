"""The actions of a firing, written down in the transaction that found it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Raw, Struct

from automations import queries_actions as queries
from automations.services import action_events
from automations.wire.automations import Automation
from automations.wire.firings import Firing
from controlplane.ids import uuid7
from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring
from events.services import emission
from events.wire.events import Event

ACTION = "automation_action"
"""The kind that the doorbell rings for an action to carry out."""

to_json = msgspec.json.encode
decode_list = msgspec.json.Decoder(list[dict[str, Any]]).decode


class NewAction(Struct, kw_only=True, frozen=True):
    """A row to insert."""

    id: UUID
    automation_id: UUID
    firing_id: UUID
    action_index: int
    kind: str
    action: dict[str, Any]
    firing: Firing
    automation: Automation
    event: Event | None
    key: str


def enqueue(workspace: UUID, *, automation: Automation, firing: Firing, now: datetime) -> int:
    """Tell that the automation fired, and write its actions into the open transaction. Returns how many are new.

    The same firing again adds nothing. This emits `prefect.automation.triggered` (and `.resolved`), so the
    caller does not. `actions` are given the event that triggered; `actions_on_trigger` and `actions_on_resolve`
    that the automation fired. The transaction may be the workspace's or a sweep's.
    """
    changes = {
        state: action_events.fired(automation, firing, state, id=uuid5(firing.id, state))
        for state in firing.trigger_states
    }
    rows = list(chosen(automation, firing, changes))
    fresh = {row.id for row in queries.insert_actions(workspace=workspace, rows=Raw(to_json(rows)), now=now)}
    if rows and not fresh:
        return 0
    begun = [action_events.action_triggered(row, now) for row in rows if row.id in fresh]
    emission.insert(workspace, [*map(action_events.as_emitted, changes.values()), *begun], now=now)
    if fresh:
        after_commit(lambda: ring(workspace, ACTION))
    return len(fresh)


def chosen(automation: Automation, firing: Firing, changes: dict[Any, Event]) -> Iterator[NewAction]:
    """The actions that this firing asks for; the index counts over all of them."""
    wanted = [("actions", automation.actions, firing.triggering_event)]
    if "Triggered" in changes:
        wanted.append(("actions_on_trigger", automation.actions_on_trigger, changes["Triggered"]))
    if "Resolved" in changes:
        wanted.append(("actions_on_resolve", automation.actions_on_resolve, changes["Resolved"]))
    index = 0
    for name, actions, event in wanted:
        for action in decode_list(actions):
            yield NewAction(
                id=uuid7(), automation_id=automation.id, firing_id=firing.id, action_index=index,
                kind=action["type"], action=action, firing=firing, automation=automation, event=event,
                key=f"{firing.id}:{name}:{index}",
            )  # fmt: skip
            index += 1
