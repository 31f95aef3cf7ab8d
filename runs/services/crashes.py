"""Flow runs whose process is gone without a word become CRASHED.

Only those are looked at that send heartbeats at all. A missing heartbeat is not enough: there must be no other sign of
life either, and the run must stay silent while we are there to hear it. Several processes may sweep at once.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from controlplane.sql.transactions import system_transaction, workspace_transaction
from events.wire.events import RESOURCE_ID, Event
from runs import queries_pulses as queries
from runs.queries_sweeps import Candidate
from runs.rules.crashing import Silence, describe, judge, silence
from runs.services import locking, sweeping
from runs.services.announcing import raw

HEARTBEAT = "prefect.flow-run.heartbeat"
FLOW_RUN = "prefect.flow-run."
SHORTEST_SILENCE = timedelta(seconds=90)


def record_heartbeats(workspace: UUID, events: Sequence[Event], *, now: datetime) -> None:
    """Keep the newest heartbeat of each run in a batch of events, in the open transaction."""
    newest: dict[UUID, datetime] = {}
    for event in events:
        if event.event == HEARTBEAT and (run := run_of(event)) is not None:
            moment = event.occurred if event.occurred.tzinfo is not None else event.occurred.replace(tzinfo=UTC)
            newest[run] = max(moment, newest.get(run, moment))
    if newest:
        beats = [{"run": run, "occurred": moment} for run, moment in sorted(newest.items())]
        queries.record_heartbeats(workspace=workspace, beats=raw(beats), now=now)


def find_silence(workspace: UUID, run: UUID, *, now: datetime) -> Silence | None:
    """Whether a running run's heartbeat is missing; None for one that never sent any."""
    signs = queries.read_signs(workspace=workspace, run=run, now=now)
    return None if signs is None else silence(signs, now)


def run_of(event: Event) -> UUID | None:
    try:
        return UUID(event.resource[RESOURCE_ID].removeprefix(FLOW_RUN))
    except ValueError:
        return None


def mark_crashed(now: datetime) -> int:
    """How many runs were found to be gone."""
    before = now - SHORTEST_SILENCE
    with system_transaction():
        queries.forget_pulses(before=before)
    crashed = 0
    for run in sweeping.all_pages(queries.find_silent_runs, before=before):
        with workspace_transaction(run.workspace_id):
            crashed += look_at(run, now)
    return crashed


def look_at(run: Candidate, now: datetime) -> bool:
    """Under the run's lock; one that has moved on since it was found is left alone."""
    row = locking.lock_flow_run(run.workspace_id, run.id)
    if row is None or row.state_id != run.state_id:
        return False
    signs = queries.read_signs(workspace=run.workspace_id, run=run.id, now=now)
    if signs is None:
        return False
    verdict = judge(signs, now)
    if verdict == "crashed":
        return sweeping.enter(run, "CRASHED", describe(signs, now), now=now, force=True)
    suspected = {"alive": None, "suspect": now, "doubted": signs.suspected}[verdict]
    queries.mark_pulse(workspace=run.workspace_id, run=run.id, now=now, suspected=suspected)
    return False
