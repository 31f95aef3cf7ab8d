"""What is wrong with a form's values; the answers themselves are compared with a real server's."""

import pytest

from deployments.rules.value_errors import InvalidSchema, find_errors

NUMBER = {"type": "integer"}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
# Each step asks for the next one four times: 4 to the 12th keywords.
STEPS = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 4} for n in range(12)}
LOOP = {"$defs": {**STEPS, "a12": NUMBER}, "properties": {"a": {"$schema": DRAFT_7, "allOf": [{"$ref": "#/$defs/a0"}]}}}


def test_a_place_below_a_sentence_joins_its_property():
    schema = {"properties": {"a": {"minItems": 3, "items": NUMBER}}}
    assert find_errors({"a": ["z"]}, schema, {}) == [
        {"property": "a", "errors": ["['z'] is too short", {"index": 0, "errors": ["'z' is not of type 'integer'"]}]}
    ]


@pytest.mark.parametrize(
    ("_case", "variables", "errors"),
    [
        ("there is none", {}, ["Variable 'v' not found in workspace."]),
        ("it fits", {"v": 3}, None),
        ("it does not fit", {"v": "x"}, ["'x' is not valid under any of the given schemas"]),
    ],
)
def test_workspace_variables_are_put_in(_case, variables, errors):
    values = {"a": {"__prefect_kind": "workspace_variable", "variable_name": "v"}}
    expected = [] if errors is None else [{"property": "a", "errors": errors}]
    assert find_errors(values, {"properties": {"a": NUMBER}}, variables) == expected


@pytest.mark.parametrize(
    ("_case", "schema"),
    [
        ("too deep", {"not": {}}),
        ("too large", {"enum": ["x" * 300_000]}),
        ("too much work behind another draft", LOOP),
        ("too many keywords", {"properties": {f"p{n}": {"type": "string"} for n in range(5000)}}),
    ],
)
def test_a_bomb_is_an_invalid_schema(_case, schema):
    if _case == "too deep":
        for _ in range(60):
            schema = {"not": schema}
    with pytest.raises(InvalidSchema, match="too large or too expensive"):
        find_errors({"a": 1}, schema, {})
