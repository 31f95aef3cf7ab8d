"""Laws of the SQL files: every statement prepares, names its workspace, and is used."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from controlplane.sql.statements import HEAD, REGISTRY

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path for path in ROOT.glob("*/**/*.sql") if ".venv" not in path.parts)
ROOMS = ("workspaces", "events", "blocks", "runs", "deployments", "notifications", "automations")
PLACES = {"where": "true", "order": "1", "table": "flow_run"}
TENANT_TABLES = """
    SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
    WHERE a.attname = 'workspace_id' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
PARAM = re.compile(r"%\((\w+)\)s")


def load_everything() -> None:
    import_module("controlplane.api")
    import_module("controlplane.urls")
    for path in sorted(ROOT.glob("*/**/*queries*.py")):
        if not {".venv", ".venvs"} & set(path.parts):
            import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


load_everything()
STATEMENTS = [
    pytest.param(statements, name, id=f"{statements.path.stem}:{name}")
    for statements in REGISTRY
    for name in statements.texts
]


def test_every_sql_file_is_bound_and_every_statement_is_used():
    assert {statements.path for statements in REGISTRY} == set(FILES)
    unused = [f"{s.path.name}: {name}" for s in REGISTRY for name in s.texts if name not in s.bound]
    assert unused == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_are_unique_in_a_file(path):
    names = HEAD.findall(path.read_text())
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("statements", "name"), STATEMENTS)
def test_it_prepares_on_the_migrated_schema(statements, name, servers, database):
    numbers: dict[str, int] = {}
    text = statements.texts[name]
    for place, piece in PLACES.items():
        text = text.replace(f"/*{place}*/", piece)
    text = PARAM.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", text).replace("%%", "%")
    database.execute(f"PREPARE probe AS {text}".encode())


@pytest.mark.parametrize(("statements", "name"), STATEMENTS)
def test_it_casts_its_parameters(statements, name):
    assert re.findall(r"%\(\w+\)s(?!::)", statements.texts[name]) == []


@pytest.mark.parametrize(("statements", "name"), STATEMENTS)
def test_it_names_its_workspace_where_it_touches_a_tenant_table(statements, name, catalogue):
    """A spliced filter always begins with the workspace; what spans all workspaces says so."""
    text = statements.texts[name]
    tables = {row[0] for row in catalogue.execute(TENANT_TABLES).fetchall()}
    touched = set(re.findall(r"\b(?:FROM|JOIN|INTO|UPDATE) (\w+)", text)) & tables
    comment = statements.path.read_text().split(f"-- name: {name}\n")[1].split("-- name:")[0]
    assert not touched or "workspace_id" in text or "/*where*/" in text or "all workspaces" in comment
