"""What is shown of a document to somebody who may not see its secrets.

A path of `secret_fields`, spelled out, is dotted; lists on the way are entered. At its end the value becomes eight
asterisks, whatever its type, and null stays null. `*` stands for every value below: there the keys can be seen.
After `**` a name is secret wherever it stands.
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
    return hidden_texts(data, mask(data, paths))


def hidden_texts(value: Any, shown: Any) -> set[str]:
    """What is seen of `value` and not of what is `shown` of it."""
    if isinstance(value, str):
        return set() if value == shown else {value}
    if isinstance(value, dict):
        seen = shown if isinstance(shown, dict) else {}
        return {text for key, item in value.items() for text in hidden_texts(item, seen.get(key))}
    if isinstance(value, list):
        rest = shown if isinstance(shown, list) else [None] * len(value)
        return {text for pair in zip(value, rest, strict=True) for text in hidden_texts(*pair)}
    return set()
