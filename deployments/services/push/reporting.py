"""What a run is told of its task."""

import logging
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from msgspec import json

from runs.services import flow_runs, logs, transitions
from runs.wire.flow_runs import FlowRunUpdate
from runs.wire.logs import LogCreate
from runs.wire.states import StateCreate

LOGGER = "signalbox.push"
# Waiting to run again, elsewhere or later: the task that ended was not the last one.
WAITING = frozenset({"SCHEDULED", "PAUSED"})


def keep_pid(workspace: UUID, flow_run_id: UUID, pid: str, *, now: datetime) -> None:
    flow_runs.update_flow_run(workspace, flow_run_id, FlowRunUpdate(infrastructure_pid=pid), now=now)


def log(workspace: UUID, flow_run_id: UUID, words: str, *, is_bad: bool, now: datetime) -> None:
    level = logging.ERROR if is_bad else logging.INFO
    line = LogCreate(name=LOGGER, level=level, message=words, timestamp=now, flow_run_id=flow_run_id)
    logs.store_logs(workspace, json.encode([line]), now=now)


def end_run(workspace: UUID, flow_run_id: UUID, state: str, words: str, *, was: str, now: datetime) -> None:
    """Crash or cancel a run that has not ended itself."""
    if state == "CRASHED" and was in WAITING:
        return
    entering = cast(Literal["CRASHED", "CANCELLED"], state)
    transitions.propose_state(workspace, flow_run_id, StateCreate(type=entering, message=words), now=now)
