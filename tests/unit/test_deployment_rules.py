"""What people write into deployments and pools: parameters, schemas, templates, priorities."""

from time import process_time

import pytest

from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch, validate
from deployments.rules.job_templates import check_job_variables
from deployments.rules.parameters import InvalidParameters, hydrate, variable_names
from deployments.rules.priorities import shifted
from deployments.rules.templates import InvalidTemplate, render

SCHEMA = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "b": {"type": "object", "properties": {"c": {"type": "integer"}}, "required": ["c"]},
        "d": {"type": "string", "default": "x"},
    },
    "required": ["a", "b"],
}


@pytest.mark.parametrize(
    ("_case", "value", "schema", "reason"),
    [
        ("two wrong fields: the last one", {"a": "x", "b": 1}, SCHEMA,
         "Validation failed for field 'b'. Failure reason: 1 is not of type 'object'"),
        ("nested", {"a": 1, "b": {"c": "q"}}, SCHEMA,
         "Validation failed for field 'b.c'. Failure reason: 'q' is not of type 'integer'"),
        ("missing", {"b": {"c": 1}}, SCHEMA, "Validation failed. Failure reason: 'a' is a required property"),
        ("optional with a default is not null", {"a": 1, "b": {"c": 1}, "d": None}, SCHEMA,
         "Validation failed for field 'd'. Failure reason: None is not of type 'string'"),
        ("pattern", "aab", {"pattern": "^a+$"}, "Validation failed. Failure reason: 'aab' does not match '^a+$'"),
        ("additional", {"x": 1}, {"additionalProperties": False},
         "Validation failed. Failure reason: Additional properties are not allowed ('x' was unexpected)"),
        ("not unique", [1, {"a": 2}, {"a": 2}], {"uniqueItems": True},
         "Validation failed. Failure reason: [1, {'a': 2}, {'a': 2}] has non-unique elements"),
        ("tuple", ["x"], {"items": [{"type": "integer"}]},
         "Validation failed for field '0'. Failure reason: 'x' is not of type 'integer'"),
        ("no schema", 1, {"type": 5}, "Validation failed. Failure reason: the schema is not a valid JSON schema"),
        ("a look-ahead", "a", {"pattern": "(?=a)"},
         "Validation failed. Failure reason: the schema is not a valid JSON schema"),
        ("out of the house", 1, {"$ref": "http://127.0.0.1:1/internal"},
         "Validation failed. Failure reason: a reference cannot be resolved: http://127.0.0.1:1/internal"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(_case, value, schema, reason):
    with pytest.raises(SchemaMismatch) as error:
        validate(value, schema)
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("_case", "value", "schema"),
    [
        ("optional may be null", {"a": None}, {"properties": {"a": {"type": "string"}}}),
        ("format is not asserted", {"a": "no date"}, {"properties": {"a": {"type": "string", "format": "date-time"}}}),
        ("block by reference", {"b": {"$ref": "01a20425-6dd9-78a2-8110-3aa51eb74aa2"}},
         {"properties": {"b": {"$ref": "#/definitions/B"}},
          "definitions": {"B": {"block_type_slug": "b", "type": "object", "required": ["x"]}}}),
        ("block by document", {"b": {"$ref": {"block_document_id": "1"}}},
         {"properties": {"b": {"$ref": "#/definitions/B"}},
          "definitions": {"B": {"block_type_slug": "b", "type": "object", "required": ["x"]}}}),
    ],
)  # fmt: skip
def test_what_fits(_case, value, schema):
    validate(value, schema)


def test_a_part_of_the_parameters_may_leave_out_what_is_required():
    validate({"b": {}}, SCHEMA, ignore_required=True)


def nested_schema() -> dict[str, object]:
    schema: dict[str, object] = {}
    for _ in range(50):
        schema = {"not": schema}
    return schema


def doubling_schema() -> dict[str, object]:
    definitions: dict[str, object] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(26)}
    return {"$defs": {**definitions, "d26": {}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("_case", "value", "schema", "error"),
    [
        ("backtracking pattern", "a" * 5000 + "!", {"pattern": "(a+)+$"}, SchemaMismatch),
        ("doubling allOf", 1, doubling_schema(), SchemaMismatch),
        ("oneOf times items", [1] * 1000, {"items": {"oneOf": [{"type": "string"}] * 2000}}, SchemaMismatch),
        ("schema in a circle", {}, {"$ref": "#"}, CircularSchema),
        ("too deep", {}, nested_schema(), SchemaMismatch),
    ],
)  # fmt: skip
def test_an_expensive_schema_is_refused_soon(_case, value, schema, error):
    started = process_time()
    with pytest.raises(error):
        validate(value, schema)
    assert process_time() - started < 1.0


@pytest.mark.parametrize(
    ("_case", "parameters", "expected"),
    [
        ("plain", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
        ("none", {"a": {"__prefect_kind": "none", "value": 7}}, {"a": 7}),
        ("json", {"a": {"__prefect_kind": "json", "value": '{"x": [1]}'}}, {"a": {"x": [1]}}),
        ("json without a value goes", {"a": {"__prefect_kind": "json"}, "b": 1}, {"b": 1}),
        ("jinja is always text", {"a": {"__prefect_kind": "jinja", "template": "{{ 1 + 2 }}"}}, {"a": "3"}),
        ("json of jinja", {"a": {"__prefect_kind": "json", "value": {"__prefect_kind": "jinja", "template": "3"}}},
         {"a": 3}),
        ("variable", {"a": [{"__prefect_kind": "workspace_variable", "variable_name": "v"}]}, {"a": [{"k": 1}]}),
        ("variable without a name goes", {"a": {"__prefect_kind": "workspace_variable"}}, {}),
        ("unknown kind", {"a": {"__prefect_kind": "other", "value": 5}, "b": {"__prefect_kind": None}},
         {"a": 5, "b": None}),
    ],
)  # fmt: skip
def test_templates_become_values(_case, parameters, expected):
    assert hydrate(parameters, {"v": {"k": 1}}) == expected


@pytest.mark.parametrize(
    ("_case", "template", "reason"),
    [
        ("none without value", {"__prefect_kind": "none"}, "Missing 'value' key in __prefect object"),
        ("jinja without template", {"__prefect_kind": "jinja"}, "Missing 'template' key in __prefect object"),
        ("jinja cut short", {"__prefect_kind": "jinja", "template": "{{"},
         "Invalid jinja: unexpected 'end of template'"),
        ("no JSON", {"__prefect_kind": "json", "value": "{"},
         "Invalid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("NaN", {"__prefect_kind": "json", "value": "NaN"}, "Invalid JSON: NaN is not a JSON number"),
        ("unknown variable", {"__prefect_kind": "workspace_variable", "variable_name": "nov"},
         "Variable 'nov' not found in workspace."),
    ],
)  # fmt: skip
def test_a_template_that_cannot_become_a_value(_case, template, reason):
    with pytest.raises(InvalidParameters) as error:
        hydrate({"a": {"deep": [template]}}, {})
    assert str(error.value) == reason


def test_which_variables_are_asked_for():
    asked = {"a": [{"__prefect_kind": "workspace_variable", "variable_name": "v"}], "b": {"variable_name": "w"}}
    assert list(variable_names(asked)) == ["v"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{% set a = 'x' %}",
        "{{ range(1000000000) | list }}",
        "{{ 'x' | center(1000000000) }}",
        "{{ lipsum() }}",
        "{{ 'a'.join(['b']) }}",
        "{% for i in range(100) %}{% for j in range(100) %}x{% endfor %}{% endfor %}",
        "{% for i in 'aaaa' %}{% endfor %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{{ x | upper | upper | upper | upper }}",
        "x" * 4097,
    ],
)
def test_a_template_that_asks_for_too_much_is_refused(source):
    with pytest.raises(InvalidTemplate):
        render(source, {"x": "a"})


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ name | upper }}", "ANN"),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        ("{% if name == 'Ann' %}yes{% else %}no{% endif %}", "yes"),
        ("{{ missing | default('d') }}", "d"),
    ],
)
def test_what_a_template_may_do(source, text):
    assert render(source, {"name": "Ann"}) == text


@pytest.mark.parametrize(
    ("_case", "taken", "wanted", "expected"),
    [
        ("first", [], None, (1, [])),
        ("lowest that is free", [1, 2, 4], None, (3, [])),
        ("free", [1], 5, (5, [])),
        ("taken: one moves", [1], 1, (1, [1])),
        ("a gap stops the shift", [1, 2, 4], 1, (1, [1, 2])),
    ],
)
def test_priorities_make_room(_case, taken, wanted, expected):
    assert shifted(taken, wanted) == expected


TEMPLATE = {
    "job_configuration": {},
    "variables": {
        "properties": {"n": {"type": "integer", "default": 1}, "must": {"type": "string"}},
        "required": ["must"],
    },
}


@pytest.mark.parametrize(
    ("_case", "of_deployment", "of_run", "ignore_required"),
    [
        ("the run gives it", {}, {"must": "x"}, False),
        ("the deployment gives it", {"must": "x"}, {"n": None}, False),
        ("not asked for yet", {"n": 2}, {}, True),
    ],
)
def test_job_variables_fit(_case, of_deployment, of_run, ignore_required):
    check_job_variables(TEMPLATE, of_deployment, of_run, ignore_required=ignore_required)


def test_job_variables_that_do_not_fit():
    with pytest.raises(SchemaMismatch, match="'must' is a required property"):
        check_job_variables(TEMPLATE, {}, {}, ignore_required=False)
    with pytest.raises(SchemaMismatch, match=r"field 'n'.*'x' is not valid under any of the given schemas"):
        check_job_variables(TEMPLATE, {"n": "x"}, {"must": "m"}, ignore_required=False)


def test_a_template_whose_own_defaults_do_not_fit_requires_nothing():
    broken = {"variables": {"properties": {"n": {"type": "integer", "default": "zz"}}, "required": ["must"]}}
    check_job_variables(broken, {"n": 1}, {}, ignore_required=False)
