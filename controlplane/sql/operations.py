"""Migration operations: a tenant table is born protected."""

from typing import Any

from django.db.migrations.operations.base import Operation

ROLE_APP = "signalbox_app"
ROLE_SYSTEM = "signalbox_system"
INSIDE = "workspace_id = NULLIF(current_setting('app.workspace_id', true), '')::uuid"


def policies(table: str) -> str:
    """Row-level security for one table or partition: one workspace for the runtime role, all for sweeps.

    A plain expression: wrapped in a function or a sub-select it costs more and hides the value from the planner.
    """
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY workspace ON {table} FOR ALL TO {ROLE_APP} USING ({INSIDE}) WITH CHECK ({INSIDE});
        CREATE POLICY system ON {table} FOR ALL TO {ROLE_SYSTEM} USING (true) WITH CHECK (true);
        REVOKE ALL ON {table} FROM {ROLE_APP}, {ROLE_SYSTEM};
        GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ROLE_APP}, {ROLE_SYSTEM};
    """


class SqlOperation(Operation):
    """Runs SQL made from its arguments; reversing a protection happens with its table."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(self.sql(), params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pass

    def sql(self) -> str:
        raise NotImplementedError


class ProtectTable(SqlOperation):
    """Key a table by `(workspace_id, id)`, tie its references to the same workspace and force row-level security.

    `references` maps a column to `table` (the row goes with what it points at) or `table SET NULL`.
    Foreign keys and unique constraints ignore row-level security, hence the workspace in each of them.
    A `root` table has no such parent and points at the workspace itself.
    """

    def __init__(self, table: str, references: dict[str, str] | None = None, *, root: bool = False) -> None:
        self.table = table
        self.references = references or {}
        self.root = root

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table, self.references], {"root": self.root}

    def describe(self) -> str:
        return f"Protect {self.table}"

    def sql(self) -> str:
        return f"""
            ALTER TABLE {self.table} DROP CONSTRAINT {self.table}_pkey CASCADE;
            ALTER TABLE {self.table} ADD PRIMARY KEY (workspace_id, id);
            {"".join(self.reference(column, target) for column, target in self.references.items())}
            {self.rooted() if self.root else ""}
            {policies(self.table)}
        """

    def rooted(self) -> str:
        return (
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_workspace "
            f"FOREIGN KEY (workspace_id) REFERENCES workspace (id) ON DELETE CASCADE;"
        )

    def reference(self, column: str, target: str) -> str:
        table, _, rest = target.partition(" ")
        action = f"SET NULL ({column})" if rest == "SET NULL" else "CASCADE"
        return (
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.table}_{column}_same_workspace "
            f"FOREIGN KEY (workspace_id, {column}) REFERENCES {table} (workspace_id, id) ON DELETE {action};"
        )


class ProtectTagTable(SqlOperation):
    """A side table `(workspace_id, <owner>_id, tag)`: equality on a tag is leakproof, `@>` on an array is not."""

    def __init__(self, owner: str) -> None:
        self.owner = owner

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.owner], {}

    def describe(self) -> str:
        return f"Create {self.owner}_tag"

    def sql(self) -> str:
        table, owner = f"{self.owner}_tag", self.owner
        return f"""
            CREATE TABLE {table} (
                workspace_id uuid NOT NULL,
                {owner}_id uuid NOT NULL,
                tag text NOT NULL,
                PRIMARY KEY (workspace_id, {owner}_id, tag),
                FOREIGN KEY (workspace_id, {owner}_id) REFERENCES {owner} (workspace_id, id) ON DELETE CASCADE
            );
            CREATE INDEX {table}_by_tag ON {table} (workspace_id, tag, {owner}_id);
            {policies(table)}
        """

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"DROP TABLE {self.owner}_tag", params=None)


class PartitionByDay(SqlOperation):
    """Create a table partitioned by day of `column`, with a protected default partition.

    `ensure_partitions(table, days)` adds the days ahead; retention drops whole days.
    """

    def __init__(self, table: str, column: str, columns: str) -> None:
        self.table, self.column, self.columns = table, column, columns

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table, self.column, self.columns], {}

    def describe(self) -> str:
        return f"Create {self.table}, partitioned by day of {self.column}"

    def sql(self) -> str:
        return f"""
            CREATE TABLE {self.table} ({self.columns}) PARTITION BY RANGE ("{self.column}");
            {policies(self.table)}
            CREATE TABLE {self.table}_default PARTITION OF {self.table} DEFAULT;
            {policies(self.table + "_default")}
            SELECT ensure_partitions('{self.table}', 7);
        """

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"DROP TABLE {self.table} CASCADE", params=None)


# Runs as the owner, for roles that own nothing: it can only add a protected day to a table that is already partitioned.
ENSURE_PARTITIONS = f"""
CREATE FUNCTION ensure_partitions(parent text, days int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    day date;
    child text;
    made int := 0;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_partitioned_table WHERE partrelid = to_regclass(parent)) THEN
        RAISE EXCEPTION '% is not a partitioned table', parent;
    END IF;
    FOR day IN SELECT generate_series(current_date, current_date + days, interval '1 day')::date LOOP
        child := parent || '_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(child) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent,
                       day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
        EXECUTE format($policy$CREATE POLICY workspace ON %I FOR ALL TO {ROLE_APP}
            USING ({INSIDE}) WITH CHECK ({INSIDE})$policy$, child);
        EXECUTE format('CREATE POLICY system ON %I FOR ALL TO {ROLE_SYSTEM} USING (true) WITH CHECK (true)', child);
        EXECUTE format('REVOKE ALL ON %I FROM {ROLE_APP}, {ROLE_SYSTEM}', child);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO {ROLE_APP}, {ROLE_SYSTEM}', child);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
"""
