"""A JSON value as the names and texts of a form. Secrets are not among them: only that there is one."""

import json
from typing import Any

from controlplane.schema_forms.durations import seconds_of, words_of
from controlplane.schema_forms.fields import ABSENT, MASK, Data
from controlplane.schema_forms.masks import hide
from controlplane.schema_forms.matching import choose, fits, row_of_map, variant_of
from controlplane.schema_forms.places import Form, Place, find_place, properties_of, step
from controlplane.schema_forms.secrets import below, masked


def fill(form: Form, value: Any = ABSENT) -> Data:
    """What a form with this value says; where the value says nothing, the schema's defaults stand."""
    data: Data = {}
    Filling(form, data).fill(form.root(), form.name, {} if value is ABSENT else value)
    return data


class Filling:
    def __init__(self, form: Form, data: Data) -> None:
        self.form, self.data = form, data
        self.is_typed = False  # whether a secret in the value was typed, rather than stored

    def fill(self, place: Place, name: str, value: Any) -> None:
        if value is ABSENT:
            value = place.schema.get("default", ABSENT) if place.kind != "secret" else ABSENT
        if not fits(place, value):
            self.data[f"{name}#json"], self.data[name] = "1", dumps(hide(place, self.form, value))
        elif place.kind == "secret":
            # A default in the schema is no secret of anybody's, and none is stored.
            state = "replace" if self.is_typed and value != MASK else "stored"
            self.data[f"{name}#secret"] = "new" if value is ABSENT or value is None else state
        elif place.kind == "union" and value is not ABSENT:
            self.fill_union(place, name, value)
        elif place.kind == "object" and (isinstance(value, dict) or value is ABSENT or value is None):
            self.fill_object(place, name, value)
        elif value is ABSENT or value is None:
            pass
        elif place.kind == "list" and isinstance(value, list):
            self.data[f"{name}#rows"] = ",".join(map(str, range(len(value))))
            for number, item in enumerate(value):
                inner = find_place(place.schema["items"], self.form, place.secrets, place.depth + 1)
                self.fill(inner, f"{name}/{number}", item)
        elif place.kind == "map" and isinstance(value, dict):
            self.fill_map(place, name, value)
        else:
            self.fill_text(place, name, value)

    def fill_object(self, place: Place, name: str, value: Any) -> None:
        given = value if isinstance(value, dict) else {}
        if isinstance(value, dict):
            self.data[f"{name}#there"] = "1"
        for key, schema in properties_of(place.schema):
            inner = find_place(schema, self.form, below(place.secrets, key), place.depth + 1)
            self.fill(inner, f"{name}/{step(key)}", given.get(key, ABSENT))
        further = {key: item for key, item in given.items() if key not in place.schema["properties"]}
        if further:
            self.data[f"{name}#further"] = json.dumps(masked(further, place.secrets), ensure_ascii=False)

    def fill_map(self, place: Place, name: str, value: dict[str, Any]) -> None:
        self.data[f"{name}#rows"] = ",".join(map(str, range(len(value))))
        for number, (key, item) in enumerate(value.items()):
            self.data[f"{name}/{number}#key"] = self.data[f"{name}/{number}#was"] = key
            self.fill(row_of_map(place, self.form, key), f"{name}/{number}", item)

    def fill_union(self, place: Place, name: str, value: Any) -> None:
        if value is None:
            self.data[f"{name}#kind"] = ""
            return
        kind = choose(place, self.form, value)
        self.data[f"{name}#kind"] = str(kind)
        self.fill(variant_of(place, self.form, kind), f"{name}/@{kind}", value)

    def fill_text(self, place: Place, name: str, value: Any) -> None:
        # A value that does not fit its place is shown as JSON: what is secret in it is not shown there either.
        value = masked(value, place.secrets)
        if place.kind == "block":
            reference = value.get("$ref") if isinstance(value, dict) else None
            reference = reference.get("block_document_id") if isinstance(reference, dict) else reference
            text = str(reference) if reference else ""
        elif place.kind == "boolean":
            text = "on" if value is True else ""
        elif place.kind == "duration":
            seconds = value if isinstance(value, (int, float)) else seconds_of(str(value))
            text = str(value) if seconds is None else words_of(float(seconds))
        elif place.kind == "json":
            text = dumps(hide(place, self.form, value))
        elif place.kind == "any":
            text = value if isinstance(value, str) and not is_json(value) else dumps(value)
        elif place.kind in ("choice", "list", "map", "object", "integer", "number") or not isinstance(value, str):
            text = value if place.kind == "choice" and isinstance(value, str) else dumps(value)
            if place.kind == "map":
                self.data[f"{name}#json"] = "1"
        else:
            text = value
        if text == "" and value == "":
            self.data[f"{name}#blank"] = "1"
        self.data[name] = text


def dumps(value: Any) -> str:
    return json.dumps(value, indent=2 if isinstance(value, (dict, list)) else None, ensure_ascii=False)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
