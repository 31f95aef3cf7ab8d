"""Values that fit a JSON Schema, made from it, and what a form must do with every schema there is."""

from typing import Any

from django.template.loader import render_to_string

from controlplane.schema_forms import ABSENT, Choice, Form, fill, find_problems, place_problems, problems_in, read
from controlplane.schema_forms.fields import MASK
from controlplane.schema_forms.matching import row_of_map, variant_of
from controlplane.schema_forms.places import Place, find_place, properties_of
from controlplane.schema_forms.secrets import NOTHING, below

ID = "0198c8a2-5f0e-7c3a-9d4e-1f2a3b4c5d6e"
TEXTS = {
    "text": "text", "textarea": "two\nlines", "uri": "https://example.com/", "email": "ada@example.com", "uuid": ID,
    "date": "2026-03-01", "time": "08:30:00", "datetime": "2026-03-01T08:30:00+02:00",
}  # fmt: skip


def form_of(schema: Any) -> Form:
    """With one block of each type that it refers to."""
    form = Form(schema)
    slugs = {slug for _, sub in properties_of(form.root().schema) for slug in find_place(sub, form, NOTHING, 1).slugs}
    form.blocks = {slug: [Choice(ID, "one")] for slug in slugs}
    return form


def sample(place: Place, form: Form) -> Any:
    """A value for a place; ABSENT where nobody could say one."""
    schema = place.schema
    if place.kind in TEXTS:
        is_special = "pattern" in schema or schema.get("format") == "json-string"
        return ABSENT if is_special else TEXTS[place.kind][: schema.get("maxLength")]
    if place.kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        return (low if low is not None else 2) + (1 if "exclusiveMinimum" in schema else 0)
    if place.kind == "object":
        values = {key: sample(inside(place, form, key, sub), form) for key, sub in properties_of(schema)}
        return {key: value for key, value in values.items() if value is not ABSENT}
    if place.kind == "map":
        inner = sample(row_of_map(place, form, "k"), form)
        return {} if inner is ABSENT else {"k": inner}
    if place.kind == "list":
        inner = sample(find_place(schema["items"], form, place.secrets, place.depth + 1), form)
        return [] if inner is ABSENT else [inner, inner]
    if place.kind == "union":
        return sample(variant_of(place, form, 0), form)
    simple: dict[str, Any] = {
        "secret": "s3cret", "boolean": True, "duration": 5400 if schema.get("type") != "string" else "PT90M",
        "block": {"$ref": {"block_document_id": ID}}, "any": "text", "const": schema.get("const"),
    }  # fmt: skip
    if place.kind == "choice":
        return next((value for value in schema.get("enum") or [True] if value is not None), ABSENT)
    return simple.get(place.kind, ABSENT)


def inside(place: Place, form: Form, key: str, sub: Any) -> Place:
    return find_place(sub, form, below(place.secrets, key), place.depth + 1)


def faults_of(schema: Any) -> list[str]:
    """What a form of this schema does wrong: it draws, gives a value back unchanged, and says what is wrong where."""
    form = form_of(schema)
    value = sample(form.root(), form)
    if not isinstance(value, dict):
        value = {}
    tree = read(form, fill(form, value))
    html = render_to_string("ui/schema/form.html", {"root": tree, "problems": problems_in(tree)})
    faults = [f"{field.name}: {field.problem}" for field in problems_in(tree)]
    faults += ["a secret is drawn"] if "s3cret" in html else []
    faults += [f"{key} came back as {tree.value.get(key)!r}, not {item!r}" for key, item in masked(form, value).items()
               if tree.value.get(key) != item]  # fmt: skip
    for key in form.root().schema.get("required", []):
        faults += missing(form, value, key)
    for field in tree.walk():
        if field.kind in ("integer", "number", "duration", "date", "datetime", "uri"):
            wrong = read(form, {**fill(form, value), field.name: "?"})
            faults += [f"{field.name} takes anything"] if [f.name for f in problems_in(wrong)] != [field.name] else []
    return faults


def masked(form: Form, value: dict[str, Any]) -> dict[str, Any]:
    def mask(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: mask(inner) for key, inner in item.items()}
        if isinstance(item, list):
            return [mask(inner) for inner in item]
        return MASK if item == "s3cret" else item

    return {key: mask(item) for key, item in value.items()}


def missing(form: Form, value: dict[str, Any], key: str) -> list[str]:
    """What is needed and left out is said at its own field."""
    rest = {name: item for name, item in value.items() if name != key}
    tree = read(form, fill(form, rest))
    place_problems(tree, find_problems(rest, form.schema))
    at = [field.path[:1] for field in problems_in(tree)]
    return [] if at == [(key,)] else [f"without {key} the problems are at {at}"]
