"""Are the promises kept: a sweep that finds what broke one, and what is over, with the exact moments.

Each violation is a row that is inserted once, in the transaction of its event; several may sweep at once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import convert, json

from automations import queries_slas as queries
from automations.queries_slas import Described, Found, Settled, Watched
from automations.rules.wall_clock import last_deadline
from automations.services import sla_alerts
from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction, workspace_transaction
from events.services import emission, reading
from events.services.emission import Emitted
from events.wire.events import Resource
from events.wire.filters import EventFilter

MOST = 500
WALL_CLOCK = ("StartBySla", "FinishBySla")


def watch_levels(now: datetime) -> int:
    """How many violations and resolutions were told."""
    told = 0
    with system_transaction():
        found = [
            *queries.find_slow_runs(now=now, most=MOST),
            *queries.find_late_runs(now=now, most=MOST),
            *queries.find_gaps(now=now, most=MOST),
            *queries.find_silent_runs(now=now, most=MOST),
        ]
        found += [one for level in queries.find_watched(kinds=list(WALL_CLOCK)) for one in missed(level, now)]
        fresh = queries.find_watched(kinds=["FreshnessSla"])
    for level in fresh:
        found += look_for_event(level, now)
    for violation in found:
        told += tell_violation(violation, now)
    with system_transaction():
        settled = queries.find_settled(now=now, most=MOST)
    for kept in settled:
        told += tell_resolved(kept, now)
    return told


def missed(level: Watched, now: datetime) -> Iterator[Found]:
    """The last deadline, if nothing had happened by then. One that passed before the level was made does not count."""
    details = json.decode(level.details)
    finished = level.kind == "FinishBySla"
    deadline = last_deadline(
        now, by=details["finish_by" if finished else "start_by"], since=details["since"], zone=details["timezone"],
        days=details["days"],
    )  # fmt: skip
    if deadline is None or deadline.moment <= level.watching_since:
        return
    place: dict[str, Any] = {"workspace": level.workspace_id}
    if queries.is_told(level=level.id, subject=deadline.day, **place):
        return
    stretch = {"since": deadline.since, "until": deadline.moment, "finished": finished}
    if not queries.is_met(deployment=level.deployment_id, **stretch, **place):
        yield Found(level.workspace_id, level.id, deadline.day, None, deadline.moment)


def look_for_event(level: Watched, now: datetime) -> Iterator[Found]:
    """Freshness: the newest event, looked for only when it would be too old by what is known."""
    assert level.seconds is not None
    reach = timedelta(seconds=level.seconds)
    newest = max(level.last_met or level.watching_since, level.watching_since)
    if newest + reach > now:
        return
    details = json.decode(level.details)
    wanted: dict[str, Any] = {
        "occurred": {"since": newest + timedelta(microseconds=1), "until": now},
        "event": {"name": [details["expected_event"]]},
    }
    if details["resource_match"]:
        wanted["resource"] = {"labels": details["resource_match"]}
    with workspace_transaction(level.workspace_id):
        events = reading.find_events(level.workspace_id, convert(wanted, EventFilter), 1, None)
        if events:
            newest = events[0].occurred
            queries.mark_met(workspace=level.workspace_id, level=level.id, moment=newest)
    if newest + reach <= now:
        yield Found(level.workspace_id, level.id, f"since {newest.isoformat()}", None, newest + reach)


def tell_violation(found: Found, now: datetime) -> int:
    workspace, id = found.workspace_id, uuid7()
    with workspace_transaction(workspace):
        fresh = queries.insert_violation(
            workspace=workspace, id=id, now=now, level=found.level_id, subject=found.subject,
            flow_run=found.flow_run_id, moment=found.moment,
        )  # fmt: skip
        if fresh:
            tell(workspace, found, "violation", id, found.moment, now)
    return fresh


def tell_resolved(settled: Settled, now: datetime) -> int:
    workspace = settled.workspace_id
    with workspace_transaction(workspace):
        changed = queries.resolve_violation(workspace=workspace, id=settled.id, now=now)
        if changed:
            tell(workspace, settled, "resolved", uuid7(), now, now, follows=settled.id)
    return changed


def tell(
    workspace: UUID,
    violation: Found | Settled,
    what: str,
    id: UUID,
    occurred: datetime,
    now: datetime,
    follows: UUID | None = None,
) -> None:
    """A violation's event has the violation's id, so that its resolution can follow it."""
    level = queries.describe_level(workspace=workspace, level=violation.level_id, flow_run=violation.flow_run_id)
    if level is None:
        return
    event = Emitted(
        event=f"prefect.sla.{what}", id=id, follows=follows, occurred=occurred, resource=resource_of(level),
        related=list(related_to(level)),
        payload={
            "sla": {"id": level.id, "name": level.name, "severity": level.severity, "type": level.kind,
                    **json.decode(level.details)},
            "subject": violation.subject, "violated": violation.moment,
        },
    )  # fmt: skip
    emission.insert(workspace, [event], now=now)
    if what == "violation":
        sla_alerts.tell_alert(
            workspace, violation=id, level=level, details=json.decode(level.details), moment=violation.moment, now=now
        )


def resource_of(level: Described) -> Resource:
    return {
        "prefect.resource.id": f"prefect.sla.{level.id}", "prefect.resource.name": level.name,
        "prefect.sla.severity": level.severity, "prefect.sla.type": level.kind,
    }  # fmt: skip


def related_to(level: Described) -> Iterator[Resource]:
    things = (
        ("flow-run", level.flow_run_id, level.flow_run),
        ("deployment", level.deployment_id, level.deployment),
        ("flow", level.flow_id, level.flow),
    )
    for kind, id, name in things:
        if id is not None:
            yield {
                "prefect.resource.id": f"prefect.{kind}.{id}", "prefect.resource.role": kind,
                "prefect.resource.name": name or "",
            }  # fmt: skip
