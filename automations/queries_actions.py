"""The statements of triggered actions, each bound to the row that it returns."""

from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements

actions = Statements(Path(__file__).parent / "sql" / "actions.sql")


class Inserted(Struct, frozen=True):
    id: UUID


insert_actions = actions.all("insert_actions", Inserted)
