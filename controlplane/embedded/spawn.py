"""Start a child process that cannot outlive us, with its words in a log file."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from controlplane.embedded.account import Account, become

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signum: int) -> None:
    """Ask Linux to send us `signum` when the thread that started us ends, however it ends."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signum, 0, 0, 0)


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    account: Account | None = None,
    signal_on_orphan: signal.Signals = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """Start `command` as the leader of a session of its own, so that a Ctrl-C reaches us and not it."""
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            become(account)
        die_with_parent(signal_on_orphan)  # after the change of user, which forgets it
        if os.getppid() != parent:
            os._exit(1)

    with log.open("ab") as words:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env=dict(environment) if environment is not None else None,
            cwd=folder,
            start_new_session=True,
            preexec_fn=prepare,
        )


def signal_group(process: "subprocess.Popen[bytes]", signum: signal.Signals) -> None:
    """Signal a child and all its descendants; silent when there are none left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signum)


def last_words(log: Path, lines: int = 20) -> str:
    """The end of a log file as a sentence and an indented block, to be shown to a person."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 16_384))
            tail = file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        tail = []
    block = "\n".join(f"    {line}" for line in tail)
    return f"Its last words ({log}):\n{block}" if block else f"It left no words in {log}."
