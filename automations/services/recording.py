"""What the evaluation leaves behind: records, and firings with their actions."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from django.db import transaction
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.rules.evaluating import Finding, Fired
from automations.rules.loops import MEMORY, MINUTE, causes_of, why_stopped
from automations.rules.watching import Watched
from automations.services import actions
from automations.services.sight import Sight
from automations.wire.firings import Firing
from controlplane.ids import uuid7
from events.wire.events import RESOURCE_ID, Event

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)
"""Of what did not fire, each automation leaves at most one record of a kind in this time."""
MOST_SAMPLED = 50_000

encode = msgspec.json.encode
Pulses = Mapping[UUID, queries.Pulse]


def carry_out(sight: Sight, firings: Sequence[Fired], *, now: datetime) -> list[dict[str, Any]]:
    """Write down the actions of firings, unless they went round in a circle. Returns the records."""
    if not firings:
        return []
    events = read_events(firings)
    causes = {one.id: list(find_causes(events.get(one.id))) for one in firings}
    depths, fired = read_pulses(firings, causes, now)
    records = []
    for one in firings:
        automation, event = one.watched.automation, events.get(one.id)
        depth = 1 + max((depths[cause] for cause in causes[one.id]), default=0)
        reason = why_stopped(depth=depth, this_minute=fired[one.watched.id])
        if reason is None:
            firing = Firing(
                id=one.id, trigger_id=one.trigger_id, automation_id=automation.id, trigger_states=[one.state],
                triggered=one.at, triggering_labels=one.labels, triggering_event=event, triggering_value=one.value,
            )  # fmt: skip
            reason = enqueue(one.watched, firing, now)
        if reason is None:
            depths[automation.id] = max(depths[automation.id], depth)
            fired[automation.id] += 1
        times = 1 if reason is None else take_sample(sight, (automation.id, "stopped"), 1, now)
        if times:
            records.append(
                record(
                    one.watched,
                    one.trigger_id,
                    "fired" if reason is None else "stopped",
                    reason or "",
                    event_id=one.event.id if one.event else None,
                    event=event.event if event else "",
                    resource_id=event.resource[RESOURCE_ID] if event else "",
                    firing_id=one.id,
                    depth=depth,
                    times=times,
                )
            )
    return records


def enqueue(watched: Watched, firing: Firing, now: datetime) -> str | None:
    """Why its actions cannot be written down, if so: then nothing of it is, and the others are none the worse."""
    try:
        with transaction.atomic(using="system"):
            actions.enqueue(watched.workspace, automation=watched.automation, firing=firing, now=now)
    except (LookupError, TypeError, ValueError, psycopg.DataError, psycopg.IntegrityError):
        log.exception("A firing cannot be carried out", extra={"automation_id": str(watched.id)})
        return "stopped: its actions cannot be read"
    return None


def find_causes(event: Event | None) -> Iterable[UUID]:
    return () if event is None else causes_of(event.resource, event.related)


def read_pulses(
    firings: Sequence[Fired], causes: Mapping[UUID, list[UUID]], now: datetime
) -> tuple[Counter[UUID], Counter[UUID]]:
    """How deep in a chain the automations are, and how often they fired in this minute."""
    asked = {(one.watched.workspace, id) for one in firings for id in (one.watched.id, *causes[one.id])}
    pulses = queries.read_pulses(
        workspaces=[workspace for workspace, _ in asked], ids=[id for _, id in asked],
        since=now - MEMORY, minute=now - MINUTE,
    )  # fmt: skip
    depths = Counter({pulse.automation_id: pulse.depth for pulse in pulses})
    return depths, Counter({pulse.automation_id: pulse.this_minute for pulse in pulses})


def read_events(firings: Sequence[Fired]) -> dict[UUID, Event]:
    """The triggering events, by firing. One that retention took, or that is none by today's rules, is not there."""
    asked = {(one.watched.workspace, one.event.id, one.event.occurred) for one in firings if one.event}
    if not asked:
        return {}
    rows = queries.read_triggering_events(
        workspaces=[key[0] for key in asked], ids=[key[1] for key in asked], moments=[key[2] for key in asked]
    )
    found = {(row.workspace_id, row.id): event for row in rows if (event := whole(row)) is not None}
    return {
        one.id: found[one.watched.workspace, one.event.id]
        for one in firings
        if one.event and (one.watched.workspace, one.event.id) in found
    }


def whole(row: queries.Whole) -> Event | None:
    decode = msgspec.json.decode
    try:
        return Event(
            id=row.id, occurred=row.occurred, event=row.event, resource=decode(row.resource),
            related=decode(row.related), payload=decode(row.payload), follows=row.follows,
        )  # fmt: skip
    except ValueError:
        return None


def sample(sight: Sight, findings: Sequence[Finding], *, now: datetime) -> list[dict[str, Any]]:
    """Records of what did not fire: the newest of each kind, which stands for those that were left out."""
    newest = {(one.watched.id, one.verdict): one for one in findings}
    times = Counter((one.watched.id, one.verdict) for one in findings)
    return [
        record(
            one.watched,
            one.trigger_id,
            one.verdict,
            one.reason,
            event_id=one.event.id,
            event=one.event.event,
            resource_id=one.event.resource[RESOURCE_ID],
            times=stands_for,
        )
        for key, one in newest.items()
        if (stands_for := take_sample(sight, key, times[key], now))
    ]


def take_sample(sight: Sight, key: tuple[UUID, str], times: int, now: datetime) -> int:
    """For how many a record of this kind stands that is written now; 0 if there was one a moment ago."""
    if len(sight.sampled) > MOST_SAMPLED:
        sight.sampled.clear()
    last, skipped = sight.sampled.get(key, (now - EVERY, 0))
    if now - last < EVERY:
        sight.sampled[key] = (last, skipped + times)
        return 0
    sight.sampled[key] = (now, 0)
    return skipped + times


def record(
    watched: Watched,
    trigger_id: UUID,
    verdict: str,
    reason: str,
    *,
    event_id: UUID | None,
    event: str,
    resource_id: str,
    firing_id: UUID | None = None,
    depth: int = 0,
    times: int = 1,
) -> dict[str, Any]:
    return {
        "id": uuid7(), "workspace_id": watched.workspace, "automation_id": watched.id, "trigger_id": trigger_id,
        "verdict": verdict, "reason": reason, "event_id": event_id, "event": event, "resource_id": resource_id,
        "firing_id": firing_id, "depth": depth, "times": times,
    }  # fmt: skip


def write(sight: Sight, records: list[dict[str, Any]], *, now: datetime) -> None:
    """Store records. An automation that turns out to be deleted is forgotten."""
    if not records:
        return
    stored = {
        (row.workspace_id, row.automation_id) for row in queries.insert_evaluations(rows=Raw(encode(records)), now=now)
    }
    for workspace, automation in {(one["workspace_id"], one["automation_id"]) for one in records} - stored:
        sight.index.drop(workspace, automation)
