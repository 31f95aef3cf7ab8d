"""The two walls between tenants, read from the database's own catalogue."""

import re
from uuid import uuid4

import psycopg
import pytest
from django.db import connections

from controlplane.settings import database as database_of
from controlplane.sql.operations import INSIDE
from controlplane.sql.transactions import open_cursor, workspace_transaction
from controlplane.sql.walls import UnsafeRole, refuse_unsafe_roles

TENANT_TABLES = """
    SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner)
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
# Read before a workspace is known: the system role only.
IDENTITY_TABLES = {"workspace_access", "api_key"}
# Only ever added to.
TRAIL = {"audit_entry", "audit_link"}


def tenant_tables(catalogue: psycopg.Connection) -> list[str]:
    rows = catalogue.execute(TENANT_TABLES).fetchall()
    return sorted(row[0] for row in rows if row[0] not in IDENTITY_TABLES)


def test_every_tenant_table_and_partition_forces_row_level_security(catalogue):
    rows = [row for row in catalogue.execute(TENANT_TABLES).fetchall() if row[0] not in IDENTITY_TABLES]
    assert len(rows) >= 40, "tables and partitions are missing: is the list still made from the catalogue?"
    assert [row[0] for row in rows if not (row[1] and row[2])] == []
    assert {row[3] for row in rows} == {"signalbox_owner"}


def test_every_tenant_table_has_exactly_the_two_policies(catalogue):
    expected = re.sub(r"\s+", "", INSIDE)
    for table in tenant_tables(catalogue):
        found = catalogue.execute(
            "SELECT policyname, roles::text, qual, with_check, cmd, permissive FROM pg_policies"
            " WHERE tablename = %s ORDER BY 1",
            [table],
        ).fetchall()
        assert [(row[0], row[1], row[4], row[5]) for row in found] == [
            ("system", "{signalbox_system}", "ALL", "PERMISSIVE"),
            ("workspace", "{signalbox_app}", "ALL", "PERMISSIVE"),
        ], table
        for expression in found[1][2:4]:
            assert re.sub(r"[()\s]|::text", "", expression) == re.sub(r"[()]", "", expected), table


def test_the_runtime_roles_own_nothing_and_bypass_nothing(catalogue):
    roles = catalogue.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname LIKE 'signalbox%' ORDER BY 1"
    ).fetchall()
    assert roles == [
        ("signalbox_app", False, False, False, False),
        ("signalbox_owner", False, False, False, False),
        ("signalbox_system", False, False, False, False),
    ]
    owned = catalogue.execute(
        "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) IN ('signalbox_app', 'signalbox_system')"
    ).fetchone()
    assert owned == (0,)


def test_the_app_role_may_touch_tenant_tables_only(catalogue):
    granted = catalogue.execute(
        "SELECT DISTINCT table_name FROM information_schema.role_table_grants WHERE grantee = 'signalbox_app'"
    ).fetchall()
    assert sorted(row[0] for row in granted) == [name for name in tenant_tables(catalogue) if name not in TRAIL]
    by_column = catalogue.execute(
        "SELECT DISTINCT table_name, privilege_type FROM information_schema.column_privileges"
        " WHERE grantee = 'signalbox_app' AND table_name = ANY(%s)",
        [list(TRAIL)],
    ).fetchall()
    assert by_column == [("audit_entry", "INSERT")]


def test_keys_and_references_carry_the_workspace(catalogue):
    """Foreign keys and unique constraints ignore row-level security, so each contains `workspace_id`."""
    constraints = catalogue.execute(
        """
        SELECT c.conrelid::regclass::text, c.conname, c.contype, c.confrelid::regclass::text,
            ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.conrelid AND attnum = ANY (c.conkey))
        FROM pg_constraint AS c WHERE c.contype IN ('p', 'u', 'f') AND c.connamespace = 'public'::regnamespace
        """
    ).fetchall()
    tables = set(tenant_tables(catalogue))
    without = [row[:2] for row in constraints if row[0] in tables and "workspace_id" not in row[4]]
    assert without == []
    crossing = [
        row[:2] for row in constraints if row[2] == "f" and row[0] in tables and row[3] not in tables | {"workspace"}
    ]
    assert crossing == []


def test_indexes_of_hot_filters_need_no_operator_that_leaks(catalogue):
    """No GIN index on tags: under row-level security it could never be used."""
    gin = catalogue.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexdef LIKE '%USING gin%'"
    ).fetchall()
    assert gin == []


def test_without_a_workspace_there_are_no_rows(servers, tenant, database):
    tenant.ok("POST", "/flows/", {"name": "mine"})
    assert database.execute("SELECT count(*) FROM flow").fetchone() == (0,)
    database.execute("SELECT set_config('app.workspace_id', %s, true)", [str(tenant.workspace_id)])
    assert database.execute("SELECT name FROM flow").fetchall() == [("mine",)]
    database.rollback()
    assert database.execute("SELECT count(*) FROM flow").fetchone() == (0,)


def test_row_level_security_alone_hides_and_refuses_foreign_rows(tenant, stranger):
    flow = tenant.ok("POST", "/flows/", {"name": "mine"})
    with workspace_transaction(stranger.workspace_id):
        cursor = open_cursor()
        assert cursor.execute("SELECT count(*) FROM flow WHERE id = %s", [flow["id"]]).fetchone() == (0,)
        assert cursor.execute("UPDATE flow SET name = 'theirs' WHERE id = %s", [flow["id"]]).rowcount == 0
        assert cursor.execute("DELETE FROM flow WHERE id = %s", [flow["id"]]).rowcount == 0
    assert tenant.ok("GET", f"/flows/{flow['id']}")["name"] == "mine"


def test_a_row_for_another_workspace_is_refused(tenant, stranger):
    with pytest.raises(psycopg.errors.InsufficientPrivilege), workspace_transaction(stranger.workspace_id):
        open_cursor().execute(
            "INSERT INTO flow (id, workspace_id, name, tags, labels) VALUES (%s, %s, 'smuggled', '{}', '{}')",
            [uuid4(), tenant.workspace_id],
        )
    assert tenant.ok("POST", "/flows/count", {}) == 0


def test_a_reference_to_a_foreign_row_is_refused(tenant, stranger):
    flow = tenant.ok("POST", "/flows/", {"name": "mine"})
    answer = stranger.call("POST", "/flow_runs/", {"flow_id": flow["id"]})
    assert answer.status_code == 409
    assert stranger.ok("POST", "/flow_runs/count", {}) == 0
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_partitions_of_coming_days_are_protected_by_the_function_that_makes_them(catalogue):
    for table in ("event", "log"):
        partitions = catalogue.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table]
        ).fetchall()
        assert len(partitions) == 9  # eight days from today, and the default
        assert {row[0] for row in partitions} <= set(tenant_tables(catalogue))


def test_the_server_refuses_a_role_that_the_walls_do_not_bind(servers, monkeypatch):
    refuse_unsafe_roles()
    for unbound in (servers.urls.owner, f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox"):
        with monkeypatch.context() as patch:
            connections["system"].close()
            patch.setitem(connections.settings, "system", {**connections.settings["system"], **database_of(unbound)})
            patch.setattr(connections["system"], "settings_dict", connections.settings["system"])
            with pytest.raises(UnsafeRole, match="Tenants would see each other"):
                refuse_unsafe_roles()
    connections["system"].close()
