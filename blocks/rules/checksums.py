"""The checksum of a block schema, exactly as clients compute it: they look their schemas up by it."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

DEFINITION = "#/definitions/"


def checksum_of(fields: dict[str, Any]) -> str:
    """`fields` as sent, without secret fields and without definitions of other blocks."""
    shown = without_secret_fields(fields)
    if shown.get("definitions"):
        definitions = plain_definitions(shown)
        del shown["definitions"]
        if definitions:
            shown["definitions"] = definitions
    text = json.dumps([[shown], {}], sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def without_secret_fields(value: Any) -> Any:
    """Not through lists: clients do not go there either."""
    if not isinstance(value, dict):
        return value
    return {key: without_secret_fields(item) for key, item in value.items() if key != "secret_fields"}


def plain_definitions(fields: dict[str, Any]) -> dict[str, Any]:
    """The definitions of the schema's own models: referred to, not empty, and no blocks."""
    definitions = fields.get("definitions")
    if not isinstance(definitions, dict) or not definitions:
        return {}
    named = set(names_referred_to(fields))
    return {
        name: definition
        for name, definition in definitions.items()
        if name in named and definition and not is_block(definition)
    }


def is_block(definition: Any) -> bool:
    return isinstance(definition, dict) and definition.get("block_type_slug") is not None


def names_referred_to(value: Any) -> Iterator[str]:
    """The names of the definitions that `value` refers to, at any depth."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            reference = item.get("$ref")
            if isinstance(reference, str):
                yield reference.removeprefix(DEFINITION)
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)
