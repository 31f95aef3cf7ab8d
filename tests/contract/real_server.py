"""A real Prefect server on a database of its own: what we compare ourselves with."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from tests.contract.client import PREFECT_3

DATABASE = "prefect_itself"
START_SECONDS = 90


@dataclass
class RealServer:
    """Prefect 3.8.8, open to everyone on loopback."""

    url: str
    log: Path
    process: "subprocess.Popen[bytes]"
    is_up: bool = False

    @property
    def api_url(self) -> str:
        """Where it answers; waits until it does, so that other servers start in the meantime."""
        if not self.is_up:
            wait_for(self)
            self.is_up = True
        return f"{self.url}/api"

    def forget_automations(self) -> None:
        """What was left would fire at the events of later tests, and at its own: for good, and at a third of a core."""
        with httpx.Client(base_url=self.api_url, timeout=60, verify=False) as client:
            for automation in client.post("/automations/filter", json={"limit": 200}).raise_for_status().json():
                client.delete(f"/automations/{automation['id']}").raise_for_status()


@contextmanager
def start_real_server(folder: Path, superuser_url: str, port: int) -> Iterator[RealServer]:
    """Start it on a new database of this PostgreSQL, and stop it at the end."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')
    place, _, query = superuser_url.partition("?")
    database_url = f"{place.rpartition('/')[0]}/{DATABASE}{'?' + query if query else ''}"
    log = folder / "prefect-server.log"
    command = [str(PREFECT_3 / "prefect"), "server", "start", "--no-ui", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder, database_url), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        yield RealServer(f"http://127.0.0.1:{port}", log, process)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def environment(folder: Path, database_url: str) -> dict[str, str]:
    foreign = ("PREFECT_", "DJANGO_", "SIGNALBOX_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {
        **clean,
        "PREFECT_HOME": str(folder / "home"),
        "PREFECT_API_DATABASE_CONNECTION_URL": database_url.replace("postgresql://", "postgresql+asyncpg://", 1),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        # Nothing but requests may change what is compared.
        "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "NO_COLOR": "1",
    }


def wait_for(server: RealServer) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.url}/api/health", verify=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The real Prefect server did not start:\n{server.log.read_text()}")
