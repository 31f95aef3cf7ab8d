"""docs/rules.toml: each rule of the specification has functions that exist and tests that exist."""

import ast
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = tomllib.loads((ROOT / "docs" / "rules.toml").read_text())["rule"]
COUNTS = {
    "orchestration": {0: 6, 1: 6, 2: 13, 3: 6, 4: 7, 5: 8, 6: 4, 7: 10, 8: 5, 9: 12, 10: 5},
    "cloud": {1: 7, 2: 14, 5: 4, 6: 6},
}
"""How many subsections the chapters of the two specifications have; the others are one rule each."""
WHOLE = {"orchestration": range(11, 16), "cloud": (4, 7, 8, 9)}


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_no_section_is_left_out():
    wanted = {f"{book} {chapter}.{n}" for book in COUNTS for chapter, last in COUNTS[book].items()
              for n in range(1, last + 1)}  # fmt: skip
    wanted |= {f"{book} {chapter}" for book in WHOLE for chapter in WHOLE[book]} | {f"cloud 3.{n}" for n in range(8)}
    found = [rule["of"] for rule in RULES]
    assert len(found) == len(set(found))
    # 3.4 and 3.5 are written out below.
    missing = wanted - set(found) - {"orchestration 3.4", "orchestration 3.5"}
    assert sorted(missing) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["of"])
def test_its_functions_and_its_tests_exist(rule):
    assert ("later" in rule) != bool(rule.get("code") and rule.get("tests"))
    for name in rule.get("code", []):
        module, _, function = name.rpartition(".")
        assert hasattr(import_module(module), function), name
    for name in rule.get("tests", []):
        path, _, test = name.partition("::")
        assert test in names_in(path), name
