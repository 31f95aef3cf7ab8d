"""Which places of a value its schema marks as secret, and the value without them.

    masked, parts = take_out(value, find_secrets(value, schema))
    assert put_back(masked, parts) == value

A place is secret where any of the schemas that apply to it says `format: password` or `writeOnly`: what its type is
does not matter. Schemas and values come from users: each pair is looked at once, and not more than `MOST_STEPS`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from msgspec import json

from controlplane.schema_forms.fields import ABSENT, MASK, Path
from controlplane.schema_forms.references import find_reference
from controlplane.schema_forms.secrets import look
from controlplane.schema_forms.validation import TooExpensive

MOST_STEPS = 50_000
Value = TypeVar("Value")
Part = tuple[Path, Any]
"""A secret, and where it stands."""

MARKS = (b'"password"', b'"writeOnly"')
REFERENCE = ("{{ prefect.blocks.", "{{ prefect.variables.")
POINTERS = ({"$ref"}, {"__prefect_kind", "variable_name"})
# Keywords whose schemas stand for the place itself, for every key, and for every item below it.
HERE = ("allOf", "anyOf", "oneOf", "if", "then", "else")
KEYS = ("additionalProperties", "unevaluatedProperties")
ITEMS = ("items", "additionalItems", "unevaluatedItems", "contains")


def may_mark(schema: bytes) -> bool:
    """Whether it is worth looking into a schema, by its bytes."""
    return any(mark in schema for mark in MARKS)


def holds_mask(value: bytes) -> bool:
    return b'"' + MASK.encode() + b'"' in value


def is_marked(schema: Any) -> bool:
    return isinstance(schema, dict) and (schema.get("format") == "password" or schema.get("writeOnly") is True)


def has_marks(schema: Any) -> bool:
    return bool(leading(schema))


def is_hollow(value: Any) -> bool:
    """Nothing to hide: empty, a mask already (ours or the client's own), or a reference to where the secret is."""
    if isinstance(value, str):
        text = value.strip()
        return not text.strip("*") or (text.startswith(REFERENCE) and text.endswith("}}") and text.count("{{") == 1)
    return value is None or value in ({}, []) or (isinstance(value, dict) and set(value) in POINTERS)


def find_secrets(value: Any, schema: Any) -> list[Path]:
    """The places of `value` that hold secrets, outermost only. TooExpensive beyond `MOST_STEPS`."""
    found = search(value, schema, schema, leading(schema))
    if found == [()]:
        # All of it is secret: its keys stay, as a document always shows which fields it has.
        return [(key,) for key, item in value.items() if not is_hollow(item)] if isinstance(value, dict) else []
    return found


def search(value: Any, schema: Any, root: Any, leads: set[int]) -> list[Path]:
    """The same where `schema` is a part of `root`, in which references are looked up."""
    found: set[Path] = set()
    seen: set[tuple[int, Path]] = set()
    stack: list[tuple[Any, Any, Path]] = [(value, schema, ())]
    while stack:
        here, rule, path = stack.pop()
        if id(rule) not in leads or (id(rule), path) in seen or is_hollow(here):
            continue
        seen.add((id(rule), path))
        if len(seen) > MOST_STEPS:
            raise TooExpensive
        if is_marked(rule):
            found.add(path)
            continue
        stack += [(here, inner, path) for inner in schemas_here(rule, root)]
        stack += [(item, inner, (*path, step)) for step, item, inner in schemas_below(rule, here)]
    return outermost(found)


def outermost(paths: Iterable[Path]) -> list[Path]:
    """Without those that lie within others, in a steady order."""
    known = set(paths)
    return sorted((path for path in known if not any(path[:end] in known for end in range(len(path)))), key=str)


def schemas_here(schema: dict[str, Any], root: Any) -> Iterator[Any]:
    if isinstance(reference := schema.get("$ref"), str):
        yield find_reference(reference, root)
    for word in HERE:
        inner = schema.get(word)
        yield from inner if isinstance(inner, list) else [inner]
    if isinstance(dependent := schema.get("dependentSchemas"), dict):
        yield from dependent.values()


def schemas_below(schema: dict[str, Any], value: Any) -> Iterator[tuple[str | int, Any, Any]]:
    """Each child with each schema that may apply to it. A pattern is taken to fit every key that is not named."""
    if isinstance(value, dict):
        named = schema.get("properties")
        named = named if isinstance(named, dict) else {}
        patterns = schema.get("patternProperties")
        others = [schema.get(word) for word in KEYS] + list(patterns.values() if isinstance(patterns, dict) else ())
        for key, item in value.items():
            for inner in [named[key]] if key in named else others:
                yield key, item, inner
    elif isinstance(value, list):
        prefix = next((given for word in ("prefixItems", "items") if isinstance(given := schema.get(word), list)), [])
        others = [inner for word in ITEMS if not isinstance(inner := schema.get(word), list)]
        for number, item in enumerate(value):
            for inner in [*others, *prefix[number : number + 1]]:
                yield number, item, inner


def leading(root: Any) -> set[int]:
    """The ids of the nodes of a schema below which, or behind whose references, something is marked."""
    parents: dict[int, list[int]] = defaultdict(list)
    reached, stack, seen = [], [root], {id(root)}
    while stack:
        node = stack.pop()
        children = list(node.values()) if isinstance(node, dict) else node
        if isinstance(node, dict) and isinstance(reference := node.get("$ref"), str):
            children.append(find_reference(reference, root))
        if is_marked(node):
            reached.append(id(node))
        for child in children if isinstance(children, list) else ():
            if isinstance(child, (dict, list)):
                parents[id(child)].append(id(node))
                if id(child) not in seen:
                    seen.add(id(child))
                    stack.append(child)
    found = set(reached)
    while reached:
        for parent in parents[reached.pop()]:
            if parent not in found:
                found.add(parent)
                reached.append(parent)
    return found


def find_secret_defaults(schema: Any) -> list[Path]:
    """Where a schema itself tells secrets: in the defaults of what it marks."""
    found: list[Path] = []
    leads = leading(schema)
    stack: list[tuple[Any, Path]] = [(schema, ())]
    while stack:
        node, path = stack.pop()
        if id(node) not in leads:
            continue
        if isinstance(node, dict):
            if "default" in node:
                found += [(*path, "default", *place) for place in search(node["default"], node, schema, leads)]
            stack += [(child, (*path, key)) for key, child in node.items() if key != "default"]
        else:
            stack += [(child, (*path, number)) for number, child in enumerate(node)]
    return sorted(found, key=str)


def take_out(value: Any, paths: Iterable[Path]) -> tuple[Any, list[Part]]:
    """A copy with masks, and what stood there."""
    parts = [(path, look(value, path)) for path in paths]
    return put_back(value, [(path, MASK) for path, _ in parts]), parts


def put_back(value: Any, parts: Iterable[Part]) -> Any:
    """A copy with the secrets in their places. A place that is not there any more is passed over."""
    made = json.decode(json.encode(value))
    for path, secret in parts:
        if path and look(made, path) is not ABSENT:
            holder: Any = look(made, path[:-1])
            holder[path[-1]] = secret
    return made


def keep(sent: Value, parts: Iterable[Part]) -> Value:
    """`sent` with the stored secret wherever its mask came back: somebody saved what they were shown."""
    back = [part for part in parts if look(sent, part[0]) == MASK]
    made: Value = put_back(sent, back) if back else sent
    return made


def unchanged(value: Any, parts: Iterable[Part]) -> list[Path]:
    """The places whose stored secrets still stand there: they stay secret, whatever a new schema says of them."""
    return [path for path, secret in parts if look(value, path) == secret]


def below(parts: Iterable[Part], *steps: str | int) -> list[Part]:
    """The parts below a place, with the rest of their paths."""
    return [(path[len(steps) :], secret) for path, secret in parts if path[: len(steps)] == steps]


def without(parts: Iterable[Part], step: str) -> list[Part]:
    """Those that do not lie below a field."""
    return [part for part in parts if part[0][0] != step]


def within(parts: Iterable[Part], *steps: str | int) -> list[Part]:
    """The same parts, of a document that has theirs at a place."""
    return [((*steps, *path), secret) for path, secret in parts]


def texts_in(value: Any) -> set[str]:
    """The texts and the numbers of a secret, each as it is written in a sentence."""
    if isinstance(value, dict):
        return {text for item in value.values() for text in texts_in(item)}
    if isinstance(value, list):
        return {text for item in value for text in texts_in(item)}
    if isinstance(value, str):
        return {value} - {""}
    return {repr(value)} if isinstance(value, (int, float)) else set()
