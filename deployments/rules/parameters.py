"""Hydration: parameters may hold `{"__prefect_kind": …}` templates, which become values before they are stored."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deployments.rules.templates import InvalidTemplate, render

KIND = "__prefect_kind"


class InvalidParameters(Exception):
    """A template cannot become a value; the text is the wire's reason."""


class Removed:
    """In the place of a value: its key goes."""


REMOVED = Removed()


class Placeholder:
    """In the place of a value that is not known: what is wrong with its template, or None if nothing is."""

    def __init__(self, problem: str | None) -> None:
        self.problem = problem


def variable_names(value: Any) -> Iterator[str]:
    """The names of the workspace variables that the templates in a value ask for."""
    if isinstance(value, dict):
        if value.get(KIND) == "workspace_variable" and isinstance(name := value.get("variable_name"), str):
            yield name
        for child in value.values():
            yield from variable_names(child)
    elif isinstance(value, list):
        for child in value:
            yield from variable_names(child)


def hydrate(parameters: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with every template replaced. Raises InvalidParameters with the first reason."""
    made = {name: hydrate_value(value, variables) for name, value in parameters.items()}
    return {name: value for name, value in made.items() if value is not REMOVED}


def hydrate_softly(value: Any, variables: Mapping[str, Any]) -> Any:
    """A value with its templates replaced: those that cannot be, and texts rendered later, by a Placeholder."""
    if isinstance(value, list):
        made = [hydrate_softly(item, variables) for item in value]
        return [item for item in made if item is not REMOVED]
    if not isinstance(value, dict):
        return value
    if KIND not in value:
        softly = {name: hydrate_softly(item, variables) for name, item in value.items()}
        return {name: item for name, item in softly.items() if item is not REMOVED}
    try:
        found = from_template(value, variables)
    except InvalidParameters as problem:
        return Placeholder(str(problem))
    return Placeholder(None) if value[KIND] == "jinja" else found


def hydrate_value(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        made = [hydrate_value(item, variables) for item in value]
        return [item for item in made if item is not REMOVED]
    if not isinstance(value, dict):
        return value
    if KIND in value:
        return from_template(value, variables)
    return hydrate(value, variables)


def from_template(template: dict[str, Any], variables: Mapping[str, Any]) -> Any:
    kind = template[KIND]
    if kind == "none":
        if "value" not in template:
            raise InvalidParameters("Missing 'value' key in __prefect object")
        return hydrate_value(template["value"], variables)
    if kind == "json":
        return from_json(template, variables)
    if kind == "jinja":
        return from_jinja(template, variables)
    if kind == "workspace_variable":
        return from_variable(template, variables)
    return template.get("value")


def from_json(template: dict[str, Any], variables: Mapping[str, Any]) -> Any:
    if "value" not in template:
        return REMOVED
    text = hydrate_value(template["value"], variables)
    if text is REMOVED:
        return REMOVED
    try:
        return json.loads(text, parse_constant=refuse_constant)
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameters(f"Invalid JSON: {error}") from error


def refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def from_jinja(template: dict[str, Any], variables: Mapping[str, Any]) -> Any:
    if "template" not in template:
        raise InvalidParameters("Missing 'template' key in __prefect object")
    source = hydrate_value(template["template"], variables)
    try:
        return render(str(source), {})
    except InvalidTemplate as error:
        raise InvalidParameters(f"Invalid jinja: {error}") from error


def from_variable(template: dict[str, Any], variables: Mapping[str, Any]) -> Any:
    if "variable_name" not in template:
        return REMOVED
    name = hydrate_value(template["variable_name"], variables)
    if not isinstance(name, str) or name not in variables:
        raise InvalidParameters(f"Variable '{name}' not found in workspace.")
    return variables[name]
