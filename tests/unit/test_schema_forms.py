# ruff: noqa: E501 (a case is a line)
"""A JSON Schema, a value, a form, and back: every kind of field."""

import re
from typing import Any

import pytest

from controlplane.schema_forms import ABSENT, Choice, Form, act, fill, find_problems, place_problems, problems_in, read
from controlplane.schema_forms.durations import iso_of, seconds_of, words_of
from controlplane.schema_forms.secrets import kept_secrets, put_back
from controlplane.ui.templatetags.schema_forms import schema_values

BLOCK = {
    "title": "AwsCredentials",
    "type": "object",
    "block_type_slug": "aws",
    "properties": {"key": {"type": "string"}},
}
SHAPES = {"definitions": {"Aws": BLOCK}}
ID = "0198c8a2-5f0e-7c3a-9d4e-1f2a3b4c5d6e"
CIRCLE = {
    "title": "Circle",
    "type": "object",
    "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
    "required": ["kind", "radius"],
}
SQUARE = {
    "title": "Square",
    "type": "object",
    "properties": {"kind": {"const": "square"}, "side": {"type": "integer"}},
    "required": ["kind", "side"],
}
TREE = {"$ref": "#/definitions/Tree"}


def form_of(schema: Any, **more: Any) -> Form:
    blocks = {"aws": [Choice(ID, "mine")]}
    return Form({"type": "object", "properties": {"x": schema}, **SHAPES, **more}, blocks)


@pytest.mark.parametrize(
    ("_case", "schema", "kind", "value"),
    [
        ("text", {"type": "string"}, "text", "a\nb"),
        ("an empty text", {"type": "string"}, "text", ""),
        ("a long text", {"type": "string", "maxLength": 500}, "textarea", "a"),
        ("a text area", {"type": "string", "format": "textarea"}, "textarea", "line\nline"),
        ("an enum", {"enum": ["a", "b"]}, "choice", "b"),
        ("an enum of numbers", {"enum": [1, 2.5, None]}, "choice", 2.5),
        ("a constant", {"const": "fixed"}, "const", "fixed"),
        ("yes", {"type": "boolean"}, "boolean", True),
        ("no", {"type": "boolean"}, "boolean", False),
        ("yes, no or nothing", {"anyOf": [{"type": "boolean"}, {"type": "null"}]}, "choice", False),
        ("an integer", {"type": "integer"}, "integer", -7),
        ("a number", {"type": "number"}, "number", 0.25),
        ("texts", {"type": "array", "items": {"type": "string"}}, "list", ["a", "b"]),
        ("no texts", {"type": "array", "items": {"type": "string"}}, "list", []),
        ("objects in a list", {"type": "array", "items": CIRCLE}, "list", [{"kind": "circle", "radius": 2}]),
        ("an object", CIRCLE, "object", {"kind": "circle", "radius": 2.5}),
        ("an object with more", CIRCLE, "object", {"kind": "circle", "radius": 1, "further": [1]}),
        ("an empty object", {"type": "object", "properties": {"a": {"type": "string"}}}, "object", {}),
        ("names and texts", {"type": "object", "additionalProperties": {"type": "string"}}, "map", {"a/b": "1", "": "x"}),
        ("names and anything", {"type": "object"}, "map", {"a": 1, "b": "text", "c": "1", "d": [1], "e": None}),
        ("or null", {"anyOf": [{"type": "string"}, {"type": "null"}]}, "text", "a"),
        ("a list of types", {"type": ["integer", "null"]}, "integer", 3),
        ("one of two", {"oneOf": [CIRCLE, SQUARE]}, "union", {"kind": "square", "side": 3}),
        ("a text or a number", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "union", "7"),
        ("a number or a text", {"anyOf": [{"type": "string"}, {"type": "integer"}]}, "union", 7),
        ("a block", {"$ref": "#/definitions/Aws"}, "block", {"$ref": {"block_document_id": ID}}),
        ("a block or null", {"anyOf": [{"$ref": "#/definitions/Aws"}, {"type": "null"}]}, "block", {"$ref": {"block_document_id": ID}}),
        ("a block by allOf", {"allOf": [{"$ref": "#/definitions/Aws"}]}, "block", {"$ref": {"block_document_id": ID}}),
        ("a moment", {"type": "string", "format": "date-time"}, "datetime", "2026-03-01T08:30:00+02:00"),
        ("a date", {"type": "string", "format": "date"}, "date", "2026-03-01"),
        ("a time", {"type": "string", "format": "time"}, "time", "08:30:00"),
        ("a duration", {"type": "string", "format": "duration"}, "duration", "PT90M"),
        ("a duration in seconds", {"type": "number", "format": "time-delta"}, "duration", 5400),
        ("an address", {"type": "string", "format": "uri"}, "uri", "https://example.com/"),
        ("an e-mail address", {"type": "string", "format": "email"}, "email", "ada@example.com"),
        ("an id", {"type": "string", "format": "uuid"}, "uuid", ID),
        ("anything", {}, "json", {"a": [1, None]}),
        ("no schema", True, "json", [1]),
        ("an unknown type", {"type": "unheard-of"}, "json", 1),
        ("a reference to nowhere", {"$ref": "#/definitions/Nowhere"}, "json", 1),
        ("a list of anything", {"type": "array"}, "json", [1, "a"]),
    ],
)  # fmt: skip
def test_a_value_comes_back_out_of_its_form(_case, schema, kind, value):
    form = form_of(schema)
    field = read(form, fill(form, {"x": value})).children[0]
    if value == {"a/b": "1", "": "x"}:
        value = {"a/b": "1"}
    assert (field.kind, field.value) == (kind, value)
    assert [problem.problem for problem in problems_in(field)] == (
        [] if _case != "names and texts" else ["Give it a name."]
    )


@pytest.mark.parametrize(
    ("_case", "schema", "text", "problem"),
    [
        ("an integer", {"type": "integer"}, "seven", "Write a whole number."),
        ("a number", {"type": "number"}, "NaN", "Write a number, such as 2.5."),
        ("a choice", {"enum": ["a"]}, "b", "Choose one of the values that are offered."),
        ("a date", {"type": "string", "format": "date"}, "01.03.2026", "Write a date, such as 2026-03-01."),
        ("a moment", {"type": "string", "format": "date-time"}, "soon", "Write a date and a time, such as 2026-03-01T08:30."),
        ("a time", {"type": "string", "format": "time"}, "noon", "Write a time of day, such as 08:30."),
        ("a duration", {"type": "string", "format": "duration"}, "long", "Write a duration, such as 1h 30m."),
        ("an address", {"type": "string", "format": "uri"}, "example", "Write an address, such as https://example.com/."),
        ("an e-mail address", {"type": "string", "format": "email"}, "ada", "Write an e-mail address, such as ada@example.com."),
        ("an id", {"type": "string", "format": "uuid"}, "1", "Write an id of 32 hexadecimal digits."),
        ("JSON", {}, "{", "This is not JSON: Expecting property name enclosed in double quotes in line 1, column 2."),
        ("a number that JSON has not", {}, "NaN", "JSON has no NaN."),
        ("a block that went", {"$ref": "#/definitions/Aws"}, "x", "There is no such block any more. Choose another one."),
        ("a character", {"type": "string"}, "a\0", "There is a character in it that cannot be stored."),
    ],
)  # fmt: skip
def test_a_text_that_is_no_value_stays_and_is_explained(_case, schema, text, problem):
    field = read(form_of(schema), {"data/x": text}).children[0]
    assert (field.text, field.value, field.problem) == (text, ABSENT if field.kind != "block" else field.value, problem)


@pytest.mark.parametrize(
    ("_case", "schema", "required", "value"),
    [
        ("a text", {"type": "string"}, False, ABSENT),
        ("a text with a default that was taken out", {"type": "string", "default": "a"}, False, ""),
        ("nullable", {"type": ["string", "null"]}, False, ABSENT),
        ("nullable with a default that was taken out", {"type": ["integer", "null"], "default": 3}, False, None),
        ("nullable and required", {"type": ["string", "null"]}, True, None),
        ("a list", {"type": "array", "items": {"type": "string"}}, False, ABSENT),
        ("a required list", {"type": "array", "items": {"type": "string"}}, True, []),
        ("an object", CIRCLE, False, ABSENT),
        ("one of two", {"anyOf": [CIRCLE, SQUARE, {"type": "null"}]}, False, ABSENT),
    ],
)
def test_what_is_left_empty_is_not_sent(_case, schema, required, value):
    form = form_of(schema, required=["x"] if required else [])
    assert read(form, {}).children[0].value == value


def test_defaults_stand_where_nothing_is_said():
    form = Form({"properties": {"a": {"type": "integer", "default": 3}, "b": {"type": "boolean", "default": True}}})
    assert read(form, fill(form)).value == {"a": 3, "b": True}


SECRETS = {
    "properties": {
        "plain": {"type": "string"},
        "password": {"type": "string", "format": "password"},
        "hidden": {"type": "string", "writeOnly": True},
        "optional": {"anyOf": [{"type": "string", "writeOnly": True}, {"type": "null"}]},
        "named": {"type": "string"},
        "nested": {"type": "object", "properties": {"token": {"type": "string"}, "user": {"type": "string"}}},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"key": {"type": "string"}}}},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "deep": {"type": "object", "additionalProperties": {"type": "object", "properties": {"y": {"type": "string"}}}},
    },
    "secret_fields": ["named", "nested.token", "rows.key", "headers.*", "deep.*.y"],
}  # fmt: skip
STORED = {
    "plain": "p", "password": "s3cret-1", "hidden": "s3cret-2", "optional": "s3cret-3", "named": "s3cret-4",
    "nested": {"token": "s3cret-5", "user": "u"}, "rows": [{"key": "s3cret-6"}], "headers": {"a": "s3cret-7"},
    "deep": {"k": {"y": "s3cret-8"}},
}  # fmt: skip
MASKED = {
    "plain": "p", "password": "********", "hidden": "********", "optional": "********", "named": "********",
    "nested": {"token": "********", "user": "u"}, "rows": [{"key": "********"}], "headers": {"a": "********"},
    "deep": {"k": {"y": "********"}},
}  # fmt: skip


def test_no_secret_is_in_a_form_and_untouched_each_is_its_mask():
    form = Form(SECRETS)
    data = fill(form, STORED)
    assert "s3cret" not in str(data)
    tree = read(form, data)
    assert tree.value == MASKED
    assert "s3cret" not in str([(field.text, field.hidden) for field in tree.walk()])
    secrets = [field.name for field in tree.walk() if field.kind == "secret"]
    assert secrets == [
        "data/password", "data/hidden", "data/optional", "data/named", "data/nested/token", "data/rows/0/key",
        "data/headers/0", "data/deep/0/y",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "action", "text", "value", "problem"),
    [
        ("untouched", "", "", "********", ""),
        ("replaced", "replace:data/named", "new one", "new one", ""),
        ("replaced by nothing", "replace:data/named", "", ABSENT, "Type the new value, or keep the old one."),
        ("cleared", "forget:data/named", "ignored", ABSENT, ""),
    ],
)
def test_a_stored_secret_is_kept_replaced_or_cleared(_case, action, text, value, problem):
    form = Form(SECRETS)
    data = {**act(form, fill(form, STORED), action), "data/named": text}
    field = next(field for field in read(form, data).walk() if field.name == "data/named")
    assert (field.value, field.problem, field.text) == (value, problem, "")


def test_rows_come_and_go_and_keep_what_is_in_them():
    form = form_of({"type": "array", "items": {"type": "string"}})
    data = act(form, fill(form, {"x": ["a", "b"]}), "add:data/x")
    data = act(form, {**data, "data/x/2": "c"}, "remove:data/x/0")
    assert read(form, data).value == {"x": ["b", "c"]}
    assert read(form, act(form, data, "clear:data/x")).value == {}


def test_names_and_values_change_into_json_and_back():
    form = form_of({"type": "object", "additionalProperties": {"type": "integer"}})
    data = fill(form, {"x": {"a": 1}})
    as_json = act(form, data, "json:data/x")
    assert as_json == {"data#there": "1", "data/x#json": "1", "data/x": '{\n  "a": 1\n}'}
    back = act(form, {**as_json, "data/x": '{"b": 2}'}, "rows:data/x")
    assert read(form, back).value == {"x": {"b": 2}}
    assert act(form, {**as_json, "data/x": "{"}, "rows:data/x")["data/x"] == "{"


def test_another_kind_keeps_what_was_typed_but_no_secret():
    circle = {**CIRCLE, "properties": {**CIRCLE["properties"], "key": {"type": "string", "writeOnly": True}}}
    form = form_of({"oneOf": [circle, SQUARE]})
    data = {**fill(form, {"x": {"kind": "circle", "radius": 2}}), "data/x#kind": "1", "data/x/@0/key": "s3cret"}
    field = read(form, data).children[0]
    assert field.value == {"kind": "square"}
    assert ("data/x/@0/radius", "2") in field.hidden
    assert "s3cret" not in str(field.hidden)


def test_a_schema_that_leads_back_to_itself_ends_in_json():
    tree = {"type": "object", "properties": {"name": {"type": "string"}, "child": TREE}}
    form = Form({"type": "object", "properties": {"x": TREE}, "definitions": {"Tree": tree}})
    kinds = [field.kind for field in read(form, {}).walk() if field.kind in ("object", "json")]
    assert kinds == ["object", "object", "object", "object", "json"]
    loop = Form({"properties": {"x": {"$ref": "#/definitions/A"}}, "definitions": {"A": {"$ref": "#/definitions/A"}}})
    assert read(loop, {}).children[0].kind == "json"


def test_the_order_is_the_schemas_or_that_of_positions():
    form = Form(
        {"properties": {"b": {"type": "string", "position": 1}, "a": {"type": "string", "position": 0}, "c": {}}}
    )
    assert [field.label for field in read(form, {}).children] == ["A", "B", "C"]


@pytest.mark.parametrize("schema", [None, True, 7, [], {"type": "array"}, {"properties": 3}, {"allOf": [3]}])
def test_no_schema_is_a_dead_end(schema):
    form = Form(schema)
    data = fill(form, {"a": 1})
    assert read(form, data).value == {"a": 1}
    assert read(form, {"data": "[1]", "data#json": "1"}).problem == 'Write a JSON object, such as {"name": "value"}.'


@pytest.mark.parametrize(
    ("_case", "schema", "value", "name", "sentence"),
    [
        ("required", {"type": "object", "properties": {"y": {"type": "string"}}, "required": ["y"]}, {}, "data/x/y", "This is needed."),
        ("a minimum", {"type": "integer", "minimum": 3}, 2, "data/x", "This must be 3 or more."),
        ("in a row", {"type": "array", "items": {"type": "string", "maxLength": 2}}, ["a", "abc"], "data/x/1", "This may have 2 characters at most."),
        ("too few rows", {"type": "array", "items": {"type": "string"}, "minItems": 1}, [], "data/x", "This needs 1 or more rows."),
        ("by name", {"type": "object", "additionalProperties": {"type": "integer", "maximum": 1}}, {"k": 2}, "data/x/0", "This must be 1 or less."),
        ("or null", {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]}, 1, "data/x", "This must be 3 or more."),
        ("of the kind that was chosen", {"oneOf": [CIRCLE, SQUARE]}, {"kind": "square"}, "data/x/@1/side", "This is needed."),
        ("a pattern", {"type": "string", "pattern": "^[a-z]+$"}, "A", "data/x", "This must fit the pattern ^[a-z]+$."),
    ],
)  # fmt: skip
def test_a_problem_stands_at_its_field(_case, schema, value, name, sentence):
    form = form_of(schema)
    tree = read(form, fill(form, {"x": value}))
    place_problems(tree, find_problems(tree.value, form.schema))
    assert [(field.name, field.problem) for field in problems_in(tree)] == [(name, sentence)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h 30m", 5400),
        ("PT1H30M", 5400),
        ("45", 45),
        ("2 days", 172_800),
        ("1.5s", 1.5),
        ("x", None),
        ("1h x", None),
        ("", None),
    ],
)
def test_durations_are_read_as_people_write_them(text, seconds):
    assert seconds_of(text) == seconds


def test_durations_come_back():
    assert [(words_of(s), iso_of(s)) for s in (0, 90, 3600, 93_784.5)] == [
        ("0s", "PT0H"), ("1m 30s", "PT90S"), ("1h", "PT1H"), ("1d 2h 3m 4.5s", "PT93784.5S"),
    ]  # fmt: skip


def test_secrets_that_are_kept_follow_their_rows_and_names():
    form = Form(SECRETS)
    stored = {"rows": [{"key": "one"}, {"key": "two"}], "headers": {"a": "three"}}
    data = {**act(form, fill(form, stored), "remove:data/rows/0"), "data/headers/0#key": "b"}
    tree = read(form, data)
    put_back(tree.value, stored, kept_secrets(tree))
    assert tree.value == {"rows": [{"key": "two"}], "headers": {"b": "three"}}


def test_the_browser_asks_for_nothing_in_a_group_that_may_be_left_out():
    form = form_of(CIRCLE)
    assert [field.insists for field in read(form, {}).children[0].children] == [False, False]
    assert [field.insists for field in read(form, {"data/x#there": "1"}).children[0].children] == [True, True]
    assert read(form_of({"type": "string"}, required=["x"]), {}).children[0].insists


def test_one_of_several_kinds_is_said_as_it_would_be_alone():
    other = {"title": "Other", "type": "object", "block_type_slug": "other", "properties": {"key": {"type": "string"}}}
    one_of = [{"type": "integer"}, {"$ref": "#/definitions/Other"}]
    secret = [{"type": "integer"}, {"title": "Token", "type": "string", "format": "password"}]
    schema = {"properties": {"u": {"anyOf": one_of}, "s": {"anyOf": secret}}, "definitions": {"Other": other}}

    form = Form(schema, {"other": [Choice(ID, "mine", "Other")]})
    tree = read(form, fill(form, {"u": {"$ref": {"block_document_id": ID}}, "s": "s3cret"}))
    said = " ".join(re.sub(r"<[^>]+>", " ", schema_values(tree)).split())
    assert said == "U Other mine S Token •••••••• set"
