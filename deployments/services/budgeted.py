"""What users have programmed, within a budget: at once what is cheap beyond doubt, the rest in a process."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import json

from controlplane.budget import OverBudget, spend
from controlplane.schema_forms import validation as json_schemas
from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch, TooExpensive
from deployments.rules import parameters, value_errors
from deployments.rules.parameters import KIND, InvalidParameters
from deployments.rules.value_errors import Error, InvalidSchema

FEW_STEPS = 1000
SMALL_SCHEMA, SMALL_VALUE = 32_768, 8_192
"""Bytes. A step costs at most some ten microseconds on as much as this."""
FEW_TEMPLATES, SHORT_TEMPLATES = 8, 2000


def validate(value: Any, schema: Mapping[str, Any], *, ignore_required: bool = False, allow_null: bool = True) -> None:
    """Raise SchemaMismatch or CircularSchema, as `json_schemas.validate` does."""
    kinds = {"ignore_required": ignore_required, "allow_null": allow_null}
    json_schemas.check_size(schema)
    if is_small(value, schema) and json_schemas.is_countable(schema):
        try:
            return json_schemas.validate(value, schema, **kinds, most_steps=FEW_STEPS)
        except TooExpensive:
            pass
    try:
        spend(json_schemas.validate, value, schema, raises=(CircularSchema, SchemaMismatch), **kinds)
    except OverBudget:
        raise TooExpensive from None


def is_small(value: Any, schema: Mapping[str, Any]) -> bool:
    return len(json.encode(schema)) <= SMALL_SCHEMA and len(json.encode(value)) <= SMALL_VALUE


def hydrate(values: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without templates; InvalidParameters says why one cannot be replaced."""
    sources = list(jinja_sources(values))
    total = sum(map(len, sources))
    if len(sources) <= FEW_TEMPLATES and total <= SHORT_TEMPLATES and not any("{%" in source for source in sources):
        return parameters.hydrate(values, variables)
    try:
        made: dict[str, Any] = spend(parameters.hydrate, values, variables, raises=(InvalidParameters,))
    except OverBudget:
        raise InvalidParameters("Invalid jinja: the templates take too long") from None
    return made


def jinja_sources(value: Any) -> Iterator[str]:
    """The templates in a value; what is itself made by a template is taken for a long one."""
    if isinstance(value, dict):
        if value.get(KIND) == "jinja":
            source = value.get("template")
            yield source if isinstance(source, str) else "{%"
        for child in value.values():
            yield from jinja_sources(child)
    elif isinstance(value, list):
        for child in value:
            yield from jinja_sources(child)


def find_errors(values: Mapping[str, Any], schema: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Error]:
    """What is wrong with the values of a form, place by place. Raises InvalidSchema."""
    try:
        found: list[Error] = spend(value_errors.find_errors, values, schema, variables, raises=(InvalidSchema,))
    except OverBudget:
        raise InvalidSchema(str(TooExpensive())) from None
    return found
