"""The paths of `secret_fields`, spelled out.

A path is dotted. What it names may stand in lists, and in dictionaries whose keys are anybody's: Prefect's client
writes `by_region.password` for the password of each block in a dictionary, and keeps of such a field's schema only
that it is an object. Where the schema does not know a step, `**` says that the last name is secret anywhere below:

    spell_out({"properties": {"by_region": {"type": "object"}}, "secret_fields": ["by_region.password"]})
    == ["by_region.**.password"]
"""

from collections.abc import Iterator
from typing import Any

from controlplane.schema_forms.references import find_reference

ANYWHERE = "**"
MOST_LOOKED_AT = 10_000
WORDS = ("allOf", "anyOf", "oneOf", "prefixItems")
SHAPES = {"$ref", "properties", "items", "enum", "const", *WORDS}


def spell_out(fields: Any) -> list[str]:
    """The secret paths of a schema. What is wrong with them is passed over."""
    given = fields.get("secret_fields") if isinstance(fields, dict) else None
    paths = [path for path in given if isinstance(path, str)] if isinstance(given, list) else []
    budget = [MOST_LOOKED_AT]
    return list(dict.fromkeys(found for path in paths for found in spell(path, fields, budget)))


def spell(path: str, root: dict[str, Any], budget: list[int]) -> Iterator[str]:
    done, (first, *rest) = [], path.split(".")
    known = named([root], first)
    done.append(first)
    while rest and rest[0] != "*":
        schemas = opened(known, root, budget)
        known = named(schemas, rest[0])
        if not known or any(is_open(schema) for schema in schemas):
            last = rest[-2] if rest[-1] == "*" else rest[-1]
            yield ".".join([*done, ANYWHERE, last])
        if not known:
            return
        done.append(rest.pop(0))
    yield ".".join([*done, *rest])


def named(schemas: list[dict[str, Any]], name: str) -> list[Any]:
    properties = [schema.get("properties") for schema in schemas]
    return [there[name] for there in properties if isinstance(there, dict) and name in there]


def opened(schemas: list[Any], root: dict[str, Any], budget: list[int]) -> list[dict[str, Any]]:
    """The schemas that a value, or each of its items, may have to fit: without references, lists and alternatives."""
    found: list[dict[str, Any]] = []
    stack, seen = list(schemas), set()
    while stack and budget[0] > 0:
        schema = stack.pop()
        if not isinstance(schema, dict) or id(schema) in seen:
            continue
        budget[0] -= 1
        seen.add(id(schema))
        found.append(schema)
        if isinstance(reference := schema.get("$ref"), str):
            stack.append(find_reference(reference, root))
        for word in WORDS:
            stack += inner if isinstance(inner := schema.get(word), list) else []
        items = schema.get("items")
        stack += items if isinstance(items, list) else [items]
    return found


def is_open(schema: dict[str, Any]) -> bool:
    """Whether it may be an object with keys that the schema does not name."""
    kinds = schema.get("type")
    if kinds is None:
        return not schema.keys() & SHAPES
    return "object" in (kinds if isinstance(kinds, list) else [kinds]) and not schema.get("properties")
