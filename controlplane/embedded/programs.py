"""Our own programs, as children of `manage.py up`: the web server, the Celery worker and Celery beat."""

import contextlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.running import PROJECT
from controlplane.embedded.spawn import last_words, signal_group, spawn

HEALTH_SECONDS = 60.0
CELERY = (sys.executable, "-m", "celery", "-A", "controlplane.celery")


@dataclass(frozen=True)
class Program:
    name: str
    command: tuple[str, ...]
    log: Path
    environment: Mapping[str, str]
    health: str = ""
    """An address that answers 200 once the program is ready; empty when nobody waits for it."""
    patience_seconds: float = 20.0
    """How long it may take to finish what it is doing when it is told to stop."""

    def start(self) -> "subprocess.Popen[bytes]":
        return spawn(self.command, log=self.log, environment=self.environment, folder=PROJECT)

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        while self.health and not _is_healthy(self.health):
            if process.poll() is not None:
                raise CannotStart(f"{self.name} ended while it started. {last_words(self.log)}")
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"{self.name} was not well at {self.health} after {HEALTH_SECONDS:.0f} seconds. "
                    f"{last_words(self.log)}"
                )
            time.sleep(0.05)

    def stop(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(self.patience_seconds)
        signal_group(process, signal.SIGKILL)
        process.wait()


def web(host: str, port: int, workers: int, logs: Path, environment: Mapping[str, str]) -> Program:
    command = (
        *(sys.executable, "-m", "granian", "controlplane.asgi:application"),
        *("--interface", "asgi", "--host", host, "--port", str(port), "--workers", str(workers)),
        *("--loop", "uvloop", "--no-access-log", "--respawn-failed-workers", "--workers-kill-timeout", "10"),
    )
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return Program("web", command, logs / "web.log", environment, health=f"http://{reachable}:{port}/api/health")


def celery_worker(logs: Path, environment: Mapping[str, str]) -> Program:
    command = (*CELERY, "worker", "-c", "2", "--without-mingle", "--without-gossip", "--loglevel", "INFO")
    return Program("worker", command, logs / "worker.log", environment)


def celery_beat(folder: Path, logs: Path, environment: Mapping[str, str]) -> Program:
    command = (*CELERY, "beat", "--schedule", str(folder / "beat-schedule"), "--pidfile", "", "--loglevel", "INFO")
    return Program("beat", command, logs / "beat.log", environment, patience_seconds=5.0)


def slack_socket(logs: Path, environment: Mapping[str, str]) -> Program:
    command = (sys.executable, "manage.py", "slack_socket")
    return Program("slack", command, logs / "slack.log", environment, patience_seconds=5.0)


def run_once(name: str, arguments: tuple[str, ...], logs: Path, environment: Mapping[str, str]) -> None:
    """Run a `manage.py` command to its end. Raises CannotStart with its last words when it fails."""
    log = logs / f"{name}.log"
    process = spawn((sys.executable, "manage.py", *arguments), log=log, environment=environment, folder=PROJECT)
    try:
        status = process.wait()
    except BaseException:
        signal_group(process, signal.SIGKILL)
        raise
    if status != 0:
        raise CannotStart(f"`manage.py {' '.join(arguments)}` failed. {last_words(log)}")


def _is_healthy(address: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False
