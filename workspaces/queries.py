"""The room's named statements."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements
from workspaces.wire import AuditEntry, Boundary, Stored


class Unchained(Struct, frozen=True):
    """An entry with everything that its link seals."""

    id: UUID
    workspace_id: UUID
    account_id: UUID
    created: datetime
    actor_type: str
    actor_id: UUID | None
    actor_name: str
    key_id: UUID | None
    action: str
    target_kind: str
    target_id: str
    target_name: str
    changes: Raw
    via: str
    address: str
    client: str


class ChainEnd(Struct, frozen=True):
    account: UUID
    number: int
    seal: bytes


class Link(Struct, frozen=True):
    """A link, and the entry that it seals if that is still there."""

    number: int
    seal: bytes
    link_id: UUID
    link_workspace: UUID
    id: UUID | None
    workspace_id: UUID | None
    account_id: UUID | None
    created: datetime | None
    actor_type: str | None
    actor_id: UUID | None
    actor_name: str | None
    key_id: UUID | None
    action: str | None
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    changes: Raw | None
    via: str | None
    address: str | None
    client: str | None


class Refusal(Struct, frozen=True):
    """A key that was refused in the last day. `pool` is empty unless a worker asked with it."""

    key_id: UUID
    key_name: str
    reason: str
    refused_since: datetime | None
    pool: str
    address: str
    client: str
    last: datetime
    times: int


audit = Statements(Path(__file__).parent / "sql" / "audit.sql")

record_entry = audit.do("record_entry")
record_entry_text = audit.text("record_entry")
list_entries = audit.all("list_entries", AuditEntry)
lock_chains = audit.scalar("lock_chains")
find_unchained = audit.all("find_unchained", Unchained)
read_chain_ends = audit.all("read_chain_ends", ChainEnd)
add_links = audit.do("add_links")
read_chain = audit.all("read_chain", Link)
count_unchained = audit.scalar("count_unchained")

boundary = Statements(Path(__file__).parent / "sql" / "boundary.sql")

read_boundary = boundary.one("read_boundary", Boundary)
set_boundary = boundary.do("set_boundary")
lock_meter = boundary.scalar("lock_meter")
count_stored = boundary.do("count_stored")
read_stored = boundary.all("read_stored", Stored)

refusals = Statements(Path(__file__).parent / "sql" / "refusals.sql")

remember_refusal = refusals.do("remember_refusal")
list_refusals = refusals.all("list_refusals", Refusal)
forget_refusals = refusals.do("forget_refusals")
