"""When a pass breaks on one automation: the same pass again, each automation for itself.

Whatever a tenant stored, the others are evaluated. An automation that breaks begins anew, and its records say so.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from django.db import transaction

from automations.queries_evaluation import MachineRow
from automations.rules.watching import Happening, Leaf, Watched
from automations.services import recording, watches
from automations.services.sight import sight

log = logging.getLogger(__name__)

Heard = Sequence[tuple[Leaf, Happening]]
Judge = Callable[[Heard, Sequence[MachineRow], datetime, datetime], None]

FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
BROKEN = (*FAULTS, psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
"""What one automation may break a pass with. A database that is away is no fault of an automation."""
BEGINS_ANEW = "stopped: this could not be evaluated, and what the automation remembered is forgotten"


class Part(NamedTuple):
    """What a pass has for one automation."""

    heard: list[tuple[Leaf, Happening]]
    due: list[MachineRow]


def judge_apart(judge: Judge, heard: Heard, due: Sequence[MachineRow], as_of: datetime, now: datetime) -> None:
    """Judge each automation by itself, in a savepoint of the open transaction."""
    parts: dict[tuple[UUID, UUID], Part] = defaultdict(lambda: Part([], []))
    for leaf, event in heard:
        parts[leaf.watched.workspace, leaf.watched.id].heard.append((leaf, event))
    for row in due:
        parts[row.workspace_id, row.automation_id].due.append(row)
    for (workspace, id), part in parts.items():
        try:
            with transaction.atomic(using="system"):
                judge(part.heard, part.due, as_of, now)
        except BROKEN:
            log.exception("An automation cannot be evaluated", extra={"automation_id": str(id)})
            watched = sight.index.find(workspace, id)
            if watched is not None:
                trigger_id = part.heard[0][0].id if part.heard else part.due[0].trigger_id
                begin_anew(watched, trigger_id, part.heard[0][1] if part.heard else None, now)


def begin_anew(watched: Watched, trigger_id: UUID, event: Happening | None, now: datetime) -> None:
    """Forget what it remembered, and leave a record. Should even that break, it is tried again with the next pass."""
    told = recording.record(
        watched, trigger_id, "stopped", BEGINS_ANEW,
        event_id=event.id if event else None, event=event.event if event else "",
        resource_id=event.resource.get("prefect.resource.id", "") if event else "",
    )  # fmt: skip
    try:
        with transaction.atomic(using="system"):
            watches.restart(watched.workspace, watched.automation, now=now)
            recording.write(sight, [told], now=now)
    except BROKEN:
        log.exception("An automation cannot begin anew", extra={"automation_id": str(watched.id)})
