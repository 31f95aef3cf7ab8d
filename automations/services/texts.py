"""Templates of actions, rendered with what Prefect gives them; of other rooms only what they name is fetched."""

from datetime import datetime
from typing import Any

from msgspec import json

from automations.rules.template_names import KIND, as_value, holds_template, names_in, texts_in
from automations.rules.templates import is_template
from automations.services.invocations import ActionFailed, Invocation
from automations.services.template_context import ATTRIBUTES, make_context
from controlplane.sandbox.rendering import RenderingFailed, render

Context = dict[str, Any]


def render_texts(invocation: Invocation, sources: list[str], now: datetime) -> list[str]:
    """The texts of several templates. Inside a transaction of the workspace."""
    if not any(map(is_template, sources)):
        return sources
    context = make_context(invocation, names_in(sources), now)
    return [render_one(source, context) for source in sources]


def render_one(source: str, context: Context) -> str:
    if not is_template(source):
        return source
    try:
        return render(source, context, attribute_filters=ATTRIBUTES)
    except RenderingFailed as error:
        raise ActionFailed(f"Template rendering failed: {error}", details={"template_error": str(error)}) from None


def render_parameters(
    invocation: Invocation, parameters: dict[str, Any] | None, now: datetime
) -> dict[str, Any] | None:
    """Parameters with their Jinja rendered; JSON and variables are left to the deployment."""
    if not parameters:
        return parameters
    sources = texts_in(parameters)
    if not any(map(is_template, sources)):
        return parameters
    context = make_context(invocation, names_in(sources), now)
    made: dict[str, Any] = filled(parameters, context)
    return made


def filled(value: Any, context: Context) -> Any:
    if isinstance(value, str):
        return fill(value, context)
    if isinstance(value, list):
        return [filled(item, context) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(KIND) == "jinja" and isinstance(source := value.get("template"), str):
        return fill(source, context)
    return {key: filled(item, context) for key, item in value.items()}


def fill(source: str, context: Context) -> Any:
    """A text; or, where the template is one expression, its value."""
    typed = as_value(source)
    if typed is None:
        return render_one(source, context)
    value = json.decode(render_one(typed, context))
    if holds_template(value):
        # Otherwise whoever can send an event could have the workspace's variables read out.
        raise ActionFailed("Template rendering failed: a value may not hold a parameter template of its own")
    return value
