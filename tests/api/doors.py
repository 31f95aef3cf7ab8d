"""Every door of the router, with a path that can be called."""

import re
from importlib import import_module
from uuid import uuid4

import psycopg

from controlplane.wire.doors import OPEN, REGISTRY, SIGNED_IN, Door

import_module("controlplane.api")

CONVERTER = re.compile(r"<(\w+):(\w+)>")


def path_of(door: Door) -> str:
    """The door's path for things that do not exist."""
    return "/" + CONVERTER.sub(lambda match: str(uuid4()) if match[1] == "uuid" else "nothing-like-it", door.route)


DOORS = sorted(REGISTRY, key=lambda door: (door.route, door.method))
WORKSPACE_DOORS = [door for door in DOORS if door.needs not in (OPEN, SIGNED_IN)]


def name_of(door: Door) -> str:
    return f"{door.method} {door.route}"


def contents(database: psycopg.Connection, workspace_id) -> dict[str, str]:
    """A fingerprint of everything a workspace has, by table.

    Without `audit_link`: a sweep seals there what the audit trail says, some seconds after it was said. Without
    `refused_key`: that a worker's key was refused is what it remembers. Refusals are in the audit trail too. Without
    `data_meter`: a sweep counts there what is stored.
    """
    tables = database.execute(
        "SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
        " WHERE a.attname = 'workspace_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        " AND c.relnamespace = 'public'::regnamespace"
        " AND c.relname NOT IN ('api_key', 'workspace_access', 'audit_link', 'refused_key', 'data_meter')"
    ).fetchall()
    found = {}
    for (table,) in tables:
        row = database.execute(
            "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
            f" FROM {table} AS t WHERE workspace_id = %s"
            + (" AND action <> 'permission.refused'" if table == "audit_entry" else ""),
            [workspace_id],
        ).fetchone()
        found[table] = row[0]
    database.commit()
    return found
