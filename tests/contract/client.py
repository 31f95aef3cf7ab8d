"""A real Prefect client in its own environment, with a home of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from tests.world import Tenant

ROOT = Path(__file__).resolve().parents[2]
PREFECT_3 = ROOT / ".venvs" / "prefect-3.8" / "bin"
Found = TypeVar("Found")


@dataclass
class Client:
    """`prefect` and `python` of one Prefect version, pointed at a tenant as if it were Prefect Cloud."""

    bin: Path
    home: Path
    tenant: Tenant
    folder: Path

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
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]], cwd=self.folder, env=self.environment | environment,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, input=answer,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{' '.join(command)} -> {done.returncode}\n{done.stdout}"
        return done.stdout

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
                os.killpg(process.pid, signal.SIGINT)
            for process in processes:
                wait_or_kill(process)

    def start(self, command: tuple[str, ...], log: Path) -> "subprocess.Popen[bytes]":
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(self.bin / command[0]), *command[1:]], cwd=self.folder, env=self.environment,
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip


def wait_or_kill(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def eventually(look: Callable[[], Found | None], *, seconds: float, what: str) -> Found:
    """Poll until `look` finds something; a test failure that says `what` did not come."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"{what} did not come within {seconds:g} s"
        time.sleep(0.2)
