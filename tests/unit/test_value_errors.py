"""What is wrong with a form's values; the answers themselves are compared with a real server's."""

import pytest

from deployments.rules.value_errors import InvalidSchema, find_errors

NUMBER = {"type": "integer"}


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
        ("too many keywords", {"properties": {f"p{n}": {"type": "string"} for n in range(5000)}}),
    ],
)
def test_a_bomb_is_an_invalid_schema(_case, schema):
    if _case == "too deep":
        for _ in range(60):
            schema = {"not": schema}
    with pytest.raises(InvalidSchema, match="too large or too expensive"):
        find_errors({}, schema, {})
