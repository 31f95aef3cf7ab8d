"""The secrets of one row's JSON, sealed together in its column `secrets`: masks stand in their places.

A row without secrets has no such value, and costs nothing but a look at its schema when it is written.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import json

from blocks.services import sealing
from controlplane.errors import Invalid
from controlplane.schema_forms.secret_places import Part, below, find_secrets, outermost, take_out, unchanged
from controlplane.schema_forms.validation import TooExpensive

FIELD = "secrets"
LARGEST = 524_288
"""Bytes; the masks are measured where they are stored, so this is measured by itself."""
decode = json.Decoder(list[Part]).decode


def hide(
    fields: Mapping[str, Any], schemas: Mapping[str, Any], stored: Sequence[Part] = ()
) -> tuple[dict[str, Any], list[Part]]:
    """The fields with masks, and what they hide: all that the schemas of those names mark as secret.

    What was sealed before (`stored`) and still stands where it stood stays secret, or another schema would be a way to
    read it. Invalid if a schema is too expensive to follow.
    """
    paths = []
    for name, value in fields.items():
        try:
            marked = find_secrets(value, schemas[name]) if value and schemas.get(name) else []
        except TooExpensive as problem:
            raise Invalid(str(problem)) from problem
        paths += [(name, *path) for path in outermost([*marked, *unchanged(value, below(stored, name))])]
    if not paths:
        return dict(fields), []
    return take_out(fields, paths)


class Sealer:
    """Seals for many rows of a workspace with one look for its key, in the transaction that writes them."""

    def __init__(self, workspace: UUID) -> None:
        self.workspace = workspace
        self.key: sealing.Unwrapped | None = None

    def seal(self, table: str, row: UUID, parts: Sequence[Part]) -> bytes | None:
        """Invalid if they are too large. None without parts."""
        if not parts:
            return None
        plain = json.encode(parts)
        if len(plain) > LARGEST:
            raise Invalid(f"Secret values must be less than {LARGEST:,} bytes when serialized (got {len(plain):,}).")
        if self.key is None:
            self.key = sealing.current_key(self.workspace)
        return sealing.seal_with(self.key, self.workspace, table=table, row=row, field=FIELD, plaintext=plain)


def seal_parts(workspace: UUID, table: str, row: UUID, parts: Sequence[Part]) -> bytes | None:
    return Sealer(workspace).seal(table, row, parts)


def open_parts(workspace: UUID, table: str, row: UUID, sealed: bytes | memoryview | None) -> list[Part]:
    """CannotOpen if it was sealed for another row, KeyRefused if the customer's key is closed to us."""
    if sealed is None:
        return []
    return decode(sealing.open_sealed(workspace, table=table, row=row, field=FIELD, sealed=bytes(sealed)))
