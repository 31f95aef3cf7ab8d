"""Named statements: SQL lives in `<room>/sql/*.sql` and is bound in `<room>/queries.py` to the row it returns.

    sql = Statements(Path(__file__).parent / "sql" / "transitions.sql")
    lock_run = sql.one("lock_run", rules.Run)

A statement may mark a place with `/*where*/`, `/*order*/` and the like; `extra` gives the text that goes there.
The name travels along as a comment, so that pg_stat_statements and the log can tell statements apart.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from controlplane.sql.transactions import open_cursor

HEAD = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)
REGISTRY: list["Statements"] = []
Row = TypeVar("Row")


class Statements:
    """The statements of one file, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parts = HEAD.split(path.read_text())
        self.texts = {name: squeeze(name, text) for name, text in zip(parts[1::2], parts[2::2], strict=True)}
        self.bound: set[str] = set()
        REGISTRY.append(self)

    def text(self, name: str) -> str:
        self.bound.add(name)
        return self.texts[name]

    def one(self, name: str, row: Callable[..., Row]) -> Callable[..., Row | None]:
        """The first row, or None."""
        return Query(self.text(name), row).one

    def all(self, name: str, row: Callable[..., Row]) -> Callable[..., list[Row]]:
        return Query(self.text(name), row).all

    def scalar(self, name: str) -> Callable[..., Any]:
        """The first column of the first row, or None."""
        return Query(self.text(name), None).scalar

    def do(self, name: str) -> Callable[..., int]:
        """How many rows were changed."""
        return Query(self.text(name), None).do


def squeeze(name: str, text: str) -> str:
    """One line without comments: psycopg caches the parsed form of short statements only."""
    lines = (
        line.split("-- ")[0].rstrip() if "-- " in line else line
        for line in text.splitlines()
        if not line.lstrip().startswith("--")
    )
    return f"/* {name} */ " + re.sub(r"\s+", " ", " ".join(lines)).strip().rstrip(";")


class Query:
    """One bound statement."""

    def __init__(self, text: str, row: Callable[..., Any] | None) -> None:
        self.text = text
        self.row = row
        self.names: tuple[str, ...] | None = None

    def run(self, params: Mapping[str, Any], extra: Mapping[str, str] | None) -> Any:
        text = self.text
        if extra:
            for place, piece in extra.items():
                text = text.replace(f"/*{place}*/", piece)
        return open_cursor().execute(text, params, prepare=True)

    def rows(self, cursor: Any) -> list[Any]:
        if self.names is None:
            self.names = tuple(column.name for column in cursor.description)
        names, row = self.names, self.row
        assert row is not None
        return [row(**dict(zip(names, values, strict=True))) for values in cursor.fetchall()]

    def one(self, *, extra: Mapping[str, str] | None = None, **params: Any) -> Any:
        rows = self.rows(self.run(params, extra))
        return rows[0] if rows else None

    def all(self, *, extra: Mapping[str, str] | None = None, **params: Any) -> list[Any]:
        return self.rows(self.run(params, extra))

    def scalar(self, *, extra: Mapping[str, str] | None = None, **params: Any) -> Any:
        row = self.run(params, extra).fetchone()
        return row[0] if row else None

    def do(self, *, extra: Mapping[str, str] | None = None, **params: Any) -> int:
        return int(self.run(params, extra).rowcount)
