"""The counters and times of a run that follow from its states."""

from datetime import datetime, timedelta

from runs.rules.facts import CurrentState, Proposed, RunFacts
from runs.rules.verdicts import RunChanges
from runs.wire.states import TERMINAL

TICK = timedelta(microseconds=1)


def bookkeeping(run: RunFacts, initial: CurrentState | None, state: Proposed, now: datetime) -> RunChanges:
    """What the run's row says once it has left `initial` and entered `state`."""
    left = None if initial is None else initial.type
    moment = now if initial is None or now > initial.timestamp else initial.timestamp + TICK
    scheduled = state.state_details.scheduled_time if state.type == "SCHEDULED" else None

    start_time, end_time = run.start_time, run.end_time
    if state.type == "RUNNING":
        start_time = start_time or moment
    if state.type in TERMINAL:
        end_time = end_time or moment
        start_time = start_time or end_time
    elif left in TERMINAL:
        end_time = None

    total_run_time = run.total_run_time
    if initial is not None and left == "RUNNING":
        total_run_time += (moment - initial.timestamp).total_seconds()

    next_scheduled = run.next_scheduled_start_time
    if "SCHEDULED" in (left, state.type):
        next_scheduled = scheduled

    return RunChanges(
        state_type=state.type,
        state_name=state.name,
        state_timestamp=moment,
        start_time=start_time,
        end_time=end_time,
        total_run_time=total_run_time,
        expected_start_time=run.expected_start_time or scheduled or moment,
        next_scheduled_start_time=next_scheduled,
        run_count=run.run_count + (state.type == "RUNNING" and not run.resuming),
    )
