"""A form's schema, and which kind of field each place of it is."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from controlplane.schema_forms.fields import Choice
from controlplane.schema_forms.references import find_reference
from controlplane.schema_forms.secret_paths import spell_out
from controlplane.schema_forms.secrets import Marks, marks_of

MOST_DEPTH = 3
"""Groups within groups; what is deeper, or leads back to itself, is edited as JSON."""
LONG_TEXT = 120
FORMATS = {
    "date-time": "datetime", "date": "date", "time": "time", "duration": "duration", "time-delta": "duration",
    "timedelta": "duration", "uri": "uri", "url": "uri", "email": "email", "uuid": "uuid", "textarea": "textarea",
    "multiline": "textarea", "json-string": "textarea",
}  # fmt: skip


class Form(Struct):
    """A schema with what the form needs besides: the blocks to choose from by the slug of their type."""

    schema: Any
    blocks: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    name: str = "data"

    def root(self) -> "Place":
        schema = self.schema if isinstance(self.schema, dict) else {}
        secrets = marks_of(path.split(".") for path in spell_out(schema))
        place = find_place(self.schema, self, secrets, 0)
        # The whole is an object, whatever is said of it: without properties, rows of key and value.
        return place if place.kind in ("object", "map") else Place("json", schema, secrets=secrets)


class Place(Struct):
    """A schema that was looked into."""

    kind: str
    schema: dict[str, Any]
    is_nullable: bool = False
    secrets: Marks = field(default_factory=Marks)
    depth: int = 0
    variants: list[Any] = field(default_factory=list)
    slugs: list[str] = field(default_factory=list)


def find_place(schema: Any, form: Form, secrets: Marks, depth: int) -> Place:
    """What a schema is edited with; what cannot be understood is JSON."""
    whole = resolve(schema, form.schema)
    if whole is None:
        return Place("json", schema if isinstance(schema, dict) else {}, secrets=secrets)
    whole, is_nullable, variants = open_variants(whole, form.schema)
    place = Place("json", whole, is_nullable, secrets, depth, variants)
    place.kind = "secret" if is_secret(whole, variants, secrets) else kind_of(place, form)
    if place.kind in ("object", "list", "map", "union") and depth > MOST_DEPTH:
        place.kind = "json"
    return place


def resolve(schema: Any, root: Any) -> dict[str, Any] | None:
    """Without `$ref` and `allOf`; words beside a reference win. None when a reference leads nowhere."""
    for _ in range(20):
        if not isinstance(schema, dict):
            return None
        if isinstance(reference := schema.get("$ref"), str):
            target = find_reference(reference, root)
            if target is None:
                return None
            schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
        elif isinstance(parts := schema.get("allOf"), list) and parts:
            schema = merge_parts(schema, parts, root)
        else:
            return schema
    return None


def merge_parts(schema: dict[str, Any], parts: list[Any], root: Any) -> dict[str, Any] | None:
    merged: dict[str, Any] = {}
    for part in [*parts, {key: value for key, value in schema.items() if key != "allOf"}]:
        while isinstance(part, dict) and isinstance(part.get("$ref"), str):
            part = resolve({"$ref": part["$ref"]}, root)
        if not isinstance(part, dict):
            return None
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", []), *part.get("required", [])]
        merged |= part
        merged |= {"properties": properties} if properties else {}
        merged |= {"required": required} if required else {}
    return merged


def open_variants(schema: dict[str, Any], root: Any) -> tuple[dict[str, Any], bool, list[Any]]:
    """Null is no variant but a field that may stay empty; one variant alone is the field itself."""
    types = schema.get("type")
    if isinstance(types, list):
        rest = {key: value for key, value in schema.items() if key != "type"}
        schema = {**rest, "anyOf": [{**({} if t == "null" else rest), "type": t} for t in types]}
    word = next((word for word in ("anyOf", "oneOf") if isinstance(schema.get(word), list)), None)
    if word is None or "properties" in schema:
        return schema, schema.get("type") == "null", []
    variants = [variant for variant in schema[word] if not is_null(variant)]
    is_nullable = len(variants) < len(schema[word])
    rest = {key: value for key, value in schema.items() if key != word}
    if len(variants) == 1:
        inner = resolve(variants[0], root)
        if inner is None:
            return {}, is_nullable, []
        inner, below, variants = open_variants(inner, root)
        return {**inner, **{key: value for key, value in rest.items() if key != "type"}}, is_nullable or below, variants
    return schema, is_nullable, variants


def is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and (schema.get("type") == "null" or schema.get("enum") == [None])


def is_secret(schema: dict[str, Any], variants: list[Any], secrets: Marks) -> bool:
    if schema.get("writeOnly") or schema.get("format") == "password" or secrets.is_secret:
        return True
    if variants and all(
        isinstance(v, dict) and (v.get("writeOnly") or v.get("format") == "password") for v in variants
    ):
        return True
    return secrets.is_all_below and not (schema.get("type") == "object" or "properties" in schema)


def kind_of(place: Place, form: Form) -> str:
    schema, kind = place.schema, place.schema.get("type")
    if slugs := block_slugs(place, form):
        place.slugs = slugs
        return "block"
    if place.variants:
        return "union"
    if "const" in schema:
        return "const"
    if isinstance(schema.get("enum"), list):
        return "choice"
    if kind == "boolean":
        return "choice" if place.is_nullable else "boolean"
    if kind in ("integer", "number"):
        return "duration" if schema.get("format") in ("time-delta", "timedelta", "duration") else kind
    if kind == "string":
        kind = FORMATS.get(schema.get("format", ""), "text")
        return "textarea" if kind == "text" and (schema.get("maxLength") or 0) > LONG_TEXT else kind
    if kind == "array":
        return "list" if isinstance(schema.get("items"), dict) and schema["items"] else "json"
    if isinstance(schema.get("properties"), dict) and schema["properties"]:
        return "object"
    return "map" if kind == "object" and schema.get("additionalProperties") is not False else "json"


def block_slugs(place: Place, form: Form) -> list[str]:
    """The types of block that stand here. Only right below the whole can a document refer to another."""
    if place.depth != 1:
        return []
    found = []
    for schema in place.variants or [place.schema]:
        inner = resolve(schema, form.schema)
        slug = inner.get("block_type_slug") if inner else None
        if not isinstance(slug, str):
            return []
        found.append(slug)
    return found


def properties_of(schema: dict[str, Any]) -> list[tuple[str, Any]]:
    """In the order of their positions, if they have any."""
    entries = list(schema.get("properties", {}).items())
    return sorted(entries, key=lambda entry: position(entry[1]))


def position(schema: Any) -> float:
    found = schema.get("position") if isinstance(schema, dict) else None
    return found if isinstance(found, (int, float)) else float("inf")


def step(name: str) -> str:
    """A key as a part of a field's name."""
    return name.replace("~", "~0").replace("/", "~1").replace("#", "~2")
