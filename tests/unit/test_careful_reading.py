"""What the strict reading of a body refuses is read again: every fault in pydantic's words, or the value after all."""

from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta, convert

from controlplane.wire.careful import read_carefully
from controlplane.wire.structs import BadField, Body, Named

NO_NUMBER = "valid number, unable to parse string as a number"
NO_OBJECT = "valid dictionary or object to extract fields from"
NO_INTEGER = "valid integer, unable to parse string as an integer"
ID = "01a20442-035c-7da3-befb-8fe6e97945f4"
Color = Enum("Color", [("RED", "RED"), ("BLUE", "BLUE")], type=str)


class Inner(Body):
    flag: bool = False
    names: list[str] = []


class Thing(Body):
    id: UUID | None = None
    at: datetime | None = None
    count: Annotated[int, Meta(ge=0, le=10)] = 0
    ratio: float | None = None
    flag: bool = False
    name: Annotated[str, Meta(pattern="^[a-z]+$", max_length=5)] = "a"
    kind: Literal["SLOW", "FAST"] | None = None
    mode: Literal["in", "out"] | None = None
    color: Color | None = None
    inner: Inner | None = None
    labels: dict[str, str | bool | int] = {}
    keys: tuple[str, ...] = ()
    either: int | list[int | float] | None = None

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise BadField("name", "not this one")
        if self.count == 7:
            raise ValueError("not seven")


class Parameters(Named):
    thing: Thing
    limit: int = 5


def faults(kind: Any, value: Any) -> list[tuple[str, str, str]]:
    return [
        (finding.type, ".".join(map(str, finding.loc)), finding.msg) for finding in read_carefully(kind, value).findings
    ]


@pytest.mark.parametrize(
    ("_case", "value", "type", "loc", "msg"),
    [
        ("a word for a number", {"count": "x"}, "int_parsing", "count", NO_INTEGER),
        ("a fraction", {"count": 1.5}, "int_from_float", "count", "valid integer, got a number with a fractional part"),
        ("a list for a number", {"count": []}, "int_type", "count", "valid integer"),
        ("too small", {"count": -1}, "greater_than_equal", "count", "greater than or equal to 0"),
        ("too large in a string", {"count": "11"}, "less_than_equal", "count", "less than or equal to 10"),
        ("a word for a float", {"ratio": "x"}, "float_parsing", "ratio", NO_NUMBER),
        ("no number at all", {"ratio": "nan"}, "float_parsing", "ratio", NO_NUMBER),
        ("perhaps", {"flag": "perhaps"}, "bool_parsing", "flag", "valid boolean, unable to interpret input"),
        ("two for a flag", {"flag": 2}, "bool_parsing", "flag", "valid boolean, unable to interpret input"),
        ("null for a flag", {"flag": None}, "bool_type", "flag", "valid boolean"),
        ("a number for a name", {"name": 5}, "string_type", "name", "valid string"),
        ("an enum", {"color": "GREEN"}, "enum", "color", "'RED' or 'BLUE'"),
        ("an enum that is a Literal", {"kind": "X"}, "enum", "kind", "'SLOW' or 'FAST'"),
        ("a literal", {"mode": "x"}, "literal_error", "mode", "'in' or 'out'"),
        ("a list for an object", {"inner": []}, "model_attributes_type", "inner", NO_OBJECT),
        ("a word for a list", {"inner": {"names": "x"}}, "list_type", "inner.names", "valid list"),
        ("deep inside", {"inner": {"names": ["a", 1]}}, "string_type", "inner.names.1", "valid string"),
        ("a list for labels", {"labels": []}, "dict_type", "labels", "valid dictionary"),
        ("a word for a set", {"keys": "x"}, "set_type", "keys", "valid set"),
    ],
)  # fmt: skip
def test_a_fault_is_told_as_the_wire_tells_it(_case, value, type, loc, msg):
    assert faults(Thing, value) == [(type, f"body.{loc}", f"Input should be {'a ' * msg.startswith('valid')}{msg}")]


@pytest.mark.parametrize(
    ("_case", "text", "reason"),
    [
        ("a word", "x", "invalid character: found `x` at 1"),
        ("too short", "1234", "invalid length: expected length 32 for simple format, found 4"),
        ("a group too many", f"{ID}-1", "invalid group count: expected 5, found 6"),
        ("a long first group", f"0{ID}", "invalid group length in group 0: expected 8, found 9"),
        ("a long last group", f"{ID}0", "invalid group length in group 4: expected 12, found 13"),
        ("nothing", "", "invalid length: expected length 32 for simple format, found 0"),
    ],
)
def test_an_id_that_is_none_is_told_why(_case, text, reason):
    (finding,) = read_carefully(Thing, {"id": text}).findings
    assert (finding.type, finding.msg) == ("uuid_parsing", f"Input should be a valid UUID, {reason}")
    assert finding.ctx == {"error": reason}


@pytest.mark.parametrize(
    ("_case", "value", "msg"),
    [
        ("a word", "x", "Value error, Unable to parse string [x]"),
        ("no such day", "2024-02-30T00:00:00Z", "Value error, Unable to parse string [2024-02-30T00:00:00Z]"),
        ("far beyond any year", 1e300, "Value error, Unable to parse string [1e+300]"),
        ("an object", {}, "value is not a valid datetime"),
        ("true", True, "value is not a valid datetime"),
    ],
)
def test_a_moment_that_is_none_is_told(_case, value, msg):
    assert faults(Thing, {"at": value}) == [("value_error", "body.at", msg)]


@pytest.mark.parametrize(
    ("_case", "sent", "field", "meant"),
    [
        ("a number in a string", {"count": "5"}, "count", 5),
        ("a whole float", {"count": 5.0}, "count", 5),
        ("true as a number", {"count": True}, "count", 1),
        ("yes", {"flag": "Yes"}, "flag", True),
        ("zero", {"flag": 0}, "flag", False),
        ("a float in a string", {"ratio": "1.5"}, "ratio", 1.5),
        ("a day", {"at": "2024-01-02"}, "at", datetime(2024, 1, 2, tzinfo=UTC)),
        ("slashes", {"at": "2024/01/02 10:00"}, "at", datetime(2024, 1, 2, 10, tzinfo=UTC)),
        ("seconds", {"at": 1700000000}, "at", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("seconds in a string", {"at": "1700000000"}, "at", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("an id without dashes", {"id": ID.replace("-", "")}, "id", UUID(ID)),
        ("an id in braces", {"id": f"{{{ID}}}"}, "id", UUID(ID)),
        ("a flag among labels", {"count": "1", "labels": {"a": True, "b": "1"}}, "labels", {"a": True, "b": "1"}),
        ("a list of numbers in strings", {"either": ["1", 2]}, "either", [1, 2]),
    ],
)  # fmt: skip
def test_an_odd_spelling_is_taken_for_what_it_means(_case, sent, field, meant):
    reading = read_carefully(Thing, sent)
    assert reading.findings == ()
    assert getattr(convert(reading.value, Thing), field) == meant


def test_every_fault_is_found_at_once():
    value = {"count": "x", "name": "a/b", "zz": 1, "labels": {"a": None}}
    assert {(kind, loc) for kind, loc, _ in faults(Thing, value)} == {
        ("int_parsing", "body.count"),
        ("string_pattern_mismatch", "body.name"),
        ("bool_type", "body.labels.a.bool"),
        ("int_type", "body.labels.a.int"),
        ("string_type", "body.labels.a.str"),
        ("extra_forbidden", "body.zz"),
    }


def test_a_list_of_either_of_two_kinds_is_two_kinds_of_list():
    assert [loc for _, loc, _ in faults(Thing, {"either": ["x"]})] == [
        "body.either.int", "body.either.list[int].0", "body.either.list[float].0",
    ]  # fmt: skip


def test_a_rule_about_a_field_names_it_and_another_names_the_object():
    assert faults(Thing, {"name": "bad"}) == [("value_error", "body.name", "Value error, not this one")]
    assert faults(Thing, {"count": "7"}) == [("value_error", "body", "Value error, not seven")]


def test_a_missing_parameter_has_no_input_and_a_missing_field_has_the_object():
    (finding,) = read_carefully(Parameters, {"limit": 1}).findings
    assert (finding.type, finding.loc, finding.input) == ("missing", ("body", "thing"), None)
    (finding,) = read_carefully(list[Required], [{}]).findings
    assert (finding.type, finding.loc, finding.input) == ("missing", ("body", 0, "name"), {})


def test_where_parameters_should_be_a_list_misses_all_of_them():
    assert [loc for _, loc, _ in faults(Parameters, [1])] == ["body.thing", "body.limit"]


def test_no_body_is_missing():
    assert faults(Thing, None) == [("missing", "body", "Field required")]


class Required(Body):
    name: str
