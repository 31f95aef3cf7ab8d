"""What is shown in place of secrets, and where those that are kept stand in the new value: rows may have moved."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from controlplane.schema_forms.fields import ABSENT, MASK, Field, Path
from controlplane.schema_forms.secret_paths import ANYWHERE


def mask(value: Any, paths: Iterable[Sequence[str]]) -> Any:
    """A copy with the mask at the end of each path. Lists on the way are entered; `*` stands for every value below.

    After `**` the last name is masked wherever it stands below: one walk for all such names, however many there are.
    """
    anywhere: dict[Sequence[str], set[str]] = defaultdict(set)
    for path in paths:
        if ANYWHERE in path:
            anywhere[tuple(path[: path.index(ANYWHERE)])].add(path[-1])
        else:
            value = mask_path(value, path)
    for path, names in anywhere.items():
        value = mask_path(value, path, names)
    return value


def mask_path(value: Any, path: Sequence[str], names: Collection[str] = ()) -> Any:
    if not path and names:
        return mask_named(value, names)
    if not path:
        return None if value is None else MASK
    if isinstance(value, list):
        return [mask_path(item, path, names) for item in value]
    if path[0] == "*":
        return mask_below(value)
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: mask_path(value[path[0]], path[1:], names)}


def mask_named(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, list):
        return [mask_named(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: mask_path(item, ()) if key in names else mask_named(item, names) for key, item in value.items()}


def mask_below(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: mask_below(item) for key, item in value.items()}
    return MASK


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
