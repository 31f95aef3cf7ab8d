"""The statements of clean-ups."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements


class Reserved(Struct, frozen=True):
    """A clean-up that was given to one connection."""

    id: UUID
    kind: str
    reservation_token: str
    lease_expires: datetime
    delivery_count: int
    work_queue_id: UUID | None
    flow_run_id: UUID
    infrastructure_pid: str | None


sql = Statements(Path(__file__).parent / "sql" / "cleanups.sql")

request_cleanup = sql.scalar("request_cleanup")
claim_cleanups = sql.all("claim_cleanups", Reserved)
release_connection = sql.do("release_connection")
bury_cleanups = sql.do("bury_cleanups")
forget_cleanups = sql.do("forget_cleanups")
