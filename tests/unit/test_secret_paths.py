"""The secret paths of a schema, where dictionaries stand on the way."""

import time

import pytest

from blocks.rules.secrets import keep_masked, mask_document, secret_texts
from controlplane.schema_forms import Form, fill, read
from controlplane.schema_forms.secret_paths import spell_out

INNER = {"type": "object", "properties": {"token": {"type": "string"}, "more": {"type": "object"}}}
MAP = {"type": "object"}


def schema(field, *paths):
    return {"properties": {"f": field}, "definitions": {"Inner": INNER}, "secret_fields": list(paths)}


@pytest.mark.parametrize(
    ("_case", "fields", "found"),
    [
        ("none", {"properties": {}}, []),
        ("no list", {"secret_fields": "f"}, []),
        ("no texts", {"secret_fields": [1, None]}, []),
        ("a field", schema({"type": "string"}, "f"), ["f"]),
        ("a field that is unknown", {"secret_fields": ["x"]}, ["x"]),
        ("everything below", schema(MAP, "f.*"), ["f.*"]),
        ("an object", schema(INNER, "f.token"), ["f.token"]),
        ("a reference", schema({"$ref": "#/definitions/Inner"}, "f.token"), ["f.token"]),
        ("a list", schema({"type": "array", "items": {"$ref": "#/definitions/Inner"}}, "f.token"), ["f.token"]),
        ("or nothing", schema({"anyOf": [{"$ref": "#/definitions/Inner"}, {"type": "null"}]}, "f.token"), ["f.token"]),
        ("a dictionary", schema(MAP, "f.token"), ["f.**.token"]),
        ("a dictionary or nothing", schema({"anyOf": [MAP, {"type": "null"}]}, "f.token"), ["f.**.token"]),
        ("dictionaries in a list", schema({"type": "array", "items": MAP}, "f.token"), ["f.**.token"]),
        ("a dictionary that is described", schema({**MAP, "additionalProperties": INNER}, "f.token"), ["f.**.token"]),
        ("one of the two", schema({"anyOf": [MAP, INNER]}, "f.token"), ["f.**.token", "f.token"]),
        ("anything or an object", schema({"anyOf": [{}, INNER]}, "f.token"), ["f.**.token", "f.token"]),
        ("a dictionary in an object", schema(INNER, "f.more.key"), ["f.more.**.key"]),
        ("everything below in a dictionary", schema(MAP, "f.headers.*"), ["f.**.headers"]),
        ("a reference to nowhere", schema({"$ref": "#/definitions/Gone"}, "f.token"), ["f.**.token"]),
        ("a reference to itself", schema({"$ref": "#/properties/f"}, "f.token"), ["f.**.token"]),
    ],
)
def test_a_path_reaches_into_dictionaries(_case, fields, found):
    assert spell_out(fields) == found


NESTED = {
    "plain": "p", "token": "top",
    "f": {"a": {"token": "one", "n": 1}, "b": [{"token": "two"}, "text", None],
          "token": {"token": "three", "k": "four"},
          "c": {"token": None}},
}  # fmt: skip
SHOWN = {
    "plain": "p", "token": "top",
    "f": {"a": {"token": "********", "n": 1}, "b": [{"token": "********"}, "text", None], "token": "********",
          "c": {"token": None}},
}  # fmt: skip


def test_a_name_is_masked_wherever_it_stands_in_a_dictionary():
    fields = schema(MAP, "f.token")
    assert mask_document(NESTED, fields) == SHOWN
    assert secret_texts(NESTED, fields) == {"one", "two", "three", "four"}
    assert keep_masked(SHOWN | {"plain": "changed"}, NESTED, SHOWN) == NESTED | {"plain": "changed"}


@pytest.mark.parametrize("field", [MAP, {**MAP, "additionalProperties": INNER}, {"type": "array", "items": MAP}, {}])
def test_a_form_does_not_hold_what_is_secret_in_a_dictionary(field):
    form = Form(schema(field, "f.token"))
    given = {key: item for key, item in NESTED["f"].items() if key != "c"}
    value = {"f": [given] if field.get("type") == "array" else given}
    data = fill(form, value)
    assert [secret for secret in ("one", "two", "three", "four") if secret in str(data)] == []
    assert "text" in str(data)
    sent = read(form, data).value
    assert keep_masked(sent, value, mask_document(value, form.schema)) == value


def test_a_form_of_something_else_than_an_object_hides_the_same():
    fields = {"anyOf": [INNER, {"type": "object", "properties": {"b": {}}}], "secret_fields": ["token", "x.y"]}
    data = fill(Form(fields), {"token": "one", "x": {"q": {"y": "two"}}, "z": "text"})
    assert [word in str(data) for word in ("one", "two", "text")] == [False, False, True]


def test_very_many_paths_cost_no_more_than_the_document_is_long():
    """One walk for each path would take a minute."""
    names = [f"field-{number}" for number in range(20_000)]
    fields = {"properties": dict.fromkeys(names, MAP), "secret_fields": [f"{name}.token" for name in names]}
    data = {name: {"token": "one"} for name in names}
    begun = time.process_time()
    assert mask_document(data, fields) == {name: {"token": "********"} for name in names}
    assert "one" not in str(fill(Form(fields), data))
    assert time.process_time() - begun < 5
