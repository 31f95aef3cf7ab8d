"""The local key provider: one master key in a file that only its owner may read."""

import base64
import binascii
import contextlib
import hashlib
import os
import threading
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from msgspec import json

from controlplane.errors import Problem

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyMissing(Problem):
    """Secrets are sealed with a key that is not here. The operator has to bring it back: nothing is regenerated."""

    status = 500


class KeyFile:
    """Wraps data keys with the master key of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def wrap(self, plain: bytes, *, context: dict[str, str]) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.read()).encrypt(nonce, plain, as_bytes(context))

    def unwrap(self, wrapped: bytes, *, provider: str, context: dict[str, str]) -> bytes:
        """The data key. KeyMissing if the file is gone or holds another key than the one that `provider` names."""
        master = self.read()
        if name_of(master) != provider:
            raise KeyMissing(
                f"The master key in {self.path} is {name_of(master)}, but the stored secrets were sealed with "
                f"{provider}. Put that key file back, or set SIGNALBOX_KEY_FILE to where it is."
            )
        try:
            return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], as_bytes(context))
        except InvalidTag:
            raise KeyMissing("A data key was changed in the database, or belongs to another workspace.") from None

    def name(self) -> str:
        """What the wrapped keys are marked with: a short fingerprint, which says nothing about the key."""
        return name_of(self.read())

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> bytes:
        try:
            key = base64.urlsafe_b64decode(self.path.read_text().strip())
        except FileNotFoundError:
            raise KeyMissing(
                f"The master key {self.path} is missing, but secrets are stored that were sealed with it. "
                "Put it back from your backup, or set SIGNALBOX_KEY_FILE to where it is. It is never made anew: "
                "that would lose every secret."
            ) from None
        except (OSError, UnicodeDecodeError, binascii.Error):
            raise KeyMissing(f"The master key {self.path} cannot be read.") from None
        if len(key) != KEY_BYTES:
            raise KeyMissing(f"The master key {self.path} is damaged: it does not hold {KEY_BYTES} bytes.")
        return key

    def create(self) -> None:
        """Make the key, whole and private from its first moment. One that another process just made stays."""
        try:
            self.write(os.urandom(KEY_BYTES))
        except OSError as error:
            raise KeyMissing(
                f"The master key {self.path} cannot be written ({error.strerror}). "
                "Make the folder writable, or set SIGNALBOX_KEY_FILE to another place."
            ) from None

    def write(self, key: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}.{threading.get_ident()}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.urlsafe_b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, self.path)
        fresh.unlink()


def name_of(master: bytes) -> str:
    return "file:" + hashlib.sha256(b"signalbox master key" + master).hexdigest()[:12]


def as_bytes(context: dict[str, str]) -> bytes:
    """Keys of the first version were bound to a line of text."""
    return context["v1"].encode() if "v1" in context else json.encode(context, order="sorted")


def key_file() -> KeyFile:
    """The key file of this installation."""
    return KeyFile(Path(settings.KEY_FILE))
