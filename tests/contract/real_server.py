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

    @property
    def api_url(self) -> str:
        return f"{self.url}/api"


@contextmanager
def start_real_server(folder: Path, superuser_url: str, port: int) -> Iterator[RealServer]:
    """Start it on a new database of this PostgreSQL, wait until it answers, and stop it at the end."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')
    place, _, query = superuser_url.partition("?")
    database_url = f"{place.rpartition('/')[0]}/{DATABASE}{'?' + query if query else ''}"
    server = RealServer(f"http://127.0.0.1:{port}", folder / "prefect-server.log")
    command = [str(PREFECT_3 / "prefect"), "server", "start", "--no-ui", "--port", str(port)]
    with server.log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder, database_url), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(server, process)
        yield server
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


def wait_for(server: RealServer, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.api_url}/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise RuntimeError(f"The real Prefect server did not start:\n{server.log.read_text()}")
