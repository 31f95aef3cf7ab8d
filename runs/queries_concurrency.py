"""The statements of concurrency limits, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements
from runs.rules.slots import Limit
from runs.wire import concurrency as wire


class ReadLimit(Limit, kw_only=True, frozen=True):
    """A limit as it is read, without a lock; `task_runs` hold slots of it."""

    created: datetime
    updated: datetime
    task_runs: list[UUID]


class LeasedSlots(Struct):
    """What live leases hold of a limit."""

    id: UUID
    slots: int
    by_lease: bool
    by_holder: bool


class FreedSlots(Struct):
    """A lease's row that is gone."""

    limit_id: UUID | None
    slots: int
    age_seconds: float


sql = Statements(Path(__file__).parent / "sql" / "concurrency.sql")

create_limit = sql.one("create_limit", wire.Limit)
set_tag_limit = sql.one("set_tag_limit", wire.Limit)
read_limits = sql.all("read_limits", ReadLimit)
update_limit = sql.one("update_limit", wire.Limit)
delete_limit = sql.one("delete_limit", wire.Limit)

lock_limits = sql.all("lock_limits", Limit)
lock_held_limits = sql.all("lock_held_limits", Limit)
count_leased = sql.all("count_leased", LeasedSlots)
write_books = sql.do("write_books")

insert_lease = sql.do("insert_lease")
renew_lease = sql.do("renew_lease")
delete_leases = sql.all("delete_leases", FreedSlots)
delete_leases_of_limit = sql.all("delete_leases_of_limit", FreedSlots)
detach_oldest_leases = sql.do("detach_oldest_leases")
lock_expired_limits = sql.all("lock_expired_limits", Limit)
delete_expired_leases = sql.all("delete_expired_leases", FreedSlots)
