"""The statements of the pages of blocks, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements


class Use(Struct, frozen=True):
    """Something that refers to a block; `key` is what its page is called by."""

    kind: str
    key: str
    name: str
    place: str


class BlockName(Struct, frozen=True):
    id: UUID
    name: str
    slug: str
    type_name: str


class BlockRow(Struct, frozen=True):
    id: UUID
    name: str
    slug: str
    type_name: str
    created: datetime
    updated: datetime


class TypeRow(Struct, frozen=True):
    id: UUID
    name: str
    slug: str
    description: str | None
    capabilities: list[str]
    documents: int


usage = Statements(Path(__file__).parent / "sql" / "usage.sql")

find_block_uses = usage.all("find_block_uses", Use)
find_block_names = usage.all("find_block_names", BlockName)
list_block_names = usage.all("list_block_names", BlockRow)
list_type_uses = usage.all("list_type_uses", TypeRow)
find_variable_uses = usage.all("find_variable_uses", Use)
find_newest_schema = usage.scalar("find_newest_schema")
