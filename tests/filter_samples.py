"""Every operator of every entity with a value it accepts, read from the declaration."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

import automations.filters  # noqa: F401  declares its entities, like the three below
import blocks.filters  # noqa: F401
import deployments.filters  # noqa: F401
import runs.filters  # noqa: F401
from controlplane.filters import ENTITIES, FAMILIES, compile_filter
from controlplane.filters.entities import Field, Group
from controlplane.filters.families import filters_of
from controlplane.sql.fragments import Sql

UUID_1 = "01890000-0000-7000-8000-000000000001"
UUID_2 = "01890000-0000-7000-8000-000000000002"


def compiled(root: str, body: dict[str, Any]) -> Sql:
    """The SQL of a body, through JSON, as a request brings it."""
    family = FAMILIES[root]
    struct = family.make(next(iter(family.bodies)))
    return compile_filter(root, msgspec.json.decode(json.dumps(body), type=struct))


def values(field: Field, operator: str) -> list[Any]:
    """Wire values for an operator: an ordinary one, then the edges."""
    match operator:
        case "is_null_" | "exists_" | "eq_":
            return [True, False, None]
        case "before_" | "after_":
            return ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05", None]
        case "ge_" | "le_":
            return [20, 0, None]
        case "like_":
            return ["a_%\\", "", None]
        case "query":
            return ['a -b +"c d"', "", "-"]
    takes = str(field.kind[operator].takes)
    if "UUID" in takes:
        return [[UUID_1, UUID_2], [], None]
    if "Literal" in takes:
        return [["ONLINE"] if "ONLINE" in takes else ["RUNNING"], [], None]
    return [["a", "b"], [], None]


def conditions(entity: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Filters of `entity` with one condition each: a name for the case and the filter's JSON."""
    for field in ENTITIES[entity].fields:
        if isinstance(field, Group):
            for inner in field.fields:
                for name, filled in _filled(inner):
                    yield f"{field.name}.{name}", {field.name: {inner.name: filled}}
        else:
            for name, filled in _filled(field):
                yield name, {field.name: filled}


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """For every root, each of its filters with each condition: case, root, body."""
    for root, family in FAMILIES.items():
        keys = {family.key: family.entity, **dict(filters_of(family.branches))}
        for key, entity in keys.items():
            yield f"{root}: {key} {{}}", root, {key: {}}
            for name, condition in conditions(entity.name):
                yield f"{root}: {key}.{name}", root, {key: condition}


def _filled(field: Field) -> Iterator[tuple[str, dict[str, Any]]]:
    for operator in field.operators:
        for value in values(field, operator):
            yield f"{field.name}.{operator} {value}", {operator: value}
