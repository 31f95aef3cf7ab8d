"""Which part of a schema a value belongs to: the row of a map, the variant of a choice, and whether it fits at all."""

from typing import Any

from controlplane.schema_forms.fields import ABSENT
from controlplane.schema_forms.places import Form, Place, find_place, resolve
from controlplane.schema_forms.secrets import below

TEXTS = ("text", "textarea", "uri", "email", "uuid", "date", "time", "datetime")


def fits(place: Place, value: Any) -> bool:
    """Whether a field of its kind can show the value: a template in the place of a number is edited as JSON."""
    if value is ABSENT or value is None or place.kind in ("secret", "json", "any", "map", "union"):
        return True
    if place.kind in TEXTS:
        return isinstance(value, str)
    if place.kind == "boolean":
        return isinstance(value, bool)
    if place.kind in ("integer", "number"):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if place.kind == "duration":
        return isinstance(value, (int, float, str)) and not isinstance(value, bool)
    if place.kind == "choice":
        return value in (place.schema.get("enum") or [True, False])
    if place.kind == "block":
        return isinstance(value, dict) and list(value) == ["$ref"]
    if place.kind == "const":
        return bool(value == place.schema["const"])
    return isinstance(value, list if place.kind == "list" else dict)


def row_of_map(place: Place, form: Form, key: str) -> Place:
    """The values of a map have the schema of additional properties; without one, they are JSON or simply text."""
    schema = place.schema.get("additionalProperties")
    secrets = below(place.secrets, key)
    if not isinstance(schema, dict) or not schema:
        is_secret = secrets.is_secret or secrets.is_all_below
        return Place("secret" if is_secret else "any", {}, secrets=secrets, depth=place.depth + 1)
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
