"""A JSON value as the names and texts of a form. Secrets are not among them: only that there is one."""

import json
from typing import Any

from controlplane.schema_forms.durations import seconds_of, words_of
from controlplane.schema_forms.fields import ABSENT, Data
from controlplane.schema_forms.places import Form, Place, below, find_place, properties_of, resolve, step
from controlplane.schema_forms.secrets import mask


def fill(form: Form, value: Any = ABSENT) -> Data:
    """What a form with this value says; where the value says nothing, the schema's defaults stand."""
    data: Data = {}
    Filling(form, data).fill(form.root(), form.name, {} if value is ABSENT else value)
    return data


class Filling:
    def __init__(self, form: Form, data: Data) -> None:
        self.form, self.data = form, data

    def fill(self, place: Place, name: str, value: Any) -> None:
        if value is ABSENT:
            value = place.schema.get("default", ABSENT) if place.kind != "secret" else ABSENT
        if place.kind == "secret":
            # A default in the schema is no secret of anybody's, and none is stored.
            self.data[f"{name}#secret"] = "new" if value is ABSENT or value is None else "stored"
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
            self.data[f"{name}#further"] = json.dumps(mask(further, place.secrets), ensure_ascii=False)

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
        value = mask(value, place.secrets)
        if place.kind == "block":
            reference = value.get("$ref") if isinstance(value, dict) else None
            reference = reference.get("block_document_id") if isinstance(reference, dict) else reference
            text = str(reference) if reference else ""
        elif place.kind == "boolean":
            text = "on" if value is True else ""
        elif place.kind == "duration":
            seconds = value if isinstance(value, (int, float)) else seconds_of(str(value))
            text = str(value) if seconds is None else words_of(float(seconds))
        elif place.kind == "any":
            text = value if isinstance(value, str) and not is_json(value) else dumps(value)
        elif place.kind in ("json", "choice", "list", "map", "object", "integer", "number") or not isinstance(
            value, str
        ):
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


def row_of_map(place: Place, form: Form, key: str) -> Place:
    """The values of a map have the schema of additional properties; without one, they are JSON or simply text."""
    schema = place.schema.get("additionalProperties")
    secrets = below(place.secrets, key)
    if not isinstance(schema, dict) or not schema:
        return Place("secret" if secrets else "any", {}, secrets=secrets, depth=place.depth + 1)
    return find_place(schema, form, secrets, place.depth + 1)


def variant_of(place: Place, form: Form, kind: int) -> Place:
    inner = find_place(place.variants[kind], form, place.secrets, place.depth)
    return Place("json", inner.schema, inner.is_nullable, inner.secrets) if inner.kind == "union" else inner


def choose(place: Place, form: Form, value: Any) -> int:
    """The variant that a value most likely is of: by the discriminator, then by what fits best."""
    scores = [fitness(resolve(variant, form.schema) or {}, value) for variant in place.variants]
    return scores.index(max(scores))


def fitness(schema: dict[str, Any], value: Any) -> int:
    if "const" in schema or "enum" in schema:
        return 50 if value in (schema.get("enum") or [schema.get("const")]) else -50
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,),
        "object": (dict,),
    }  # fmt: skip
    kind = schema.get("type")
    if not isinstance(value, dict) or kind not in ("object", None):
        expected = kinds.get(kind) if isinstance(kind, str) else None
        fits = expected is None or (isinstance(value, expected) and isinstance(value, bool) == (kind == "boolean"))
        return (10 if kind == "integer" else 9) if fits else -50
    properties = schema.get("properties", {})
    score = sum(1 if key in properties else -1 for key in value)
    score -= 5 * sum(key not in value for key in schema.get("required", []))
    for key, inner in properties.items():
        allowed = [inner["const"]] if "const" in inner else inner.get("enum") if isinstance(inner, dict) else None
        if allowed and key in value:
            score += 20 if value[key] in allowed else -40
    return score
