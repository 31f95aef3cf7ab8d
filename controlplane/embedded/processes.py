"""Questions about other processes, to tell a server that runs from one that crashed."""

import os
import subprocess
from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_postgres_on(pid: int, data: Path) -> bool:
    """Whether process `pid` is a PostgreSQL server whose folder is `data`."""
    if not (PROC / "self").exists():
        asked = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
        return str(data) in asked.stdout
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[0].endswith(b"postgres") and bytes(data) in words  # a zombie has no words


def postgres_stands_in(data: Path) -> bool:
    """Whether children of a crashed server still stand in its folder (they end by themselves)."""
    for process in PROC.glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == data and (process / "comm").read_text().strip() == "postgres":
                return True
        except OSError:
            continue
    return False
