"""A filter in words, for the chips of a page and the summary of an automation."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from controlplane.filters.entities import Field, Group, find_entity
from controlplane.filters.kinds import Compare, Operator, Switch


def describe(entity: str, filter: Struct) -> list[str]:
    """One sentence for every condition; those that `or_` joins make one sentence together."""
    declared = find_entity(entity)
    found: list[str] = []
    for field in declared.fields:
        given = getattr(filter, field.name)
        if given is not None and not field.ignored:
            found += _field(field, given)
    return _combined(filter, found)


def _field(field: Field | Group, given: Any) -> list[str]:
    if isinstance(field, Group):
        inner = [(part, getattr(given, part.name)) for part in field.fields]
        return _combined(given, [text for part, value in inner if value is not None for text in _field(part, value)])
    label = field.label or field.name.replace("_", " ")
    wanted = field.operators if field.choose is None else field.choose(given)
    texts = [
        _operator(field.kind[name], label, value)
        for name in field.operators
        if name in wanted and (value := getattr(given, name)) is not None
    ]
    return _combined(given, [text for text in texts if text])


def _operator(operator: Operator, label: str, value: Any) -> str:
    if isinstance(operator, Switch):
        return (operator.says_yes if value else operator.says_no).format(field=label)
    if isinstance(operator, Compare) and operator.skips_empty and not value:
        return ""
    if isinstance(operator, Compare) and isinstance(value, list):
        words = operator.between.join(_value(item) for item in value) or "nothing"
        return operator.says.format(field=label, value=words)
    return operator.says.format(field=label, value=_value(value))


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    return str(value)


def _combined(given: Any, texts: list[str]) -> list[str]:
    if len(texts) > 1 and getattr(given, "operator", "and_") == "or_":
        return [" or ".join(texts)]
    return texts
