"""Secrets in a value that is shown as JSON."""

from typing import Any

from controlplane.schema_forms.fields import MASK
from controlplane.schema_forms.matching import choose, row_of_map, variant_of
from controlplane.schema_forms.places import Form, Place, find_place
from controlplane.schema_forms.secrets import below

INSIDE = 2
"""A depth at which a place is what its schema says: neither the whole nor too deep for a form."""


def hide(place: Place, form: Form, value: Any) -> Any:
    """A copy of `value`, which stands at `place`, with eight asterisks for each secret; null stays null."""
    if place.kind == "secret":
        return None if value is None else MASK
    if isinstance(value, dict):
        return {key: hide(inside(place, form, key, value), form, item) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(inside(place, form, 0, value), form, item) for item in value]
    return value


def inside(place: Place, form: Form, key: str | int, value: Any) -> Place:
    """The place of a property, a row or an item of `value`."""
    if place.variants:
        place = variant_of(place, form, choose(place, form, value))
    properties = place.schema.get("properties")
    if isinstance(key, str) and isinstance(properties, dict) and key in properties:
        return find_place(properties[key], form, below(place.secrets, key), INSIDE)
    if isinstance(key, str):
        return deep(row_of_map(place, form, key), form)
    items = place.schema.get("items")
    return find_place(items if isinstance(items, dict) else {}, form, place.secrets, INSIDE)


def deep(place: Place, form: Form) -> Place:
    return find_place(place.schema, form, place.secrets, INSIDE) if place.kind == "json" else place
