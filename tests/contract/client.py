"""A real Prefect client in its own environment, with a home of its own."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from tests.contract.forking import Forked, forking, wait_or_kill
from tests.world import Tenant

ROOT = Path(__file__).resolve().parents[2]
PREFECT_3 = ROOT / ".venvs" / "prefect-3.8" / "bin"
RUN_SECONDS = 180.0
Found = TypeVar("Found")


@dataclass
class Client:
    """`prefect` and `python` of one Prefect version, pointed at a tenant as if it were Prefect Cloud.

    `whole`: each is a process started from nothing, which takes seconds; otherwise a fork (see `forking`).
    """

    bin: Path
    home: Path
    tenant: Tenant
    folder: Path
    whole: bool = False

    @property
    def environment(self) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PREFECT_", "DJANGO_", "SIGNALBOX_"))
        }
        return {
            **clean,
            "PATH": f"{self.bin}:{clean['PATH']}",
            "PREFECT_HOME": str(self.home),
            "PREFECT_CLOUD_API_URL": f"{self.tenant.url}/api",
            "PREFECT_API_URL": self.tenant.api_url,
            "PREFECT_API_KEY": self.tenant.key,
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    def run(self, *command: str, check: bool = True, answer: str = "", **environment: str) -> str:
        """Run a command, which may read `answer`, to its end; what it printed. A failing one fails with its output."""
        status, printed = self.end_of(list(command), answer, environment)
        assert not check or status == 0, f"{' '.join(command)} -> {status}\n{printed}"
        return printed

    def end_of(
        self, command: list[str], answer: str = "", environment: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """The status of a command's end, and what it printed."""
        environment = self.environment | (environment or {})
        if self.whole:
            done = subprocess.run(
                [str(self.bin / command[0]), *command[1:]], cwd=self.folder, env=environment, input=answer,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=RUN_SECONDS,
            )  # fmt: skip
            return done.returncode, done.stdout
        with tempfile.NamedTemporaryFile() as output:
            path = Path(output.name)
            process = forking(self.bin).start(command, self.folder, environment, path, answer, apart=True)
            status = wait_or_kill(process, RUN_SECONDS)
            return status, path.read_text(errors="replace")

    @contextmanager
    def background(self, *command: str) -> Iterator[Path]:
        """A command that runs beside the test; the file with its output. Interrupted at the end."""
        with self.beside({"it": command}) as logs:
            yield logs["it"]

    @contextmanager
    def beside(self, commands: dict[str, tuple[str, ...]]) -> Iterator[dict[str, Path]]:
        """Commands that run beside the test, all started and ended together; the files with their output."""
        logs = {name: self.home / f"{name}-{uuid4().hex[:8]}.log" for name in commands}
        processes = [self.start(command, logs[name]) for name, command in commands.items()]
        try:
            yield logs
        finally:
            for process in processes:
                with suppress(ProcessLookupError):  # it came to its end by itself
                    os.killpg(process.pid, signal.SIGINT)
            for process in processes:
                wait_or_kill(process)

    def start(self, command: tuple[str, ...], log: Path) -> "Forked | subprocess.Popen[bytes]":
        """In a process group of its own."""
        if not self.whole:
            log.touch()
            return forking(self.bin).start(list(command), self.folder, self.environment, log, apart=True)
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(self.bin / command[0]), *command[1:]], cwd=self.folder, env=self.environment,
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip


def eventually(look: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Poll until `look` finds something; a test failure that says `what` did not come."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.2)
