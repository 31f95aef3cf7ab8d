"""The statements of the evaluation, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Raw, Struct

from automations.rules.metrics import Measured
from automations.wire.automations import Automation
from automations.wire.evaluations import Evaluation
from controlplane.sql.statements import Statements


class Clock(Struct, frozen=True):
    """All but the edge is None before the first pass."""

    position: int | None
    mark: int | None
    marked: datetime | None
    as_of: datetime | None
    passed: datetime | None
    held_until: datetime | None
    horizon: int
    ahead: int


class Changed(Automation, kw_only=True):
    workspace_id: UUID
    version: int


class Locked(Struct, frozen=True):
    id: UUID
    version: int


class Head(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    occurred: datetime
    received: datetime
    event: str


class Body(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    occurred: datetime
    received: datetime
    event: str
    resource: Raw
    related: Raw
    follows: UUID | None
    is_repeated: bool


class Whole(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    occurred: datetime
    event: str
    resource: Raw
    related: Raw
    payload: Raw
    follows: UUID | None


class Place(Struct, frozen=True):
    """Where an event is found."""

    workspace_id: UUID
    id: UUID
    occurred: datetime


class Leader(Struct, frozen=True):
    workspace_id: UUID
    id: UUID


class MachineRow(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    automation_id: UUID
    trigger_id: UUID
    memory: Any


class OpenMachine(Struct, frozen=True):
    id: UUID
    trigger_id: UUID
    memory: Any
    deadline: datetime | None


class Pulse(Struct, frozen=True):
    automation_id: UUID
    depth: int
    this_minute: int


class Recorded(Struct, frozen=True):
    workspace_id: UUID
    automation_id: UUID


class Named(Struct, frozen=True):
    event: str


class Past(Struct, frozen=True):
    id: UUID
    occurred: datetime
    received: datetime
    event: str
    resource: Raw
    related: Raw


evaluation = Statements(Path(__file__).parent / "sql" / "evaluation.sql")

lock_evaluation = evaluation.scalar("lock_evaluation")
read_clock = evaluation.one("read_clock", Clock)
write_clock = evaluation.do("write_clock")
read_changed_automations = evaluation.all("read_changed_automations", Changed)
lock_automations = evaluation.all("lock_automations", Locked)
find_end = evaluation.scalar("find_end")
read_heads = evaluation.all("read_heads", Head)
read_bodies = evaluation.all("read_bodies", Body)
read_triggering_events = evaluation.all("read_triggering_events", Whole)
find_leaders = evaluation.all("find_leaders", Leader)
park_events = evaluation.do("park_events")
release_events = evaluation.all("release_events", Place)
read_machines = evaluation.all("read_machines", MachineRow)
read_due_machines = evaluation.all("read_due_machines", MachineRow)
write_machines = evaluation.do("write_machines")
forget_machines = evaluation.do("forget_machines")
reset_machines = evaluation.do("reset_machines")

evaluations = Statements(Path(__file__).parent / "sql" / "evaluations.sql")

insert_evaluations = evaluations.all("insert_evaluations", Recorded)
read_pulses = evaluations.all("read_pulses", Pulse)
list_evaluations = evaluations.all("list_evaluations", Evaluation)
read_machines_of = evaluations.all("read_machines_of", OpenMachine)
prune_evaluations = evaluations.do("prune_evaluations")
forget_old_firings = evaluations.do("forget_old_firings")
read_names = evaluations.all("read_names", Named)
read_past_events = evaluations.all("read_past_events", Past)

metrics = Statements(Path(__file__).parent / "sql" / "metrics.sql")

lock_measuring = metrics.scalar("lock_measuring")
measure_runs = metrics.all("measure_runs", Measured)
