"""The whole of Signalbox as processes that can be killed one by one, and are started again however often they die.

`manage.py up` gives up on a program that dies five times within a minute; here dying is the point.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from controlplane.embedded import programs
from controlplane.embedded.spawn import signal_group
from controlplane.embedded.supervisor import Runs
from tests.conftest import Servers, free_port

Kind = Literal[
    "web",
    "web worker",
    "celery",
    "celery child",
    "celery beat",
    "valkey",
    "valkey away",
    "postgres",
    "postgres backend",
]
PAUSE_SECONDS = 0.3
AWAY_SECONDS = 6.0
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Kill:
    kind: Kind
    at: float
    """By the clock of the test (`time.time()`)."""


@dataclass
class Frail:
    """Signalbox on servers that are killed too."""

    url: str
    running: dict[str, tuple[Runs, "subprocess.Popen[bytes]"]]
    kills: list[Kill] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    away_until: dict[str, float] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def supervise(self) -> None:
        """In a thread: start again what died."""
        while not self.stopping.wait(LOOK_SECONDS):
            for name, (program, process) in list(self.running.items()):
                if process.poll() is None or time.monotonic() < self.away_until.get(name, 0.0):
                    continue
                signal_group(process, signal.SIGKILL)
                time.sleep(PAUSE_SECONDS)
                self.running[name] = (program, program.start())
                self.starts[name] = self.starts.get(name, 0) + 1

    def kill(self, kind: Kind) -> bool:
        """With SIGKILL; PostgreSQL as `pg_ctl -m immediate` does. False if there is none to kill just now.

        What is `away` is started again only after AWAY_SECONDS; the others are as soon as they are missed.
        """
        name = kind.split()[0]
        if kind == "celery beat":
            name = "beat"
        process = self.running[name][1]
        if process.poll() is not None:
            return False
        if kind in ("web worker", "celery child"):
            children = children_of(process.pid)
            if not children:
                return False
            os.kill(children[len(self.kills) % len(children)], signal.SIGKILL)
        elif kind == "postgres backend":
            backends = [pid for pid in children_of(process.pid) if b" idle" in words_of(pid)]
            if not backends:
                return False
            os.kill(backends[len(self.kills) % len(backends)], signal.SIGKILL)  # all others start anew with it
        elif kind == "postgres":
            process.send_signal(signal.SIGQUIT)
        else:
            if kind == "valkey away":
                self.away_until[name] = time.monotonic() + AWAY_SECONDS
            signal_group(process, signal.SIGKILL)
        self.kills.append(Kill(kind, time.time()))
        return True

    def stop(self) -> None:
        self.stopping.set()


def children_of(pid: int) -> list[int]:
    """Those that run, oldest first."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        found = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []
    return sorted(child for child in found if b"resource_tracker" not in words_of(child))


def words_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
    except OSError:
        return b""


@contextmanager
def frail(servers: Servers) -> Iterator[Frail]:
    """Web with two workers, a Celery worker, beat, and the PostgreSQL and Valkey of `servers`."""
    port = free_port()
    logs = servers.folder / "logs"
    environment = servers.environment(
        SIGNALBOX_PUBLIC_URL=f"http://127.0.0.1:{port}", SIGNALBOX_PORT=str(port), PYTHONUNBUFFERED="1"
    )
    ours = [
        programs.web("127.0.0.1", port, 2, logs, environment),
        programs.celery_worker(logs, environment),
        programs.celery_beat(servers.folder, logs, environment),
    ]
    assert servers.stack.postgres is not None
    assert servers.stack.valkey is not None
    running: dict[str, tuple[Runs, subprocess.Popen[bytes]]] = {
        {"worker": "celery"}.get(program.name, program.name): (program, program.start()) for program in ours
    }
    for server in (servers.stack.postgres, servers.stack.valkey):
        running[server.name] = (server, servers.stack.processes[server.name])
    made = Frail(f"http://127.0.0.1:{port}", running)
    supervisor = threading.Thread(target=made.supervise)
    try:
        web, process = running["web"]
        web.wait(process)
        supervisor.start()
        yield made
    finally:
        made.stop()
        if supervisor.ident is not None:
            supervisor.join()
        for name in ("beat", "celery", "web"):
            signal_group(made.running[name][1], signal.SIGKILL)
            made.running[name][1].wait()
        for server in (servers.stack.postgres, servers.stack.valkey):
            servers.stack.processes[server.name] = made.running[server.name][1]
