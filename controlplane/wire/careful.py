"""The second reading of a body that did not fit its Struct: everything that is wrong, and what is only spelled oddly.

The first reading is msgspec's: fast, strict, and it stops at the first fault. Prefect's own server (pydantic) names
every fault, and takes `"5"` for 5, `"true"` for true and `2024-01-01` for a moment. So what the first reading refuses
is walked here beside its type: either every fault is found, or the value comes back as the Struct wants it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from msgspec import inspect

from controlplane.wire.invalid import Finding, bad_uuid, one_of, out_of_bounds, value_error
from controlplane.wire.structs import BadField, Named

Loc = tuple[str | int, ...]
WORDS: dict[frozenset[Any], tuple[Any, ...]] = {}
"""Every Literal that was met, as it was written."""
YES = frozenset({"1", "on", "t", "true", "y", "yes"})
NO = frozenset({"0", "off", "f", "false", "n", "no"})
LONGEST_NUMBER = 64
NOT_A_BODY = "Input should be a valid dictionary or object to extract fields from"


@dataclass(frozen=True, slots=True)
class Reading:
    """The value as the type wants it; of no use if something was found."""

    value: Any
    findings: tuple[Finding, ...] = ()


def read_carefully(kind: Any, value: Any, root: str = "body") -> Reading:
    """Walk `value` beside `kind`. Nothing found does not promise that msgspec takes the value."""
    node = type_of(kind)
    if isinstance(node, inspect.StructType) and (issubclass(node.cls, Named) or root != "body"):
        return read_parameters(node, value, (root,))
    if value is None and not isinstance(node, (inspect.AnyType, inspect.UnionType)):
        return fault("missing", (root,), "Field required", None)
    return read(node, value, (root,))


@lru_cache(maxsize=1024)
def type_of(kind: Any) -> inspect.Type:
    return inspect.type_info(kind)


def read(node: inspect.Type, value: Any, loc: Loc) -> Reading:
    reader = READERS.get(type(node))
    return Reading(value) if reader is None else reader(node, value, loc)


def fault(kind: str, loc: Loc, words: str, value: Any, **context: Any) -> Reading:
    return Reading(None, (Finding(kind, loc, words, value, context or None),))


# ------------------------------------------------------------------------------------------------------------ objects


def read_parameters(node: inspect.StructType, value: Any, loc: Loc) -> Reading:
    """A body or query of several named parameters. One that is missing has no input, unlike a missing field."""
    if not isinstance(value, dict):
        names = (field.encode_name for field in node.fields)
        return Reading(None, tuple(Finding("missing", (*loc, name), "Field required", None) for name in names))
    return read_fields(node, value, loc, missing=None)


def read_struct(node: inspect.StructType, value: Any, loc: Loc) -> Reading:
    if not isinstance(value, dict):
        return fault("model_attributes_type", loc, NOT_A_BODY, value)
    return read_fields(node, value, loc, missing=value)


def read_fields(node: inspect.StructType, value: dict[str, Any], loc: Loc, *, missing: Any) -> Reading:
    learn_words(node.cls)
    made, findings = dict(value), []
    if node.tag_field is not None and made.setdefault(node.tag_field, node.tag) != node.tag:
        findings.append(one_of("literal_error", (node.tag,), (*loc, node.tag_field), made[node.tag_field]))
    for field in node.fields:
        name = field.encode_name
        if name in value:
            reading = read(field.type, value[name], (*loc, name))
            made[name] = reading.value
            findings += reading.findings
        elif field.required:
            findings.append(Finding("missing", (*loc, name), "Field required", missing))
    if node.forbid_unknown_fields:
        known = {node.tag_field, *(field.encode_name for field in node.fields)}
        findings += (
            Finding("extra_forbidden", (*loc, name), "Extra inputs are not permitted", sent)
            for name, sent in value.items()
            if name not in known
        )
    return Reading(made, tuple(findings) or own_rules(node.cls, made, value, loc))


def own_rules(kind: type, made: dict[str, Any], sent: dict[str, Any], loc: Loc) -> tuple[Finding, ...]:
    """What the Struct's own `__post_init__` says, once its fields are sound."""
    try:
        msgspec.convert(made, kind)
    except ValueError as error:
        cause = error.__cause__ if isinstance(error.__cause__, ValueError) else error
        if isinstance(cause, BadField):
            return (value_error((*loc, cause.field), str(cause), sent.get(cause.field)),)
        return (value_error(loc, str(cause), sent),)
    return ()


def read_dict(node: inspect.DictType, value: Any, loc: Loc) -> Reading:
    if not isinstance(value, dict):
        return fault("dict_type", loc, "Input should be a valid dictionary", value)
    readings = {name: read(node.value_type, sent, (*loc, name)) for name, sent in value.items()}
    return gather({name: reading.value for name, reading in readings.items()}, readings.values())


def gather(made: Any, readings: Any) -> Reading:
    return Reading(made, tuple(finding for reading in readings for finding in reading.findings))


# -------------------------------------------------------------------------------------------------------------- lists


def read_list(node: Any, value: Any, loc: Loc) -> Reading:
    """A list, or what the wire calls a set (a tuple of any length is how a Struct keeps one in order)."""
    words = "list" if isinstance(node, inspect.ListType) else "set"
    if not isinstance(value, list):
        return fault(f"{words}_type", loc, f"Input should be a valid {words}", value)
    if node.max_length is not None and len(value) > node.max_length:
        said = f"{words.capitalize()} should have at most {node.max_length} items after validation, not {len(value)}"
        context = {"field_type": words.capitalize(), "max_length": node.max_length, "actual_length": len(value)}
        return fault("too_long", loc, said, value, **context)
    readings = [read(node.item_type, item, (*loc, index)) for index, item in enumerate(value)]
    return gather([reading.value for reading in readings], readings)


# ------------------------------------------------------------------------------------------------------------ choices


def read_union(node: inspect.UnionType, value: Any, loc: Loc) -> Reading:
    """One of several types: the one that takes the value as it is, else the first that takes it at all."""
    members = [member for member in node.types if not isinstance(member, inspect.NoneType)]
    if value is None and len(members) < len(node.types):
        return Reading(None)
    if len(members) == 1:
        return read(members[0], value, loc)
    readings = [read(member, value, (*loc, label)) for label, member in alternatives(members)]
    sound = [reading for reading in readings if not reading.findings]
    unchanged = [reading for reading in sound if type(reading.value) is type(value) and reading.value == value]
    return next(iter(unchanged or sound), None) or gather(None, readings)


def alternatives(members: list[inspect.Type]) -> Iterator[tuple[str, inspect.Type]]:
    """The members by their names in a `loc`. A list of either of two types is two alternatives on the wire."""
    for member in members:
        if isinstance(member, inspect.ListType) and isinstance(member.item_type, inspect.UnionType):
            for item in member.item_type.types:
                yield f"list[{label(item)}]", inspect.ListType(item)
        else:
            yield label(member), member


def label(node: inspect.Type) -> str:
    if isinstance(node, inspect.StructType):
        return node.cls.__name__
    if isinstance(node, inspect.ListType):
        return f"list[{label(node.item_type)}]"
    return LABELS.get(type(node), "value")


def read_enum(node: inspect.EnumType, value: Any, loc: Loc) -> Reading:
    words = tuple(member.value for member in node.cls)
    return Reading(value) if value in words else Reading(None, (one_of("enum", words, loc, value),))


def read_literal(node: inspect.LiteralType, value: Any, loc: Loc) -> Reading:
    """The wire's enums are in capitals (or `and_`, `or_`), its literals in small letters; both are Literals here."""
    words = WORDS.get(frozenset(node.values), node.values)
    if isinstance(value, str | int | None) and value in words:
        return Reading(value)
    enum = all(isinstance(word, str) and (word.isupper() or word.endswith("_")) for word in words)
    return Reading(None, (one_of("enum" if enum else "literal_error", words, loc, value),))


@lru_cache(maxsize=1024)
def learn_words(kind: type) -> None:
    """Remember in which order a Struct's Literals were written: msgspec sorts them, and the wire does not."""
    todo: list[Any] = list(get_type_hints(kind, include_extras=True).values())
    while todo:
        hint = todo.pop()
        if get_origin(hint) is Literal:
            WORDS.setdefault(frozenset(get_args(hint)), get_args(hint))
        elif not isinstance(hint, type) or get_origin(hint) is not None:
            todo.extend(argument for argument in get_args(hint) if argument is not hint)


# ------------------------------------------------------------------------------------------------------------ scalars


def read_int(node: inspect.IntType, value: Any, loc: Loc) -> Reading:
    words = "Input should be a valid integer"
    if isinstance(value, str):
        number = parse_number(value)
        if number is None or number != number // 1 or "e" in value.lower():
            return fault("int_parsing", loc, f"{words}, unable to parse string as an integer", value)
    elif isinstance(value, bool | int | float):
        number = value
        if number % 1:
            return fault("int_from_float", loc, f"{words}, got a number with a fractional part", value)
    else:
        return fault("int_type", loc, words, value)
    return out_of_bounds_or(int(number), node, value, loc)


def read_float(node: inspect.FloatType, value: Any, loc: Loc) -> Reading:
    words = "Input should be a valid number"
    if isinstance(value, str):
        number = parse_number(value)
        if number is None:
            return fault("float_parsing", loc, f"{words}, unable to parse string as a number", value)
    elif isinstance(value, bool | int | float):
        number = value
    else:
        return fault("float_type", loc, words, value)
    return out_of_bounds_or(float(number), node, value, loc)


def parse_number(text: str) -> float | int | None:
    """A finite number; whole ones stay exact."""
    if len(text) > LONGEST_NUMBER:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def out_of_bounds_or(number: Any, node: Any, value: Any, loc: Loc) -> Reading:
    finding = out_of_bounds(number, node, value, loc)
    return Reading(number) if finding is None else Reading(None, (finding,))


def read_bool(_node: inspect.Type, value: Any, loc: Loc) -> Reading:
    words = "Input should be a valid boolean"
    if isinstance(value, str | int | float):
        word = value.lower() if isinstance(value, str) else f"{value:g}"
        if word in YES or word in NO:
            return Reading(word in YES)
        return fault("bool_parsing", loc, f"{words}, unable to interpret input", value)
    return fault("bool_type", loc, words, value)


def read_str(node: inspect.StrType, value: Any, loc: Loc) -> Reading:
    if not isinstance(value, str):
        return fault("string_type", loc, "Input should be a valid string", value)
    finding = out_of_bounds(value, node, value, loc)
    return Reading(value) if finding is None else Reading(None, (finding,))


def read_uuid(_node: inspect.Type, value: Any, loc: Loc) -> Reading:
    if not isinstance(value, str):
        return fault("uuid_type", loc, "UUID input should be a string, bytes or UUID object", value)
    reason = bad_uuid(value)
    if reason is None:
        return Reading(str(UUID(value)))
    return fault("uuid_parsing", loc, f"Input should be a valid UUID, {reason}", value, error=reason)


def read_datetime(_node: inspect.Type, value: Any, loc: Loc) -> Reading:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return fault("value_error", loc, "value is not a valid datetime", value)
    try:
        moment = parse_moment(value)
    except (ValueError, OverflowError, OSError):
        return Reading(None, (value_error(loc, f"Unable to parse string [{value}]", value),))
    return Reading(moment.isoformat())


def parse_moment(value: str | int | float) -> datetime:
    """ISO 8601 in any of its spellings, also with slashes, or seconds since 1970; naive moments are UTC."""
    if isinstance(value, str):
        number = parse_number(value) if len(value) > len("20240101") else None
        if number is None:
            moment = datetime.fromisoformat(value.strip().replace("/", "-"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        value = number
    return datetime.fromtimestamp(value, UTC)


def read_marked(node: inspect.Metadata, value: Any, loc: Loc) -> Reading:
    return read(node.type, value, loc)


READERS: dict[type, Callable[[Any, Any, Loc], Reading]] = {
    inspect.BoolType: read_bool,
    inspect.DateTimeType: read_datetime,
    inspect.DictType: read_dict,
    inspect.EnumType: read_enum,
    inspect.FloatType: read_float,
    inspect.FrozenSetType: read_list,
    inspect.IntType: read_int,
    inspect.ListType: read_list,
    inspect.LiteralType: read_literal,
    inspect.Metadata: read_marked,
    inspect.SetType: read_list,
    inspect.StrType: read_str,
    inspect.StructType: read_struct,
    inspect.UUIDType: read_uuid,
    inspect.UnionType: read_union,
    inspect.VarTupleType: read_list,
}
LABELS: dict[type, str] = {
    inspect.BoolType: "bool",
    inspect.FloatType: "float",
    inspect.IntType: "int",
    inspect.StrType: "str",
}
