"""What sweeps look for, in all workspaces."""

from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements


class Candidate(Struct, frozen=True):
    """A run that was in this state when it was found. What is to be done is decided again under its lock."""

    workspace_id: UUID
    id: UUID
    state_id: UUID


sql = Statements(Path(__file__).parent / "sql" / "sweeps.sql")

find_expired_pauses = sql.all("find_expired_pauses", Candidate)
find_stuck_cancellations = sql.all("find_stuck_cancellations", Candidate)
find_orphaned_task_runs = sql.all("find_orphaned_task_runs", Candidate)
find_orphaned_subflows = sql.all("find_orphaned_subflows", Candidate)
