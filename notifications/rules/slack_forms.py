"""The input that a paused run waits for, as a Slack modal: from its JSON schema to blocks, and back to an input."""

from collections.abc import Mapping
from typing import Any

MOST_FIELDS = 40
LONGEST_LABEL = 1900
Json = Mapping[str, Any]


class UnfitForm(ValueError):
    """The form cannot be drawn or read; the sentence is for people."""


def resolved(field: Json, schema: Json) -> Json:
    """The field with its one reference followed, and without the null of an optional one."""
    ref = field.get("$ref")
    if not isinstance(ref, str) and isinstance(field.get("allOf"), list) and len(field["allOf"]) == 1:
        ref = field["allOf"][0].get("$ref")
    if isinstance(ref, str):
        found: Any = schema
        for part in ref.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            return {**found, **{name: value for name, value in field.items() if name not in ("$ref", "allOf")}}
    others = [one for one in field.get("anyOf", ()) if isinstance(one, Mapping) and one.get("type") != "null"]
    if len(others) == 1:
        return {**resolved(others[0], schema), **{name: value for name, value in field.items() if name != "anyOf"}}
    return field


def fields_of(schema: Json) -> list[tuple[str, Json, bool]]:
    """Name, schema, and whether it must be given."""
    properties = schema.get("properties")
    required = schema.get("required")
    needed = set(required) if isinstance(required, list) else set()
    found = properties.items() if isinstance(properties, Mapping) else ()
    fields = [(name, resolved(field, schema), name in needed) for name, field in found if isinstance(field, Mapping)]
    if len(fields) > MOST_FIELDS:
        raise UnfitForm("This run asks for more than fits into Slack. Answer it on the run's page.")
    return fields


def blocks_of(schema: Json) -> list[dict[str, Any]]:
    return [block_of(name, field, is_needed) for name, field, is_needed in fields_of(schema)]


def block_of(name: str, field: Json, is_needed: bool) -> dict[str, Any]:
    block: dict[str, Any] = {
        "type": "input",
        "block_id": name[:255],
        "optional": not is_needed,
        "label": plain(str(field.get("title") or name)[:LONGEST_LABEL]),
        "element": {"action_id": "value", **element_of(field)},
    }
    if isinstance(field.get("description"), str) and field["description"]:
        block["hint"] = plain(field["description"][:LONGEST_LABEL])
    return block


def element_of(field: Json) -> dict[str, Any]:
    kind, default, choices = field.get("type"), field.get("default"), choices_of(field)
    first: dict[str, Any]
    if choices:
        options = [option(shown(value), str(number)) for number, value in enumerate(choices)]
        first = {"initial_option": options[choices.index(default)]} if default in choices else {}
        return {"type": "static_select", "options": options, **first}
    if kind in ("integer", "number"):
        limits = {to: str(field[name]) for name, to in NUMBER_LIMITS if isinstance(field.get(name), int | float)}
        first = {"initial_value": str(default)} if isinstance(default, int | float) else {}
        return {"type": "number_input", "is_decimal_allowed": kind == "number", **limits, **first}
    if kind == "string" and field.get("format") == "date":
        return {"type": "datepicker", **({"initial_date": default} if isinstance(default, str) else {})}
    if kind not in (None, "string"):
        raise UnfitForm(f"This run asks for a value that Slack has no field for ({kind}). Answer it on the run's page.")
    first = {"initial_value": default[:3000]} if isinstance(default, str) and default else {}
    longest = field.get("maxLength")
    limit = {"max_length": longest} if isinstance(longest, int) and 0 < longest <= 3000 else {}
    return {"type": "plain_text_input", **limit, **first}


NUMBER_LIMITS = (("minimum", "min_value"), ("maximum", "max_value"))


def choices_of(field: Json) -> list[Any]:
    if field.get("type") == "boolean":
        return [True, False]
    if "const" in field:
        return [field["const"]]
    choices = field.get("enum")
    if not isinstance(choices, list):
        return []
    if len(choices) > 100:
        raise UnfitForm("This run asks to choose from more than fits into Slack. Answer it on the run's page.")
    return choices


def shown(value: Any) -> str:
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else str(value)[:75] or "(empty)"


def input_of(schema: Json, values: Mapping[str, Mapping[str, Json]]) -> dict[str, Any]:
    """What was filled in, with the types that the schema wants. A field that was left empty is left out."""
    found = {}
    for name, field, _ in fields_of(schema):
        element = values.get(name[:255], {}).get("value")
        if element is not None and (value := value_of(field, element)) is not None:
            found[name] = value
    return found


def value_of(field: Json, element: Json) -> Any:
    if choices := choices_of(field):
        chosen = element.get("selected_option")
        number = chosen.get("value") if isinstance(chosen, Mapping) else None
        is_one = isinstance(number, str) and number.isdecimal() and int(number) < len(choices)
        return choices[int(str(number))] if is_one else None
    if "selected_date" in element:
        return element["selected_date"]
    text = element.get("value")
    if not isinstance(text, str) or text == "":
        return None
    if field.get("type") not in ("integer", "number"):
        return text
    try:
        return int(text) if field["type"] == "integer" else float(text)
    except ValueError:
        raise UnfitForm(f"{field.get('title') or 'A field'} has to be a number.") from None


def option(words: str, value: str) -> dict[str, Any]:
    return {"text": plain(words), "value": value}


def plain(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}
