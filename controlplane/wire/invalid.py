"""Validation errors in the wire's shape: where, what kind, in words, and what was sent."""

import operator
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, inspect
from msgspec.structs import replace

CONCEALED = "********"
BOUNDS = (
    ("ge", "greater_than_equal", "greater than or equal to", operator.ge),
    ("gt", "greater_than", "greater than", operator.gt),
    ("le", "less_than_equal", "less than or equal to", operator.le),
    ("lt", "less_than", "less than", operator.lt),
)
LENGTHS = (
    ("max_length", "string_too_long", "at most", operator.le),
    ("min_length", "string_too_short", "at least", operator.ge),
)
GROUPS = (8, 4, 4, 4, 12)
GROUP_ENDS = (8, 13, 18, 23)
PREFIX = "urn:uuid:"
HEX = frozenset("0123456789abcdefABCDEF")


class Finding(Struct, frozen=True):
    """One thing that is wrong."""

    type: str
    loc: tuple[str | int, ...]
    msg: str
    input: Any
    ctx: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        shape = {"type": self.type, "loc": self.loc, "msg": self.msg, "input": self.input}
        return shape if self.ctx is None else {**shape, "ctx": self.ctx}


class InvalidBody(Exception):
    """A request that does not fit its schema: answered with 422 and every finding."""

    def __init__(self, findings: Sequence[Finding], body: Any) -> None:
        super().__init__(findings[0].msg)
        self.findings = findings
        self.body = body

    def as_json(self) -> dict[str, Any]:
        return {
            "exception_message": "Invalid request received.",
            "exception_detail": [finding.as_json() for finding in self.findings],
            "request_body": self.body,
        }

    def concealing(self, names: frozenset[str]) -> "InvalidBody":
        """The same without what was sent under these keys: a client writes the answer to its logs."""
        findings = [replace(finding, input=conceal(finding, names)) for finding in self.findings]
        # A body that is no object, or no JSON, cannot be told apart from its secrets.
        return InvalidBody(findings, hide(self.body, names) if isinstance(self.body, dict) else None)


def conceal(finding: Finding, names: frozenset[str]) -> Any:
    if names.intersection(finding.loc[1:]):
        return CONCEALED
    if finding.loc == ("body",) and not isinstance(finding.input, dict):
        return CONCEALED
    return hide(finding.input, names)


def hide(sent: Any, names: frozenset[str]) -> Any:
    """However deep they lie: a deployment's schedules and an automation's actions have parameters of their own."""
    if isinstance(sent, dict):
        return {key: CONCEALED if key in names else hide(value, names) for key, value in sent.items()}
    return [hide(item, names) for item in sent] if isinstance(sent, list) else sent


def value_error(loc: tuple[str | int, ...], reason: str, value: Any) -> Finding:
    """A rule of our own, broken."""
    return Finding("value_error", loc, f"Value error, {reason}", value, {"error": {}})


def one_of(kind: str, words: Sequence[Any], loc: tuple[str | int, ...], value: Any) -> Finding:
    """A word that is none of the allowed ones. `kind` is `enum` or `literal_error`."""
    quoted = [f"'{word}'" for word in words]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]
    return Finding(kind, loc, f"Input should be {expected}", value, {"expected": expected})


def out_of_bounds(value: Any, node: Any, sent: Any, loc: tuple[str | int, ...]) -> Finding | None:
    """The first bound of a number or a string that the value is not within."""
    if isinstance(node, inspect.StrType):
        return badly_spelled(value, node, loc)
    for name, code, words, holds in BOUNDS:
        bound = getattr(node, name)
        if bound is not None and not holds(value, bound):
            return Finding(code, loc, f"Input should be {words} {bound}", sent, {name: bound})
    return None


def badly_spelled(text: str, node: inspect.StrType, loc: tuple[str | int, ...]) -> Finding | None:
    for name, code, least, holds in LENGTHS:
        limit = getattr(node, name)
        if limit is not None and not holds(len(text), limit):
            plural = "" if limit == 1 else "s"
            return Finding(code, loc, f"String should have {least} {limit} character{plural}", text, {name: limit})
    if node.pattern is not None and not re.search(node.pattern, text):
        words = f"String should match pattern '{node.pattern}'"
        return Finding("string_pattern_mismatch", loc, words, text, {"pattern": node.pattern})
    return None


def bad_uuid(text: str) -> str | None:
    """Why this is no UUID, in the words that the real server uses; None if it is one."""
    inner, offset, simple = text, 0, True
    if text.startswith("{") and text.endswith("}"):
        inner, offset, simple = text[1:-1], 1, False
    elif text.startswith(PREFIX):
        inner, offset, simple = text[len(PREFIX) :], len(PREFIX), False
    for index, letter in enumerate(inner):
        if letter != "-" and letter not in HEX:
            return f"invalid character: found `{letter}` at {index + offset + 1}"
    dashes = [index for index, letter in enumerate(inner) if letter == "-"]
    if not dashes and len(inner) == 32:
        return None
    if not dashes and simple:
        return f"invalid length: expected length 32 for simple format, found {len(inner)}"
    if len(dashes) != 4:
        return f"invalid group count: expected 5, found {len(dashes) + 1}"
    begin = 0
    for group, (dash, end) in enumerate(zip(dashes, GROUP_ENDS, strict=True)):
        if dash != end:
            return f"invalid group length in group {group}: expected {GROUPS[group]}, found {dash - begin}"
        begin = end + 1
    if len(inner) != 36:
        return f"invalid group length in group 4: expected 12, found {len(inner) - begin}"
    return None
