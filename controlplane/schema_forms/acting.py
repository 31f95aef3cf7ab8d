"""The buttons inside a form: a row more or less, another kind, a secret replaced. They save nothing."""

from copy import deepcopy
from typing import Any

from controlplane.schema_forms.fields import ABSENT, Data, Field, Path
from controlplane.schema_forms.filling import Filling, dumps
from controlplane.schema_forms.matching import fits
from controlplane.schema_forms.places import Form
from controlplane.schema_forms.reading import MOST_ROWS, is_within, read


def act(form: Form, data: Data, action: str) -> Data:
    """The form after `verb:name`. What is no action of this form changes nothing."""
    verb, _, name = action.partition(":")
    changed = dict(data)
    if verb == "add":
        rows = rows_of(data, name)
        if len(rows) < MOST_ROWS:
            changed[f"{name}#rows"] = ",".join([*rows, str(max(map(int, rows), default=-1) + 1)])
    elif verb == "remove":
        group, _, row = name.rpartition("/")
        changed = {key: text for key, text in data.items() if not is_within(key, name)}
        changed[f"{group}#rows"] = ",".join(number for number in rows_of(data, group) if number != row)
    elif verb == "clear":
        changed = {key: text for key, text in data.items() if not is_within(key, name)}
    elif verb in ("replace", "keep", "forget") and f"{name}#secret" in data:
        changed[f"{name}#secret"] = {"replace": "replace", "keep": "stored", "forget": "clear"}[verb]
        changed.pop(name, None)
    elif verb == "json":
        as_json(form, changed, name)
    elif verb == "rows":
        as_rows(form, changed, name)
    return changed


def rows_of(data: Data, name: str) -> list[str]:
    rows = data.get(f"{name}#rows", "").split(",")
    return [row for row in rows if row.isascii() and row.isdigit() and len(row) < 10]


def find(form: Form, data: Data, name: str) -> Field | None:
    """A field whose whole can be edited as JSON, or is."""
    found = next((field for field in read(form, data).walk() if field.name == name), None)
    return found if found is not None and (found.kind in ("map", "object", "list") or found.state == "json") else None


def as_json(form: Form, data: Data, name: str) -> None:
    """The fields as one text. A stored secret stands in it as its mask, a new one not at all."""
    field = find(form, data, name)
    if field is None or any(child.problem for child in field.walk()):
        return
    value = deepcopy({} if field.value is ABSENT else field.value)
    for child in reversed(field.walk()):
        if child.kind == "secret" and child.state != "stored" and child.value is not ABSENT:
            take_out(value, child.path[len(field.path) :])
    drop(data, name)
    data[f"{name}#json"], data[name] = "1", dumps(value)


def take_out(value: Any, path: Path) -> None:
    *above, last = path
    for step in above:
        value = value[step]
    del value[last]


def as_rows(form: Form, data: Data, name: str) -> None:
    """The text as fields again. A secret that was typed into it has to be typed once more: it is shown nowhere."""
    field = find(form, data, name)
    if field is None or field.problem or not fits(field.place, field.value or {}):
        return
    drop(data, name)
    filling = Filling(form, data)
    filling.is_typed = True
    filling.fill(field.place, name, field.value or {})


def drop(data: Data, name: str) -> None:
    for key in [key for key in data if is_within(key, name)]:
        del data[key]
