"""Every column that holds sealed values, in whatever room: a rotation seals them all anew."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.apps import apps
from msgspec import Struct
from psycopg import sql

from blocks.services import sealing
from controlplane.sql.models import SealedField
from controlplane.sql.transactions import open_cursor


class SealedColumn(Struct, frozen=True):
    """A bytea column of a tenant table, null or sealed for (table, the row's id, field)."""

    table: str
    field: str

    @property
    def name(self) -> str:
        return f"{self.table}.{self.field}"


def sealed_columns() -> list[SealedColumn]:
    return [
        SealedColumn(model._meta.db_table, field.name)
        for model in apps.get_models()
        for field in model._meta.fields
        if isinstance(field, SealedField)
    ]


# Bytes 2 to 17 of a sealed value are the id of its key.
COUNT = sql.SQL(
    "SELECT count(*) FROM {table} WHERE workspace_id = %(workspace)s::uuid"
    " AND {field} IS NOT NULL AND substring({field} from 2 for 16) <> %(key)s::bytea"
)
# Not FOR UPDATE: references to the row need not wait.
TAKE = sql.SQL(
    "SELECT id, {field} FROM {table} WHERE workspace_id = %(workspace)s::uuid AND id > %(after)s::uuid"
    " AND {field} IS NOT NULL AND substring({field} from 2 for 16) <> %(key)s::bytea"
    " ORDER BY id LIMIT %(limit)s::int FOR NO KEY UPDATE"
)
PUT = sql.SQL(
    "UPDATE {table} SET {field} = new.value FROM unnest(%(ids)s::uuid[], %(values)s::bytea[]) AS new (id, value)"
    " WHERE {table}.workspace_id = %(workspace)s::uuid AND {table}.id = new.id"
)


def count_older(workspace: UUID, column: SealedColumn, key: UUID) -> int:
    """How many values are sealed with another key than this."""
    row = run(COUNT, column, workspace=workspace, key=key.bytes).fetchone()
    return int(row[0])


def reseal_batch(
    workspace: UUID, column: SealedColumn, key: sealing.Unwrapped, *, after: UUID, limit: int
) -> tuple[UUID | None, int]:
    """Seal the next values with `key`: the last row's id, or None when there was none, and how many there were."""
    rows = run(TAKE, column, workspace=workspace, key=key.id.bytes, after=after, limit=limit).fetchall()
    if not rows:
        return None, 0
    values = []
    for id, sealed in rows:
        place = {"table": column.table, "row": id, "field": column.field}
        plain = sealing.open_sealed(workspace, sealed=bytes(sealed), **place)
        values.append(sealing.seal_with(key, workspace, plaintext=plain, **place))
    run(PUT, column, workspace=workspace, ids=[id for id, _ in rows], values=values)
    return rows[-1][0], len(rows)


def run(statement: sql.SQL, column: SealedColumn, **params: Any) -> Any:
    named: Callable[..., sql.Composed] = statement.format
    text = named(table=sql.Identifier(column.table), field=sql.Identifier(column.field))
    return open_cursor().execute(text, params)
