"""What an automation would have done: its rules held against the events that are stored, in memory."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.rules.rehearsal import Rehearsal, Step
from automations.rules.watching import Watched
from automations.services.arriving import decode_related, decode_resource
from automations.services.automations import numbered
from automations.wire.automations import Automation
from automations.wire.evaluations import DryRun, DryRunReport
from controlplane.errors import Invalid
from controlplane.ids import uuid7
from events.wire.events import RESOURCE_ID

MOST_EVENTS = 200_000
MOST_SECONDS = 5.0
PAGE = 5_000

LAST_ID = UUID(int=2**128 - 1)
encode = msgspec.json.encode
NO_METRICS = "A metric trigger cannot be tried: numbers of the past are not kept."


def dry_run(workspace: UUID, draft: DryRun, *, now: datetime) -> DryRunReport:
    """Which firings there would have been since then, by which events, and why others did nothing.

    Ends with its budget: then the report says how far it came. Nothing is written. Invalid for a metric trigger.
    """
    watched = draft_of(workspace, draft, now)
    if watched.metrics:
        raise Invalid(NO_METRICS)
    since = now - timedelta(seconds=draft.since_seconds)
    rehearsal = Rehearsal(watched, since=since)
    until, is_complete = rehearse(rehearsal, workspace, since=since, until=now)
    rehearsal.end(until)
    report = rehearsal.report(since=since, until=until, is_complete=is_complete)
    complete_firings(workspace, report)
    return report


def complete_firings(workspace: UUID, report: DryRunReport) -> None:
    """The names of events that had gone by when their firing was found."""
    bare = [one for one in report.firings if one.event_id is not None and one.event is None]
    if not bare:
        return
    rows = queries.read_triggering_events(
        workspaces=[workspace] * len(bare), ids=[one.event_id for one in bare], moments=[one.occurred for one in bare]
    )
    found = {row.id: row for row in rows}
    for one in bare:
        if one.event_id in found:
            one.event = found[one.event_id].event
            one.resource_id = decode_resource(found[one.event_id].resource)[RESOURCE_ID]


def draft_of(workspace: UUID, draft: DryRun, now: datetime) -> Watched:
    nothing = Raw(b"[]")
    automation = Automation(
        name=draft.name, description="", enabled=True, tags=[], trigger=Raw(encode(numbered(draft.trigger))),
        actions=nothing, actions_on_trigger=nothing, actions_on_resolve=nothing,
        id=uuid7(), created=now, updated=now,
    )  # fmt: skip
    return Watched(workspace, automation, 0)


def rehearse(rehearsal: Rehearsal, workspace: UUID, *, since: datetime, until: datetime) -> tuple[datetime, bool]:
    """Returns where it stopped, and whether that is the end."""
    deadline = time.monotonic() + MOST_SECONDS
    asked = rehearsal.exact_names()
    if asked is None:
        names = [row.event for row in queries.read_names(workspace=workspace, since=since, until=until)]
        asked = [name for name in names if rehearsal.is_named(name)]
    if not asked:
        return until, True
    for step in read_steps(workspace, asked, since=since, until=until):
        rehearsal.take(step)
        if rehearsal.events_read >= MOST_EVENTS or time.monotonic() > deadline:
            return step.occurred, False
    return until, True


def read_steps(workspace: UUID, names: list[str], *, since: datetime, until: datetime) -> Iterator[Step]:
    """The events of these names, oldest first, a page at a time."""
    at, after = since, LAST_ID
    while True:
        rows = queries.read_past_events(
            workspace=workspace, names=names, since=at, after=after, until=until, limit=PAGE
        )
        for row in rows:
            yield Step(
                row.id,
                row.occurred,
                row.received,
                row.event,
                decode_resource(row.resource),
                decode_related(row.related),
            )
        if len(rows) < PAGE:
            return
        at, after = rows[-1].occurred, rows[-1].id
