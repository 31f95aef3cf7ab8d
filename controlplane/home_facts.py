"""The statements of Home, each with the row it returns. Roof: they read the tables of every room."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements

sql = Statements(Path(__file__).parent / "home.sql")


class Bar(Struct, frozen=True):
    """Runs of one state in one stretch of time."""

    bucket: int
    state_type: str
    is_late: bool | None
    runs: int


class Work(Struct, frozen=True, kw_only=True):
    """A run with the names of what it belongs to."""

    id: UUID
    name: str
    state_type: str
    state_name: str | None
    flow: str | None
    deployment: str | None

    @property
    def work(self) -> str:
        """`train-forecast / nightly`"""
        return " / ".join(part for part in (self.flow, self.deployment) if part)


class Failure(Work, frozen=True, kw_only=True):
    ended: datetime
    failures: int
    message: str | None

    @property
    def reason(self) -> str:
        """The last line of the state's message: an exception's type and text stand at its end."""
        lines = [line for line in (self.message or "").splitlines() if line.strip()]
        return lines[-1].strip()[:300] if lines else ""


class Running(Work, frozen=True, kw_only=True):
    start_time: datetime | None
    since: datetime | None
    total: int


class Due(Work, frozen=True, kw_only=True):
    due: datetime | None


class Pool(Struct, frozen=True):
    name: str
    type: str
    is_paused: bool
    concurrency_limit: int | None
    workers: int
    online: int
    is_polled: bool
    waiting: int
    running: int
    oldest: datetime | None

    @property
    def is_abandoned(self) -> bool:
        """Runs wait and nobody takes them."""
        return bool(self.waiting) and not self.online and not self.is_polled and not self.is_paused

    @property
    def status(self) -> str:
        if self.is_paused:
            return "paused"
        return "online" if self.online or self.is_polled else "offline"


class Deliveries(Struct, frozen=True):
    """What became of the messages of a day. `usual_seconds`: how long after what they tell, half of them or more."""

    sent: int
    failed: int
    not_sent: int
    waiting: int
    usual_seconds: float | None


class Progress(Struct, frozen=True):
    """How far setting up has come, and how alerts do."""

    run_id: UUID | None
    run_name: str | None
    run_state_type: str | None
    run_state_name: str | None
    run_seconds: float | None
    channels: int
    failing_channels: int
    rules: int
    first_alert: datetime | None
    delivered: int
    undelivered: int


count_runs = sql.all("count_runs", Bar)
find_attention = sql.all("find_attention", Failure)
find_running = sql.all("find_running", Running)
find_next = sql.all("find_next", Due)
read_pools = sql.all("read_pools", Pool)
count_deliveries = sql.one("count_deliveries", Deliveries)
read_progress = sql.one("read_progress", Progress)
