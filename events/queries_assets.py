"""Statements on assets."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw

from controlplane.sql.statements import Statements


@dataclass(frozen=True, slots=True)
class AssetRow:
    """The newest event of an asset, and the newest of those that made it (`made_*`), if any did. JSON is unread."""

    key: str
    id: UUID
    occurred: datetime
    event: str
    resource: Raw
    related: Raw
    payload: Raw
    total: int
    made_id: UUID | None
    made_at: datetime | None
    made_event: str | None
    made_related: Raw | None
    made_payload: Raw | None


sql = Statements(Path(__file__).parent / "sql" / "assets.sql")

list_assets = sql.all("list_assets", AssetRow)
