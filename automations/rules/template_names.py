"""Which things a template names, and where a template is a value and not a text."""

import re
from typing import Any

from jinja2 import TemplateError, nodes

from automations.rules.templates import environment, is_template

WHOLE = re.compile(r"\s*\{\{(?![-+])((?:(?!\}\}|\{\{).)*)(?<![-+])\}\}\s*", re.DOTALL)
KIND = "__prefect_kind"


def names_in(sources: list[str]) -> set[str]:
    """The variables that the templates ask for; one that cannot be read asks for nothing."""
    names: set[str] = set()
    for source in sources:
        if is_template(source):
            try:
                names |= {node.name for node in environment.parse(source).find_all(nodes.Name)}
            except (TemplateError, RecursionError):
                continue
    return names


def as_value(source: str) -> str | None:
    """For a template that is one expression and nothing else: a template of its JSON, which keeps the type."""
    whole = WHOLE.fullmatch(source)
    return None if whole is None else "{{ (" + whole[1] + ")|tojson }}"


def texts_in(value: Any) -> list[str]:
    """Every text within parameters."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts_in(item)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return []


def holds_template(value: Any) -> bool:
    """Whether there is a parameter template in a value: what an event says must never become one."""
    if isinstance(value, dict):
        return KIND in value or any(holds_template(item) for item in value.values())
    return isinstance(value, list) and any(holds_template(item) for item in value)
