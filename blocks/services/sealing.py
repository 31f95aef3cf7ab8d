"""Secrets at rest: sealed with the workspace's data key, which is itself wrapped by a key outside the database.

A sealed value is bound to where it lies (account, workspace, table, row, field) and to the version of its key:
copied elsewhere it does not open. Layout: version (1 byte), id of the data key (16), nonce (12), AES-256-GCM
ciphertext with its tag. Version 1 did not bind the account and the key's version; a rotation leaves none of it.
"""

import os
import time
from functools import partial
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from msgspec import Struct

from blocks import queries
from blocks.models import DataKey
from blocks.services.freshness import note_sealed
from blocks.services.key_file import KEY_BYTES, NONCE_BYTES, key_file
from blocks.services.key_providers import provider_for, unwrap_key
from controlplane.errors import Problem
from controlplane.ids import uuid7
from controlplane.sql.transactions import after_commit, open_cursor
from workspaces.services.accounts import account_id_of

__all__ = ["CannotOpen", "key_file", "open_sealed", "seal"]

VERSION = 2
HEAD_BYTES = 1 + 16
REMEMBERED_KEYS = 1000


class CannotOpen(Problem):
    """A sealed value was changed, or moved from where it was sealed."""

    status = 500

    def __init__(self) -> None:
        super().__init__("A stored secret cannot be opened: it was changed or moved in the database.")


class Unwrapped(Struct, frozen=True):
    """A data key as it is used. Keys of before version 2 are bound to no account."""

    id: UUID
    key: bytes
    account: UUID | None
    number: int


class KeyRing:
    """Unwrapped data keys of this process, each for `KEY_CACHE_SECONDS` at most."""

    def __init__(self) -> None:
        self.keys: dict[UUID, tuple[Unwrapped, float]] = {}

    def find(self, key_id: UUID) -> Unwrapped | None:
        key, until = self.keys.get(key_id, (None, 0.0))
        if until < time.monotonic():
            self.keys.pop(key_id, None)
            return None
        return key

    def remember(self, key: Unwrapped) -> None:
        if len(self.keys) >= REMEMBERED_KEYS:
            self.keys.clear()
        self.keys[key.id] = (key, time.monotonic() + settings.KEY_CACHE_SECONDS)

    def forget(self) -> None:
        self.keys.clear()


ring = KeyRing()


def seal(workspace: UUID, *, table: str, row: UUID, field: str, plaintext: bytes) -> bytes:
    """Encrypt a value for one field of one row, in the workspace's transaction. Makes its data key if there is none."""
    return seal_with(current_key(workspace), workspace, table=table, row=row, field=field, plaintext=plaintext)


def seal_with(key: Unwrapped, workspace: UUID, *, table: str, row: UUID, field: str, plaintext: bytes) -> bytes:
    version = VERSION if key.account else 1
    nonce = os.urandom(NONCE_BYTES)
    place = place_of(version, key, workspace, table, row, field)
    after_commit(partial(note_sealed, workspace))
    return bytes([version]) + key.id.bytes + nonce + AESGCM(key.key).encrypt(nonce, plaintext, place)


def open_sealed(workspace: UUID, *, table: str, row: UUID, field: str, sealed: bytes) -> bytes:
    """The value that was sealed for this place.

    CannotOpen if it was not; KeyMissing if the master key is away; KeyRefused if the customer's key is closed to us.
    """
    if len(sealed) < HEAD_BYTES + NONCE_BYTES or sealed[0] not in (1, VERSION):
        raise CannotOpen
    key = find_key(workspace, key_id_of(sealed))
    nonce, ciphertext = sealed[HEAD_BYTES : HEAD_BYTES + NONCE_BYTES], sealed[HEAD_BYTES + NONCE_BYTES :]
    try:
        return AESGCM(key.key).decrypt(nonce, ciphertext, place_of(sealed[0], key, workspace, table, row, field))
    except InvalidTag:
        raise CannotOpen from None


def key_id_of(sealed: bytes) -> UUID:
    return UUID(bytes=bytes(sealed[1:HEAD_BYTES]))


def place_of(version: int, key: Unwrapped, workspace: UUID, table: str, row: UUID, field: str) -> bytes:
    """What a ciphertext is bound to."""
    if version == 1:
        return f"signalbox|1|{workspace}|{table}|{row}|{field}".encode()
    return f"signalbox|{version}|{key.account}|{workspace}|{table}|{row}|{field}|{key.number}".encode()


def current_key(workspace: UUID) -> Unwrapped:
    row = queries.lock_current_key(workspace=workspace)
    if row is None:
        # One at a time, or two first secrets of a workspace would make two keys.
        lock_keys(workspace)
        row = queries.lock_current_key(workspace=workspace) or make_key(workspace)
    return unwrap(workspace, row)


def lock_keys(workspace: UUID) -> None:
    open_cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"data_key {workspace}"])


def find_key(workspace: UUID, key_id: UUID) -> Unwrapped:
    if key := ring.find(key_id):
        return key
    row = DataKey.objects.of(workspace).filter(id=key_id).first()
    if row is None:
        raise CannotOpen
    return unwrap(workspace, row)


def make_key(workspace: UUID) -> DataKey:
    """The workspace's next data key, wrapped by the provider of its account. The caller holds `lock_keys`."""
    account = account_id_of(workspace)
    last = DataKey.objects.of(workspace).order_by("-number").first()
    row = DataKey(id=uuid7(), workspace_id=workspace, account_id=account, number=last.number + 1 if last else 1)
    wrap_into(row, os.urandom(KEY_BYTES))
    row.save(force_insert=True)
    return row


def wrap_into(row: DataKey, plain: bytes) -> None:
    """Wrap with what the account uses now; the row is still to be saved."""
    row.account_id = row.account_id or account_id_of(row.workspace_id)
    provider = provider_for(row.account_id)
    row.provider, row.wrapped = provider.name(), provider.wrap(plain, context=context_of(row))


def unwrap(workspace: UUID, row: DataKey) -> Unwrapped:
    found = ring.find(row.id)
    if found is None:
        plain = unwrap_key(row.account_id, row.provider, bytes(row.wrapped), context=context_of(row))
        found = Unwrapped(row.id, plain, row.account_id, row.number)
        # By id, so a key whose transaction is rolled back is remembered in vain and never found.
        ring.remember(found)
    return found


def context_of(row: DataKey) -> dict[str, str]:
    """What a wrapped key is bound to: KMS calls it the encryption context, and shows it in the customer's own log."""
    if row.account_id is None:
        return {"v1": f"signalbox data key|1|{row.workspace_id}|{row.id}"}
    return {
        "purpose": "signalbox data key", "account": str(row.account_id), "workspace": str(row.workspace_id),
        "key": str(row.id), "number": str(row.number),
    }  # fmt: skip
