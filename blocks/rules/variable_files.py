"""A file of variables, `{name: {value, tags}}`, and what bringing it in would do."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, json

from blocks.wire.variables import LARGEST_VALUE, NAME

MOST_VARIABLES = 1000


class Incoming(Struct, frozen=True):
    """One variable of the file: what happens to it, and why not."""

    name: str
    value: Any
    tags: list[str]
    fate: Literal["new", "same", "conflict", "invalid"]
    problem: str = ""


def compare(sent: Any, stored: Mapping[str, tuple[Any, list[str]]]) -> list[Incoming]:
    """ValueError in a sentence when it is no such file at all."""
    if not isinstance(sent, dict):
        raise ValueError('A file of variables looks like {"name": {"value": 5, "tags": ["a"]}}.')
    if len(sent) > MOST_VARIABLES:
        raise ValueError(f"At most {MOST_VARIABLES} variables can be brought in at once.")
    return [judge(str(name), entry, stored.get(str(name))) for name, entry in sorted(sent.items())]


def judge(name: str, entry: Any, stored: tuple[Any, list[str]] | None) -> Incoming:
    problem = problem_of(name, entry)
    if problem:
        return Incoming(name, None, [], "invalid", problem)
    value, tags = entry["value"], list(dict.fromkeys(entry.get("tags") or []))
    if stored is None:
        return Incoming(name, value, tags, "new")
    same = is_same(stored[0], value) and sorted(stored[1]) == sorted(tags)
    return Incoming(name, value, tags, "same" if same else "conflict")


def is_same(stored: Any, value: Any) -> bool:
    """As JSON, where true is no 1 and 1 no 1.0, however deep, and the order of keys says nothing."""
    return json.encode(stored, order="sorted") == json.encode(value, order="sorted")


def problem_of(name: str, entry: Any) -> str:
    if not name or not NAME.fullmatch(name) or len(name) > 255:
        return "A name has lowercase letters, numbers, dashes and underscores only."
    if not isinstance(entry, dict) or "value" not in entry or set(entry) - {"value", "tags"}:
        return "Each variable is an object with a value, and tags if you like."
    tags = entry.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        return "Tags are a list of texts."
    if len(json.encode(entry["value"])) > LARGEST_VALUE:
        return f"A value has at most {LARGEST_VALUE} bytes of JSON."
    return ""
