"""PostgreSQL accepts what the filter grammar writes: every operator of every entity, and every order."""

from uuid import UUID

import psycopg
import pytest

from controlplane.filters import FAMILIES, SORTS
from tests.filter_samples import bodies, compiled

WORKSPACE = UUID("01890000-0000-7000-8000-0000000000aa")


@pytest.fixture
def database(database):
    """The connection inside a workspace, for the policies of row-level security."""
    with database.transaction(force_rollback=True):
        database.execute("SELECT set_config('app.workspace_id', %s, true)", [str(WORKSPACE)])
        yield database


def tables_missing(database, text):
    """Names after FROM that the schema does not have yet."""
    words = text.replace("(", " ").split()
    tables = {words[i + 1] for i, word in enumerate(words) if word == "FROM" and words[i + 1] != "unnest"}
    return {table for table in tables if database.execute("SELECT to_regclass(%s)", [table]).fetchone()[0] is None}


@pytest.mark.parametrize("root", FAMILIES)
def test_every_condition_prepares(database, root):
    table = FAMILIES[root].entity.table
    accepted = 0
    for case, _root, body in (each for each in bodies() if each[1] == root):
        where = compiled(root, body)
        text = f"SELECT {table}.id FROM {table} WHERE {where.text}"
        if missing := tables_missing(database, text):
            if table in missing:
                pytest.skip(f"table {table} is not there yet")
            continue
        try:
            database.execute(text, {**where.params, "workspace": WORKSPACE}, prepare=True)
        except psycopg.Error as error:
            pytest.fail(f"{case}: {error}\n{text}")
        accepted += 1
    assert accepted > 0


@pytest.mark.parametrize(("root", "name"), [(root, name) for root, sorts in SORTS.items() for name in sorts])
def test_every_order_prepares(database, root, name):
    table = FAMILIES[root].entity.table
    text = f"SELECT {table}.id FROM {table} ORDER BY {SORTS[root][name]} LIMIT 1"
    if tables_missing(database, text):
        pytest.skip(f"table {table} is not there yet")

    assert len(database.execute(text, prepare=True).description) == 1
