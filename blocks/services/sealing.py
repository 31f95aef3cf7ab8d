"""Secrets at rest: sealed with the workspace's data key, which is itself wrapped by a master key outside the database.

A sealed value is bound to where it lies (workspace, table, row, field): copied elsewhere it does not open.
Layout: version (1 byte), id of the data key (16), nonce (12), AES-256-GCM ciphertext with its tag.
"""

import os
import time
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from blocks.models import DataKey
from blocks.services.key_file import KEY_BYTES, NONCE_BYTES, KeyFile
from controlplane.errors import Problem
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor

VERSION = 1
HEAD_BYTES = 1 + 16
REMEMBERED_SECONDS = 300.0
REMEMBERED_KEYS = 1000


class CannotOpen(Problem):
    """A sealed value was changed, or moved from where it was sealed."""

    status = 500

    def __init__(self) -> None:
        super().__init__("A stored secret cannot be opened: it was changed or moved in the database.")


class KeyRing:
    """Unwrapped data keys of this process, each for five minutes at most."""

    def __init__(self) -> None:
        self.keys: dict[UUID, tuple[bytes, float]] = {}

    def find(self, key_id: UUID) -> bytes | None:
        key, until = self.keys.get(key_id, (None, 0.0))
        if until < time.monotonic():
            self.keys.pop(key_id, None)
            return None
        return key

    def remember(self, key_id: UUID, key: bytes) -> None:
        if len(self.keys) >= REMEMBERED_KEYS:
            self.keys.clear()
        self.keys[key_id] = (key, time.monotonic() + REMEMBERED_SECONDS)

    def forget(self) -> None:
        self.keys.clear()


ring = KeyRing()


def seal(workspace: UUID, *, table: str, row: UUID, field: str, plaintext: bytes) -> bytes:
    """Encrypt a value for one field of one row, in the workspace's transaction. Makes its data key if there is none."""
    key_id, key = current_key(workspace)
    nonce = os.urandom(NONCE_BYTES)
    place = place_of(workspace, table, row, field)
    return bytes([VERSION]) + key_id.bytes + nonce + AESGCM(key).encrypt(nonce, plaintext, place)


def open_sealed(workspace: UUID, *, table: str, row: UUID, field: str, sealed: bytes) -> bytes:
    """The value that was sealed for this place. CannotOpen if it was not; KeyMissing if the master key is away."""
    if len(sealed) < HEAD_BYTES + NONCE_BYTES or sealed[0] != VERSION:
        raise CannotOpen
    key = find_key(workspace, UUID(bytes=sealed[1:HEAD_BYTES]))
    nonce, ciphertext = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, place_of(workspace, table, row, field))
    except InvalidTag:
        raise CannotOpen from None


def place_of(workspace: UUID, table: str, row: UUID, field: str) -> bytes:
    """What a ciphertext is bound to. The account is left out: a workspace has one, and may be given to another."""
    return f"signalbox|{VERSION}|{workspace}|{table}|{row}|{field}".encode()


def current_key(workspace: UUID) -> tuple[UUID, bytes]:
    row = newest_key(workspace)
    if row is None:
        # One at a time, or two first secrets of a workspace would make two keys.
        open_cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"data_key {workspace}"])
        row = newest_key(workspace) or make_key(workspace)
    return row.id, unwrap(workspace, row)


def find_key(workspace: UUID, key_id: UUID) -> bytes:
    if key := ring.find(key_id):
        return key
    row = DataKey.objects.of(workspace).filter(id=key_id).first()
    if row is None:
        raise CannotOpen
    return unwrap(workspace, row)


def newest_key(workspace: UUID) -> DataKey | None:
    return DataKey.objects.of(workspace).filter(retired__isnull=True).order_by("-created", "-id").first()


def make_key(workspace: UUID) -> DataKey:
    provider = key_file()
    # A missing file beside wrapped keys is an accident, and a new one would hide it: reading it says what to do.
    if not provider.exists() and not DataKey.objects.using("system").exists():
        provider.create()
    key_id = uuid7()
    wrapped = provider.wrap(os.urandom(KEY_BYTES), context=context_of(workspace, key_id))
    return DataKey.objects.create(id=key_id, workspace_id=workspace, provider=provider.name(), wrapped=wrapped)


def unwrap(workspace: UUID, row: DataKey) -> bytes:
    key = ring.find(row.id)
    if key is None:
        context = context_of(workspace, row.id)
        key = key_file().unwrap(bytes(row.wrapped), provider=row.provider, context=context)
        # By id, so a key whose transaction is rolled back is remembered in vain and never found.
        ring.remember(row.id, key)
    return key


def context_of(workspace: UUID, key_id: UUID) -> bytes:
    return f"signalbox data key|{VERSION}|{workspace}|{key_id}".encode()


def key_file() -> KeyFile:
    return KeyFile(Path(settings.KEY_FILE))
