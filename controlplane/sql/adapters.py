"""How values cross between Python and PostgreSQL: json travels as `msgspec.Raw`, unread."""

from typing import Any

import psycopg
from msgspec import Raw
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

JSONB_OID = 3802


class JsonbLoader(Loader):
    """Binary jsonb is one version byte and the text: kept as it came."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Raw:
        return Raw(bytes(data)[1:])


class JsonLoader(Loader):
    """Binary json is its text, in the order in which it was written."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Raw:
        return Raw(bytes(data))


class RawDumper(Dumper):
    """JSON text that is already encoded goes to a jsonb parameter as it is."""

    oid = JSONB_OID

    def dump(self, obj: Raw) -> Buffer:
        return bytes(obj)


def prepare_cursor(connection: Any) -> psycopg.Cursor[Any]:
    """The kit's cursor of a connection: server-side parameters, binary results. Made once for each connection."""
    cursor: psycopg.Cursor[Any] | None = getattr(connection, "signalbox_cursor", None)
    if cursor is None:
        cursor = psycopg.Cursor(connection)
        cursor.format = Format.BINARY
        cursor.adapters.register_loader("jsonb", JsonbLoader)
        cursor.adapters.register_loader("json", JsonLoader)
        cursor.adapters.register_dumper(Raw, RawDumper)
        connection.prepared_max = 1000
        connection.signalbox_cursor = cursor
    return cursor
