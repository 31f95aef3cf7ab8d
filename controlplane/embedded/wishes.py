"""What the environment asks of `manage.py up`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.roles import Urls
from controlplane.embedded.running import PROJECT

# Each has 8 request threads with two connections, and the embedded server takes 100.
MOST_WEB_WORKERS = 4


@dataclass(frozen=True)
class Wishes:
    """What the environment says; for every NAME also a NAME_FILE."""

    folder: Path
    host: str
    port: int
    public_url: str
    web_workers: int
    database_url: str
    redis_url: str
    role_urls: Urls | None
    secret_key: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Raises CannotStart for a value that makes no sense."""

        def get(name: str, default: str = "") -> str:
            return _value(environment, name) or default

        port = _number("SIGNALBOX_PORT", get("SIGNALBOX_PORT", "8000"), 1, 65_535)
        names = [f"SIGNALBOX_DATABASE_{role}_URL" for role in ("APP", "SYSTEM", "OWNER")]
        roles = [get(name) for name in names]
        if any(roles) and not all(roles):
            raise CannotStart(f"Set all three of {', '.join(names)}, or none of them.")
        return cls(
            folder=Path(get("SIGNALBOX_DATA", str(PROJECT / ".data"))),
            host=get("SIGNALBOX_HOST", "127.0.0.1"),
            port=port,
            public_url=get("SIGNALBOX_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            web_workers=_number("SIGNALBOX_WEB_WORKERS", get("SIGNALBOX_WEB_WORKERS", str(_cores())), 1, 64),
            database_url=get("DATABASE_URL"),
            redis_url=get("REDIS_URL"),
            role_urls=Urls(*roles) if all(roles) else None,
            secret_key=get("SIGNALBOX_SECRET_KEY"),
        )


def _value(environment: Mapping[str, str], name: str) -> str:
    file = environment.get(f"{name}_FILE")
    if not file:
        return environment.get(name, "")
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise CannotStart(f"{name}_FILE names {file}, which cannot be read ({error.strerror}).") from None


def _number(name: str, value: str, lowest: int, highest: int) -> int:
    if not value.isdecimal() or not lowest <= int(value) <= highest:
        raise CannotStart(f"{name} is {value!r}; it has to be a number from {lowest} to {highest}.")
    return int(value)


def _cores() -> int:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_WEB_WORKERS)
