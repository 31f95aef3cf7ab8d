"""Words and small values that several pages of runs share."""

import json
from datetime import datetime
from typing import Any

from msgspec import Struct

from runs.queries_pages import RunRow
from runs.services.page_data import FINISHED, plain

TYPES = {"SCHEDULE": "schedule", "DEPLOYMENT": "deployment", "AUTOMATION": "automation"}


class Row(Struct, frozen=True):
    """A line of a list of runs, ready to print."""

    run: RunRow
    when: datetime
    seconds: float | None
    since: datetime | None
    started_by: str


def as_rows(runs: list[RunRow]) -> list[Row]:
    return [
        Row(run, run.start_time or run.expected_start_time, seconds_of(run), running_since(run), started_by(run))
        for run in runs
    ]


def seconds_of(run: Any) -> float | None:
    """How long it ran; None if it has not begun."""
    if run.start_time is None:
        return None
    if run.total_run_time:
        return float(run.total_run_time)
    return (run.end_time - run.start_time).total_seconds() if run.end_time is not None else None


def running_since(run: Any) -> datetime | None:
    return run.start_time if run.state_type in ("RUNNING", "CANCELLING") and run.end_time is None else None


def started_by(run: Any) -> str:
    """Who or what made a run, in a word or a name."""
    maker = plain(run.created_by)
    if maker:
        kind, name = maker.get("type"), maker.get("display_value")
        return TYPES.get(kind) or name or (kind or "").replace("_", " ").lower() or "API"
    return "parent run" if run.parent_task_run_id else "API"


def is_finished(state_type: str | None) -> bool:
    return state_type in FINISHED


def pretty(value: Any) -> str:
    """JSON for people."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, default=str)


class Parameter(Struct, frozen=True):
    name: str
    value: str
    is_long: bool


def parameters(value: Any) -> list[Parameter]:
    found = []
    for name, given in (plain(value) or {}).items():
        text = given if isinstance(given, str) else pretty(given)
        found.append(Parameter(name, text, len(text) > 60 or "\n" in text))
    return found
