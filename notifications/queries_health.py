"""The statements about channels that fail, each with the row it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements

health = Statements(Path(__file__).parent / "sql" / "health.sql")


class Unhealthy(Struct, frozen=True):
    """A channel that a person has to look at. `status` is FAILING or DISABLED."""

    id: UUID
    kind: str
    name: str
    status: str
    reason: str
    since: datetime | None


class Untold(Struct, frozen=True):
    """A channel whose owners are told now."""

    workspace_id: UUID
    id: UUID
    name: str
    kind: str
    status: str
    reason: str
    account: str
    workspace: str
    owners: list[str]


find_unhealthy_channels = health.all("find_unhealthy_channels", Unhealthy)
claim_untold_channels = health.all("claim_untold_channels", Untold)
mark_owners_told = health.do("mark_owners_told")
note_unhealthy_channels = health.do("note_unhealthy_channels")
