"""What is shown in place of secrets, and where those that are kept stand in the new value: rows may have moved."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct, field

from controlplane.schema_forms.fields import ABSENT, MASK, Field, Path
from controlplane.schema_forms.secret_paths import ANYWHERE


class Marks(Struct):
    """What is secret below a place: one tree of all paths, so that a value is walked once however many there are."""

    inside: dict[str, "Marks"] = field(default_factory=dict)
    is_secret: bool = False
    is_all_below: bool = False
    names: set[str] = field(default_factory=set)
    """Secret wherever they stand below."""


NOTHING = Marks()


def mask(value: Any, paths: Iterable[Sequence[str]]) -> Any:
    """A copy with the mask at the end of each path. Lists on the way are entered; `*` stands for every value below.

    After `**` the last name is masked wherever it stands below.
    """
    return masked(value, marks_of(paths))


def marks_of(paths: Iterable[Sequence[str]]) -> Marks:
    marks = Marks()
    for path in paths:
        add(marks, path)
    return marks


def add(marks: Marks, path: Sequence[str]) -> None:
    for step in path:
        if step == "*":
            marks.is_all_below = True
            return
        if step == ANYWHERE:
            marks.names.add(path[-1])
            return
        marks = marks.inside.setdefault(step, Marks())
    marks.is_secret = True


def below(marks: Marks, key: str) -> Marks:
    """What is secret below a key. After `*` everything is."""
    inner = marks.inside.get(key)
    if not marks.is_all_below and not marks.names:
        return inner or NOTHING
    inner = inner or NOTHING
    return Marks(
        inside=inner.inside,
        is_secret=inner.is_secret or key in marks.names,
        is_all_below=inner.is_all_below or marks.is_all_below,
        names=marks.names | inner.names if inner.names else marks.names,
    )


def masked(value: Any, marks: Marks) -> Any:
    if marks.is_secret:
        return None if value is None else MASK
    if isinstance(value, list):
        return [masked(item, marks) for item in value]
    if isinstance(value, dict) and marks.inside:
        value = {key: masked(item, marks.inside[key]) if key in marks.inside else item for key, item in value.items()}
    if marks.is_all_below:
        return masked_below(value)
    return masked_by_name(value, marks.names) if marks.names else value


def masked_below(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: masked_below(item) for key, item in value.items()}
    return MASK


def masked_by_name(value: Any, names: set[str]) -> Any:
    if isinstance(value, list):
        return [masked_by_name(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    secret = Marks(is_secret=True)
    return {key: masked(item, secret) if key in names else masked_by_name(item, names) for key, item in value.items()}


def kept_secrets(root: Field) -> list[tuple[Path, Path]]:
    """The place of each secret that nobody touched: now, and in the value that the form was filled with."""
    return list(walk(root, ()))


def walk(field: Field, stored: Path) -> list[tuple[Path, Path]]:
    if field.kind == "secret":
        return [(field.path, stored)] if field.state == "stored" else []
    found = []
    for child in field.children:
        found += walk(child, stored_path(field, child, stored))
    return found


def stored_path(group: Field, child: Field, stored: Path) -> Path:
    if group.kind == "list":
        return (*stored, int(child.row))
    if group.kind == "map":
        was = next((text for name, text in child.hidden if name.endswith("#was")), child.key)
        return (*stored, was)
    return stored if group.kind == "union" else (*stored, child.path[-1])


def put_back(value: Any, stored: Any, kept: list[tuple[Path, Path]]) -> None:
    """The stored secrets into `value`. One that is not there any more is left out."""
    for path, before in kept:
        holder, found = look(value, path[:-1]), look(stored, before)
        if holder is ABSENT:
            continue
        if found is not ABSENT:
            holder[path[-1]] = found
        elif isinstance(holder, dict):
            holder.pop(path[-1], None)


def look(value: Any, path: Path) -> Any:
    for step in path:
        fits = isinstance(value, dict) if isinstance(step, str) else isinstance(value, list) and step < len(value)
        if not fits or (isinstance(value, dict) and step not in value):
            return ABSENT
        value = value[step]
    return value
