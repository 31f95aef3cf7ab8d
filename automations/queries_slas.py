"""The statements of service levels, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements

slas = Statements(Path(__file__).parent / "sql" / "slas.sql")


class Found(Struct, frozen=True):
    """A violation that was found; `moment` is when the promise was broken."""

    workspace_id: UUID
    level_id: UUID
    subject: str
    flow_run_id: UUID | None
    moment: datetime


class Settled(Struct, frozen=True):
    """A violation that is over."""

    workspace_id: UUID
    id: UUID
    level_id: UUID
    subject: str
    flow_run_id: UUID | None
    moment: datetime


class Watched(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    deployment_id: UUID
    name: str
    severity: str
    kind: str
    seconds: float | None
    details: Raw
    watching_since: datetime
    last_met: datetime | None


class Described(Struct, frozen=True):
    id: UUID
    name: str
    severity: str
    kind: str
    details: Raw
    deployment_id: UUID
    deployment: str
    flow_id: UUID
    flow: str
    flow_run_id: UUID | None
    flow_run: str | None


class ViolatingRun(Struct, frozen=True):
    flow_run_id: UUID


find_slow_runs = slas.all("find_slow_runs", Found)
find_late_runs = slas.all("find_late_runs", Found)
find_gaps = slas.all("find_gaps", Found)
find_silent_runs = slas.all("find_silent_runs", Found)
find_watched = slas.all("find_watched", Watched)
is_met = slas.scalar("is_met")
is_told = slas.scalar("is_told")
mark_met = slas.do("mark_met")
insert_violation = slas.do("insert_violation")
find_settled = slas.all("find_settled", Settled)
resolve_violation = slas.do("resolve_violation")
describe_level = slas.one("describe_level", Described)
find_violating_runs = slas.all("find_violating_runs", ViolatingRun)
