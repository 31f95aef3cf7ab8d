"""A work pool's base job template: what its variables are, and which values fit them."""

from collections.abc import Callable, Mapping
from typing import Any

from controlplane.schema_forms.validation import SchemaMismatch, validate

Validate = Callable[..., None]
"""`json_schemas.validate`, or one that calls it within a budget."""


def defaults_of(template: Mapping[str, Any]) -> dict[str, Any]:
    """The default values of a template's variables."""
    properties = variables_of(template).get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: sub["default"] for name, sub in properties.items() if isinstance(sub, dict) and "default" in sub}


def variables_of(template: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a template's variables; `{}` if it has none."""
    variables = template.get("variables")
    return variables if isinstance(variables, dict) else {}


def check_defaults(template: Mapping[str, Any], validate: Validate = validate) -> None:
    """Raise SchemaMismatch if a default contradicts the schema that it stands in."""
    check_variables(template, defaults_of(template), validate, ignore_required=True)


def check_job_variables(
    template: Mapping[str, Any], of_deployment: Mapping[str, Any], of_run: Mapping[str, Any], *, ignore_required: bool,
    validate: Validate = validate,
) -> None:  # fmt: skip
    """Raise SchemaMismatch if a run's variables do not fit: defaults, then the deployment's, then the run's own.

    A template whose own defaults do not fit requires nothing: nobody could repair it from here.
    """
    try:
        check_defaults(template, validate)
    except SchemaMismatch:
        ignore_required = True
    given = {**defaults_of(template), **of_deployment, **of_run}
    check_variables(template, given, validate, ignore_required=ignore_required)


def check_variables(
    template: Mapping[str, Any], given: Mapping[str, Any], validate: Validate, *, ignore_required: bool
) -> None:
    schema = variables_of(template)
    if schema:
        validate(given, nullable(schema), ignore_required=ignore_required)


def nullable(schema: Any) -> Any:
    """Here an optional variable may be null even where it has a default, in nested objects too."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    required = schema.get("required") or []
    properties = {}
    for name, sub in schema["properties"].items():
        sub = nullable(sub)
        if isinstance(sub, dict) and "default" in sub and "type" in sub and name not in required:
            rest = {key: value for key, value in sub.items() if key not in ("type", "default")}
            sub = {**rest, "anyOf": [{"type": sub["type"]}, {"type": "null"}]}
        properties[name] = sub
    return {**schema, "properties": properties}


def with_defaults(template: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The template with these defaults of its variables, and no others."""
    variables = variables_of(template)
    properties = {}
    for name, sub in (variables.get("properties") or {}).items():
        if not isinstance(sub, dict):
            properties[name] = sub
            continue
        rest = {key: value for key, value in sub.items() if key != "default"}
        properties[name] = {**rest, "default": values[name]} if name in values else rest
    return {**template, "variables": {**variables, "properties": properties}}
