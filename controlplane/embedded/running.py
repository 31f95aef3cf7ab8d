"""How `manage.py` commands find what `manage.py up` runs: a private file with the addresses, as long as it runs."""

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from controlplane.embedded.keepsakes import write_private

PROJECT = Path(__file__).resolve().parents[2]
SHARED = (
    "SIGNALBOX_DATABASE_APP_URL",
    "SIGNALBOX_DATABASE_SYSTEM_URL",
    "SIGNALBOX_DATABASE_OWNER_URL",
    "REDIS_URL",
    "SIGNALBOX_PORT",
    "SIGNALBOX_PUBLIC_URL",
    "SIGNALBOX_SECRET_KEY",
    "SIGNALBOX_DATA",
)


def publish(folder: Path, environment: Mapping[str, str]) -> None:
    write_private(_file(folder), json.dumps({name: environment[name] for name in SHARED}))


def withdraw(folder: Path) -> None:
    _file(folder).unlink(missing_ok=True)


def adopt(environment: MutableMapping[str, str]) -> None:
    """Fill in what is not set, unless a database is named already or nothing of ours runs here."""
    named = ("SIGNALBOX_DATABASE_APP_URL", "SIGNALBOX_DATABASE_APP_URL_FILE")
    if any(name in environment for name in named):
        return
    folder = Path(environment.get("SIGNALBOX_DATA") or PROJECT / ".data").expanduser()
    if os.access(_file(folder), os.R_OK):
        for name, value in json.loads(_file(folder).read_text()).items():
            if f"{name}_FILE" not in environment:
                environment.setdefault(name, value)


def _file(folder: Path) -> Path:
    return folder / "running.json"
