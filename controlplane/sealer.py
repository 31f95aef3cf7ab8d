"""Sealing for rooms that lie below the one that holds the keys: that one puts itself here when the house starts."""

from typing import Protocol
from uuid import UUID


class Sealer(Protocol):
    def seal(self, workspace: UUID, *, table: str, row: UUID, field: str, plaintext: bytes) -> bytes: ...

    def open_sealed(self, workspace: UUID, *, table: str, row: UUID, field: str, sealed: bytes) -> bytes: ...


registered: list[Sealer] = []


def register(sealer: Sealer) -> None:
    registered[:] = [sealer]


def seal(workspace: UUID, *, table: str, row: UUID, field: str, plaintext: bytes) -> bytes:
    """Encrypt a value for a `SealedField` of one row, in the workspace's transaction."""
    return registered[0].seal(workspace, table=table, row=row, field=field, plaintext=plaintext)


def open_sealed(workspace: UUID, *, table: str, row: UUID, field: str, sealed: bytes) -> bytes:
    """The value that was sealed for this place. A Problem of the sealing room if it was not, or its key is away."""
    return registered[0].open_sealed(workspace, table=table, row=row, field=field, sealed=sealed)
