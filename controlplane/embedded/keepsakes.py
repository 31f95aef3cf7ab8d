"""What was made up once and has to stay the same: passwords, the secret key, ports.

One JSON file, which only its owner may read.
"""

import json
import os
import secrets
from pathlib import Path

from controlplane.embedded.errors import CannotStart


class Keepsakes:
    def __init__(self, folder: Path) -> None:
        self._file = folder / "secrets.json"
        try:
            self._kept: dict[str, str | int] = json.loads(self._file.read_text())
        except FileNotFoundError:
            self._kept = {}
        except PermissionError:
            raise CannotStart(
                f"{self._file} belongs to another user, who ran Signalbox on this data folder before. "
                "Run it as that user, or set SIGNALBOX_DATA to a folder of your own."
            ) from None

    def secret(self, name: str, length_bytes: int = 24) -> str:
        """A random word of URL-safe letters, the same each time it is asked for."""
        if name not in self._kept:
            self.keep(name, secrets.token_urlsafe(length_bytes))
        return str(self._kept[name])

    def number(self, name: str) -> int | None:
        value = self._kept.get(name)
        return None if value is None else int(value)

    def keep(self, name: str, value: str | int) -> None:
        if self._kept.get(name) == value:
            return
        self._kept[name] = value
        fresh = self._file.with_suffix(".new")
        write_private(fresh, json.dumps(self._kept, indent=2))
        fresh.replace(self._file)


def write_private(file: Path, text: str) -> None:
    """Write a file that from its first moment nobody else may read."""
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
