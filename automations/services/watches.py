"""Triggers that watch from the beginning: their first window opens with the automation itself."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.rules.evaluating import Kept
from automations.rules.machines import DISORDER, begin_watch, deadline, is_watching
from automations.rules.watching import Watched, machine_id
from automations.wire.automations import Automation

encode = msgspec.json.encode


def restart(workspace: UUID, automation: Automation, *, now: datetime) -> None:
    """What an automation remembered is forgotten; if it is enabled, its watches begin. For each change of it."""
    queries.reset_machines(workspace=workspace, automation=automation.id)
    if automation.enabled:
        begin([Watched(workspace, automation, 0)], now=now)


def begin(automations: Iterable[Watched], *, now: datetime) -> None:
    rows = [
        to_row(machine_id(trigger.id, {}), Kept(watched, trigger.id, begin_watch(trigger, now=now)), now=now)
        for watched in automations
        for trigger in watched.watches()
        if trigger.id is not None
    ]
    if rows:
        queries.write_machines(rows=Raw(encode(rows)), now=now)


def to_row(id: UUID, kept: Kept, *, now: datetime) -> dict[str, Any]:
    """A machine as it is stored. The clock does not look at it soon unless it watches: more late news may come."""
    trigger = kept.watched.triggers[kept.trigger_id]
    until = deadline(kept.machine, trigger)
    if until is not None and not is_watching(kept.machine, trigger):
        until = max(until, now + 2 * DISORDER)
    return {
        "id": id,
        "workspace_id": kept.watched.workspace,
        "automation_id": kept.watched.id,
        "trigger_id": kept.trigger_id,
        "memory": kept.machine,
        "deadline": until,
    }
