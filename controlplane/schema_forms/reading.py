"""What was sent as a tree of fields: each with its value, and with what is wrong with its text."""

import json
from typing import Any

from controlplane.schema_forms.fields import ABSENT, MASK, Choice, Data, Field, Path
from controlplane.schema_forms.matching import row_of_map, variant_of
from controlplane.schema_forms.places import Form, Place, find_place, properties_of, resolve, step
from controlplane.schema_forms.secrets import below
from controlplane.schema_forms.texts import HELP, Unreadable, choices_of, parse, parse_json, shown_text

MOST_ROWS = 500
MOST_FIELDS = 5000


class TooManyFields(ValueError):
    """More than anybody fills in."""


def read(form: Form, data: Data) -> Field:
    """The tree of a form. A stored secret that is kept has the mask for its value."""
    reading = Reading(form, data)
    root = reading.read(form.root(), form.name, (), "")
    root.is_required = True
    if root.value is ABSENT or root.value is None:
        root.value = {}
    if not isinstance(root.value, dict) and not root.problem:
        root.problem = 'Write a JSON object, such as {"name": "value"}.'
    return root


class Reading:
    def __init__(self, form: Form, data: Data) -> None:
        self.form, self.data, self.count = form, data, 0

    def read(self, place: Place, name: str, path: Path, key: str, *, is_required: bool = False) -> Field:
        self.count += 1
        if self.count > MOST_FIELDS:
            raise TooManyFields
        schema, whole = place.schema, place
        if is_json := f"{name}#json" in self.data and place.kind not in ("map", "json", "secret"):
            place = Place("json", schema, place.is_nullable, place.secrets, place.depth)
        field = Field(
            kind=place.kind, name=name, path=path, label=label_of(schema, key), hint=hint_of(place),
            is_required=is_required, is_nullable=place.is_nullable, text=self.data.get(name, ""),
            attributes=attributes_of(place), slugs=place.slugs, place=whole,
        )  # fmt: skip
        if is_json:
            field.state = "json"
            field.hidden.append((f"{name}#json", "1"))
        if place.kind == "object":
            self.read_object(place, field)
        elif place.kind == "list":
            self.read_list(place, field)
        elif place.kind == "map":
            self.read_map(place, field)
        elif place.kind == "union":
            self.read_union(place, field)
        elif place.kind == "secret":
            self.read_secret(place, field)
        elif place.kind == "const":
            field.value, field.text = schema["const"], str(schema["const"])
        else:
            self.read_text(place, field)
        return field

    def read_object(self, place: Place, field: Field) -> None:
        required = place.schema.get("required", [])
        for key, schema in properties_of(place.schema):
            inner = find_place(schema, self.form, below(place.secrets, key), place.depth + 1)
            name, path = f"{field.name}/{step(key)}", (*field.path, key)
            field.children.append(self.read(inner, name, path, key, is_required=key in required))
        value = {child.path[-1]: child.value for child in field.children if child.value is not ABSENT}
        if further := self.data.get(f"{field.name}#further"):
            field.hidden.append((f"{field.name}#further", further))
            value |= self.parse_further(further)
        if f"{field.name}#there" in self.data:
            field.hidden.append((f"{field.name}#there", "1"))
            field.state = "there"
        if field.path and not field.is_required and not field.state:
            for inner_field in field.walk()[1:]:
                inner_field.is_loose = True
        is_touched = any(not is_blank(child) for child in field.children)
        if field.is_required or field.state or is_touched or not field.path:
            field.value = value

    def parse_further(self, text: str) -> dict[Any, Any]:
        try:
            found = parse_json(text)
        except Unreadable:
            return {}
        return found if isinstance(found, dict) else {}

    def rows(self, field: Field) -> list[str]:
        key = f"{field.name}#rows"
        if key not in self.data:
            return []
        field.hidden.append((key, self.data[key]))
        rows = [row for row in self.data[key].split(",") if row.isascii() and row.isdigit()]
        return list(dict.fromkeys(rows))[:MOST_ROWS]

    def read_list(self, place: Place, field: Field) -> None:
        for row in self.rows(field):
            inner = find_place(place.schema["items"], self.form, place.secrets, place.depth + 1)
            path = (*field.path, len(field.children))
            child = self.read(inner, f"{field.name}/{row}", path, "", is_required=True)
            child.label = child.label or f"{field.label} {len(field.children) + 1}"
            child.row = row
            field.children.append(child)
        if field.children or f"{field.name}#rows" in self.data or field.is_required:
            field.value = [None if child.value is ABSENT else child.value for child in field.children]

    def read_map(self, place: Place, field: Field) -> None:
        if f"{field.name}#json" in self.data:
            field.state = "json"
            field.hidden.append((f"{field.name}#json", "1"))
            self.read_json(field)
            return
        value: dict[str, Any] = {}
        for row in self.rows(field):
            name = f"{field.name}/{row}"
            key = self.data.get(f"{name}#key", "")
            child = self.read(row_of_map(place, self.form, key), name, (*field.path, key), key, is_required=True)
            child.row, child.key, child.label = row, key, key or "Value"
            if (was := self.data.get(f"{name}#was")) is not None:
                child.hidden.append((f"{name}#was", was))
            if key in value or (not key and child.value is not ABSENT):
                child.problem = "Another row has this name." if key else "Give it a name."
            elif key:
                value[key] = None if child.value is ABSENT else child.value
            field.children.append(child)
        if field.children or f"{field.name}#rows" in self.data or field.is_required:
            field.value = value

    def read_union(self, place: Place, field: Field) -> None:
        names = [variant_words(resolve(v, self.form.schema) or {}, n) for n, v in enumerate(place.variants)]
        field.choices = [Choice(str(number), words) for number, words in enumerate(names)]
        chosen = self.data.get(f"{field.name}#kind", "0" if field.is_required and not field.is_nullable else "")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and int(chosen) < len(names) else None
        field.text = "" if number is None else str(number)
        self.carry(place, field, number)
        if number is None:
            field.value = None if field.is_nullable and field.is_required else ABSENT
            return
        inner = variant_of(place, self.form, number)
        child = self.read(inner, f"{field.name}/@{number}", field.path, "", is_required=True)
        child.label = names[number]
        field.children, field.value = [child], child.value

    def carry(self, place: Place, field: Field, chosen: int | None) -> None:
        """What was typed for another kind is there again when the kind is changed back; but no secret."""
        for number in range(len(place.variants)):
            prefix = f"{field.name}/@{number}"
            if number == chosen or not any(name.startswith(prefix) for name in self.data):
                continue
            other = self.read(variant_of(place, self.form, number), prefix, field.path, "")
            secret = {inner.name for inner in other.walk() if inner.kind == "secret"}
            field.hidden += [
                (name, text)
                for name, text in self.data.items()
                if is_within(name, prefix) and name.partition("#")[0] not in secret
            ]

    def read_secret(self, place: Place, field: Field) -> None:
        """What was stored stays unless it is replaced or cleared; the text goes no further than the value."""
        field.state = self.data.get(f"{field.name}#secret", "new")
        text, field.text = field.text, ""
        if field.state == "stored":
            field.value = MASK
        elif field.state != "clear" and text:
            field.value = text
            if place.schema.get("type") in ("object", "array"):
                try:
                    field.value = parse_json(text)
                except Unreadable as error:
                    field.problem = str(error)
        if field.value is ABSENT and field.state == "replace":
            field.problem = "Type the new value, or keep the old one."
        if field.value is ABSENT and field.is_nullable and field.is_required:
            field.value = None

    def read_text(self, place: Place, field: Field) -> None:
        if place.kind == "block":
            self.read_block(field)
            return
        if place.kind == "boolean":
            field.value = bool(field.text)
            return
        if place.kind == "choice":
            field.choices = choices_of(place)
        if place.kind == "json":
            self.read_json(field)
            if field.value is ABSENT:
                self.read_nothing(place, field)
            return
        if not field.text.strip() and (field.text == "" or place.kind not in ("text", "textarea", "any")):
            self.read_nothing(place, field)
            return
        try:
            field.value = parse(place, field.text)
            field.text = shown_text(place, field.text)
        except Unreadable as error:
            field.problem = str(error)

    def read_nothing(self, place: Place, field: Field) -> None:
        default = place.schema.get("default")
        if f"{field.name}#blank" in self.data:
            field.hidden.append((f"{field.name}#blank", "1"))
            field.value = ""
        elif place.is_nullable:
            field.value = None if field.is_required or default is not None else ABSENT
        elif isinstance(default, str) and default and place.kind in ("text", "textarea"):
            field.value = ""

    def read_json(self, field: Field) -> None:
        if not field.text.strip():
            return
        try:
            field.value = parse_json(field.text)
        except Unreadable as error:
            field.problem = str(error)

    def read_block(self, field: Field) -> None:
        field.choices = [choice for slug in field.slugs for choice in self.form.blocks.get(slug, [])]
        if field.text:
            field.value = {"$ref": {"block_document_id": field.text}}
            if field.text not in {choice.value for choice in field.choices}:
                field.problem = "There is no such block any more. Choose another one."


def is_blank(field: Field) -> bool:
    """Whether nobody said anything: an unticked box and a constant say nothing either."""
    if field.kind == "const" or (field.kind == "boolean" and not field.value):
        return True
    if field.problem:
        return False
    if field.kind == "object":
        return not field.state and all(is_blank(child) for child in field.children)
    return field.value is ABSENT


def is_within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith((f"{prefix}/", f"{prefix}#"))


def label_of(schema: dict[str, Any], key: str) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) and title else key.replace("_", " ").strip().capitalize()


def variant_words(schema: dict[str, Any], number: int) -> str:
    words = {"string": "Text", "integer": "Whole number", "number": "Number", "boolean": "Yes or no", "array": "List"}
    kind = schema.get("type")
    found = schema.get("title") or (words.get(kind) if isinstance(kind, str) else None)
    return str(found or ("Object" if kind == "object" else f"Kind {number + 1}"))


def hint_of(place: Place) -> str:
    schema = place.schema
    parts = []
    if isinstance(words := schema.get("description"), str):
        parts.append(" ".join(words.split())[:500])
    examples = schema.get("examples")
    if isinstance(examples, list) and examples and place.kind != "secret":
        parts.append(f"For example {examples[0] if isinstance(examples[0], str) else json.dumps(examples[0])}.")
    if words := HELP.get(place.kind):
        parts.append(words)
    low, high = schema.get("minimum"), schema.get("maximum")
    if place.kind in ("integer", "number") and (low is not None or high is not None):
        parts.append(
            f"{low} to {high}."
            if None not in (low, high)
            else f"At least {low}."
            if high is None
            else f"At most {high}."
        )
    return " ".join(parts)


def attributes_of(place: Place) -> dict[str, str]:
    """What the browser can check by itself."""
    schema, found = place.schema, {}
    for word, attribute in (
        ("maxLength", "maxlength"),
        ("minLength", "minlength"),
        ("minimum", "data-min"),
        ("maximum", "data-max"),
    ):
        if isinstance(schema.get(word), (int, float)) and not isinstance(schema[word], bool):
            found[attribute] = str(schema[word])
    if place.kind in ("json", "secret", "list", "map"):
        return {}
    return found
