"""What an entry of the audit trail says of a change, and how entries are chained."""

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import json

CHANGED = "changed"
"""What is said of a secret: that it changed, and nothing else."""
LONGEST_TEXT = 500
SECRET_NAME = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|credential|private|api_?key|access_?key|signature|authorization)s?(_|$)"
    r"|(^|_)(url|dsn|headers?|data|config)$",
    re.IGNORECASE,
)
GENESIS = bytes(32)


def differences(before: Mapping[str, Any], after: Mapping[str, Any], *, secret: Collection[str] = ()) -> dict[str, Any]:
    """The fields that differ, each as `[before, after]`; a secret one only as changed."""
    names = sorted({*before, *after})
    changed = [name for name in names if before.get(name) != after.get(name)]
    return {name: CHANGED if name in secret else [before.get(name), after.get(name)] for name in changed}


def without_secrets(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields whose names suggest a secret lose their values: a second net below the one of whoever records."""
    return {name: CHANGED if SECRET_NAME.search(name) else shorten(value) for name, value in changes.items()}


def shorten(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if isinstance(value, Mapping):
        return without_secrets({str(key): item for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return [shorten(item) for item in value[:100]]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)[:LONGEST_TEXT]


def link(key: bytes, previous: bytes, number: int, entry: Mapping[str, Any]) -> bytes:
    """The seal of an entry: it depends on the entry, its number, the seal before it and a key outside the database."""
    return hmac.new(
        key, previous + number.to_bytes(8, "big") + json.encode(entry, order="sorted"), hashlib.sha256
    ).digest()


def chain_key(server_secret: str) -> bytes:
    return hashlib.sha256(b"signalbox audit chain" + server_secret.encode()).digest()
