"""What one wire has and another lacks: operations, parameters, fields, words, defaults, answers.

The walk goes from the operations down, both documents side by side, so the names of schemas mean nothing. What *they*
send has to fit what *ours* takes; what they answer has to be in what ours answers.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.contract.wire_facts import NOTHING, Facts, Field, Operation, Schema, parse

PARAMETER = re.compile(r"\{[^}]+\}")
NARROWER = {("int", "num"), ("uuid", "str"), ("moment", "str"), ("int", "bool")}
"""What fits into something wider."""


class Walk:
    """Their facts beside ours. `taken`: pairs of schemas that were compared already, where, and in which direction."""

    def __init__(self, theirs: Facts, ours: Facts) -> None:
        self.theirs, self.ours = theirs, ours
        self.seen: set[tuple[str, str, bool]] = set()
        self.changing = False

    def gaps(self) -> Iterator[str]:
        ours = {same_address(name): operation for name, operation in self.ours.operations.items()}
        for name, operation in self.theirs.operations.items():
            if same_address(name) in ours:
                yield from self.operation(name, operation, ours[same_address(name)])
            else:
                yield f"{name}: no such operation"

    def operation(self, name: str, theirs: Operation, ours: Operation) -> Iterator[str]:
        for their, our in zip(theirs.path, ours.path, strict=False):
            yield from self.type(f"{name} /", our, their, taking=True)
        self.changing = name.startswith("PATCH")
        yield from self.fields(f"{name} ?", theirs.query, ours.query, taking=True)
        if theirs.body and ours.body:
            if ours.body.required and not theirs.body.required and not self.may_be_empty(ours.body.type):
                yield f"{name}: the body is required"
            yield from self.type(f"{name} <", theirs.body.type, ours.body.type, taking=True)
        elif theirs.body:
            yield f"{name}: takes no body"
        for status, type_ in theirs.answers.items():
            if status not in ours.answers:
                yield f"{name}: answers {', '.join(ours.answers)} for {status}"
            else:
                yield from self.type(f"{name} >", type_, ours.answers[status], taking=False)

    def may_be_empty(self, type_: str) -> bool:
        schema = self.ours.schemas.get(type_.removeprefix("#"))
        return schema is not None and not any(field.required for field in schema.fields.values())

    def fields(self, where: str, theirs: dict[str, Field], ours: dict[str, Field], *, taking: bool) -> Iterator[str]:
        for key, their in theirs.items():
            place = f"{where}.{key}"
            our = ours.get(key)
            if our is None:
                yield f"{place}: missing"
                continue
            if taking and our.required != their.required:
                yield f"{place}: {'is' if our.required else 'is not'} required"
            # What a PATCH leaves out stays as it is, on both sides: its defaults say nothing.
            if taking and not self.changing and not same(their.default, our.default):
                yield f"{place}: default {our.default} for {their.default}"
            yield from self.type(place, their.type, our.type, taking=taking)

    def type(self, where: str, theirs: str, ours: str, *, taking: bool) -> Iterator[str]:
        yield from self.alternatives(where, self.spell(self.theirs, theirs), self.spell(self.ours, ours), taking)

    def alternatives(self, where: str, theirs: list[Any], ours: list[Any], taking: bool) -> Iterator[str]:
        """Each alternative of theirs needs one of ours that has no gaps; else the gaps of the nearest are told."""
        if "any" in ours or "any" in theirs:
            return
        for their in theirs:
            if their == "null" and not taking:
                continue  # an answer of ours that is never null does no harm
            found = [list(self.pair(where, their, our, taking)) for our in ours if alike(their, our)]
            if not found:
                yield f"{where}: no {their if isinstance(their, str) else their[0]}"
            elif all(found):
                yield from min(found, key=len)

    def pair(self, where: str, their: Any, our: Any, taking: bool) -> Iterator[str]:
        if isinstance(their, tuple) and isinstance(our, tuple):
            yield from self.alternatives(
                where + their[0], self.flat(self.theirs, their[1]), self.flat(self.ours, our[1]), taking
            )
        elif is_object(their) and is_object(our) and (their, our, taking) not in self.seen:
            self.seen.add((their, our, taking))
            yield from self.schema(where, self.theirs.schemas[their[1:]], self.ours.schemas[our[1:]], taking)

    def schema(self, where: str, theirs: Schema, ours: Schema, taking: bool) -> Iterator[str]:
        if taking and ours.closed and not theirs.closed:
            yield f"{where}: refuses unknown keys"
        yield from self.fields(where, theirs.fields, ours.fields, taking=taking)

    def spell(self, facts: Facts, type_: str) -> list[Any]:
        return self.flat(facts, parse(type_))

    def flat(self, facts: Facts, alternatives: list[Any]) -> list[Any]:
        """Names of what is no object are replaced by what they stand for."""
        found: list[Any] = []
        for each in alternatives:
            if not isinstance(each, str) or not each.startswith("#") or each[1:] in facts.schemas:
                found.append(each)
            else:
                found += self.spell(facts, facts.names.get(each[1:], "any"))
        return found


def alike(their: Any, our: Any) -> bool:
    """Whether it is worth looking further: the same kind of thing."""
    if isinstance(their, tuple) or isinstance(our, tuple):
        if isinstance(their, tuple) and isinstance(our, tuple):
            return bool(their[0] == our[0])
        return (is_object(their) and our[0] == "{}") or (is_object(our) and their[0] == "{}")
    if is_object(their) or is_object(our):
        return is_object(their) and is_object(our)
    return their == our or (their, our) in NARROWER or (their.startswith('"') and our == "str")


def is_object(type_: Any) -> bool:
    return isinstance(type_, str) and type_.startswith("#")


def same(theirs: str, ours: str) -> bool:
    """Numbers compare as numbers; a default of theirs that is an object may be ours with more of its own defaults."""
    if NOTHING in (theirs, ours):
        return theirs == NOTHING
    left, right = json.loads(theirs), json.loads(ours)
    if isinstance(left, dict) and isinstance(right, dict):
        return all(key in right and right[key] == value for key, value in left.items())
    return bool(left == right)


def same_address(name: str) -> str:
    method, _, path = name.partition(" ")
    return f"{method} {PARAMETER.sub('{}', path).rstrip('/')}"
