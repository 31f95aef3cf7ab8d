"""The timeline of a run: a bar for each task run, with its attempts, and for each sub-flow."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils.safestring import SafeString

from controlplane.ui import charts, states
from runs.queries_pages import RunPage, TimelineRow
from runs.services.page_data import plain
from runs.services.page_words import seconds_of

Address = Callable[[str, UUID], str]


def draw_timeline(run: RunPage, tasks: list[TimelineRow], now: datetime, address: Address) -> SafeString | None:
    """None while nothing has begun."""
    begun = [task for task in tasks if started(task) is not None]
    start = (
        min([run.start_time, *(started(task) for task in begun)], key=lambda moment: moment or now) if begun else None
    )
    if start is None:
        return None
    ends = [ended(task) or now for task in begun]
    end = max([*ends, *([run.end_time] if run.end_time else [])])
    return charts.gantt([row(task, address) for task in begun], start=start, end=max(end, start))


def started(task: TimelineRow) -> datetime | None:
    return task.start_time or task.child_start


def ended(task: TimelineRow) -> datetime | None:
    return task.end_time or task.child_end


def row(task: TimelineRow, address: Address) -> charts.Row:
    look = states.look(task.state_type, task.state_name)
    retries = max(task.run_count - 1, 0)
    notes = [] if not retries else ["1 retry" if retries == 1 else f"{retries} retries"]
    if task.child_id is not None:
        notes.append(f"sub-flow run {task.child_name}")
    return charts.Row(
        name=task.name if task.child_name is None else f"{task.name} › {task.child_name}",
        state=look.key, word=look.word, segments=segments(task, look.key),
        url=address("run", task.child_id) if task.child_id is not None else address("task_run", task.id),
        seconds=seconds_of(task), notes=notes,
    )  # fmt: skip


def segments(task: TimelineRow, state: str) -> list[charts.Segment]:
    first = started(task)
    assert first is not None
    tried = attempts(task)
    if len(tried) < 2:
        return [charts.Segment(first, ended(task), state)]
    found = []
    for place, (begin, end) in enumerate(tried):
        last = place == len(tried) - 1
        found.append(
            charts.Segment(
                begin, ended(task) if last else end, state if last else "failed", "run" if last else "earlier"
            )
        )
        if not last and end is not None:
            found.append(charts.Segment(end, tried[place + 1][0], state, "waiting"))
    return found


def attempts(task: TimelineRow) -> list[tuple[datetime, datetime | None]]:
    """When each attempt ran, out of the states that the task run went through."""
    moments = [(past["type"], datetime.fromisoformat(past["moment"])) for past in plain(task.attempts) or []]
    found: list[tuple[datetime, datetime | None]] = []
    for place, (type, moment) in enumerate(moments):
        if type == "RUNNING":
            found.append((moment, next((later for _, later in moments[place + 1 :]), None)))
    return found
