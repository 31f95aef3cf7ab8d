"""Prefect's operations and the doors that answer them, and the rules that they keep, as `docs/wire.md` has them."""

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from controlplane.wire.doors import REGISTRY, Door

OPERATIONS = Path("tests") / "contract" / "operations-3.8.txt"
PARAMETER = re.compile(r"<[^>]+>|\{[^}]+\}")
RULES = Path("docs") / "rules.toml"
HEAD = """\
# The wire

Every operation of Prefect 3.8.8 and the door that answers it. Printed by `manage.py wire_map`; a test holds this file
against the doors, so a door that comes or goes shows here. How exactly they answer is tested step by step against a
real Prefect server (`tests/contract/test_differential.py`); what differs on purpose is listed in
`tests/contract/deviations.py`. Both spellings, with and without the slash at the end, are answered.
"""
RULES_HEAD = """
## Rules

Each numbered rule of the two specifications (the orchestration engine, Prefect Cloud), the functions that keep it and
tests that prove it. Printed from `docs/rules.toml`; `tests/house/test_rules.py` finds every function and test.
"""


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        import_module("controlplane.api")
        self.stdout.write(describe(read_operations()) + describe_rules(read_rules()), ending="")


def read_operations() -> list[tuple[str, str]]:
    """Method and path of each operation, in the order of the paths."""
    lines = (Path(settings.BASE_DIR) / OPERATIONS).read_text().split("\n")
    return [(method, path) for method, _, path in (line.partition(" ") for line in lines) if path]


def describe(operations: list[tuple[str, str]]) -> str:
    found = {operation: doors_of(*operation) for operation in operations}
    missing = [operation for operation, doors in found.items() if not doors]
    used = {door.name for doors in found.values() for door in doors}
    ours = sorted((door.route, door.method, door.name) for door in REGISTRY if door.name not in used)
    rows = [f"| {method} | `{path}` | {names(doors)} |" for (method, path), doors in found.items() if doors]
    own = [f"| {method} | `/{route}` | `{name}` |" for route, method, name in ours]
    return "\n".join(
        [
            HEAD,
            f"## Answered: {len(rows)} of {len(operations)}\n",
            *table(rows),
            f"## Not answered yet: {len(missing)}\n",
            "A request to one of these gets a 404.\n",
            *[f"- {method} `{path}`" for method, path in missing],
            "",
            "## Ours besides\n",
            "What Prefect Cloud has and the open server has not, and what 2.20 clients still ask for.\n",
            *table(own),
        ]
    )


def read_rules() -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = tomllib.loads((Path(settings.BASE_DIR) / RULES).read_text())["rule"]
    return rules


def describe_rules(rules: list[dict[str, Any]]) -> str:
    rows = [f"| {rule['of']} | {rule['says']} | {kept_by(rule)} | {proved_by(rule)} |" for rule in rules]
    return "\n".join([RULES_HEAD, "| section | rule | function | test |", "|---|---|---|---|", *rows, ""])


def kept_by(rule: dict[str, Any]) -> str:
    return "<br>".join(f"`{name}`" for name in rule.get("code", [])) or rule["later"]


def proved_by(rule: dict[str, Any]) -> str:
    return "<br>".join(f"`{name.removeprefix('tests/')}`" for name in rule.get("tests", []))


def table(rows: list[str]) -> list[str]:
    return ["| | path | door |", "|---|---|---|", *rows, ""]


def names(doors: list[Door]) -> str:
    return ", ".join(f"`{door.name}`" for door in doors)


def doors_of(method: str, path: str) -> list[Door]:
    wanted = segments(path)
    return [door for door in REGISTRY if door.method == method and segments(door.route) == wanted]


def segments(path: str) -> list[str]:
    return [PARAMETER.sub("{}", segment) for segment in path.strip("/").split("/")]
