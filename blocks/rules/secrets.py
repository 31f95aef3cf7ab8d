"""What is shown of a document to somebody who may not see its secrets.

A path of `secret_fields` is dotted; lists on the way are entered. At its end the value becomes eight asterisks,
whatever its type, and null stays null. `*` stands for every value below: there the keys can be seen.
"""

from collections.abc import Iterable
from typing import Any

from controlplane.schema_forms import secrets
from controlplane.schema_forms.fields import MASK


def mask(data: Any, paths: Iterable[str]) -> Any:
    """A copy of `data` with its secrets masked."""
    return secrets.mask(data, (path.split(".") for path in paths))


def keep_masked(sent: Any, stored: Any, paths: Iterable[str]) -> Any:
    """`sent` with the stored secret wherever the mask itself came back: somebody saved what they were shown."""
    shown = mask(stored, paths)
    return unmask(sent, stored, shown)


def unmask(sent: Any, stored: Any, shown: Any) -> Any:
    """Only where the stored value was shown as the mask: eight asterisks elsewhere are just text."""
    if sent == MASK and shown == MASK:
        return stored
    if isinstance(sent, dict) and isinstance(stored, dict) and isinstance(shown, dict):
        return {
            key: unmask(item, stored[key], shown[key]) if key in stored and key in shown else item
            for key, item in sent.items()
        }
    if isinstance(sent, list) and isinstance(stored, list) and isinstance(shown, list):
        known = list(zip(sent, stored, shown, strict=False))
        return [unmask(*three) for three in known] + sent[len(known) :]
    return sent


def secret_texts(data: Any, paths: Iterable[str]) -> set[str]:
    """The texts that stand where secrets do."""
    found: set[str] = set()
    for path in paths:
        collect(data, path.split("."), found)
    return found


def collect(value: Any, path: list[str], found: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            collect(item, path, found)
    elif isinstance(value, dict):
        inner = [value[path[0]]] if path and path[0] in value else []
        for item in value.values() if not path or path[0] == "*" else inner:
            collect(item, [] if not path or path[0] == "*" else path[1:], found)
    elif isinstance(value, str) and (not path or path == ["*"]):
        found.add(value)
