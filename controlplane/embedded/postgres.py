"""A real PostgreSQL server of our own: made once, started, watched, stopped."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from controlplane.embedded.account import give
from controlplane.embedded.errors import CannotStart
from controlplane.embedded.keepsakes import Keepsakes, write_private
from controlplane.embedded.places import Places
from controlplane.embedded.ports import keep_or_choose
from controlplane.embedded.processes import is_postgres_on, postgres_stands_in
from controlplane.embedded.spawn import last_words, spawn

SUPERUSER = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
# A crashed server's own children take a moment to notice; until then their shared memory is in use.
ORPHAN_SECONDS = 15.0
SOCKET_PATH_LIMIT = 107

# Written into postgresql.conf when the data are made; whoever edits them there keeps their edits.
SETTINGS = {
    "max_connections": "250",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}


class Postgres:
    name, title = "postgres", "PostgreSQL"

    def __init__(self, places: Places, keepsakes: Keepsakes) -> None:
        self.places = places
        self.log = places.logs / "postgres.log"
        self._data = places.postgres
        self._keepsakes = keepsakes
        self._password = keepsakes.secret("postgres_password")
        self.port = 0

    @property
    def database_url(self) -> str:
        """The superuser's address. A libpq reader takes the socket; one that ignores `host=` takes loopback TCP."""
        address = f"postgresql://{SUPERUSER}:{quote(self._password)}@127.0.0.1:{self.port}/postgres"
        return f"{address}?host={quote(str(self._sockets), safe='')}" if self._sockets else address

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server, making its data first if there are none; it is not ready yet, see `wait`."""
        if not (self._data / "PG_VERSION").exists():
            self._make()
        self._refuse_foreign_version()
        self._clear_stale_pid()
        self.port = self.port or keep_or_choose(self._keepsakes.number("postgres_port"))
        self._keepsakes.keep("postgres_port", self.port)
        command = [str(self.places.postgres_bin / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._sockets or ''}"]
        return spawn(
            command,
            log=self.log,
            folder=self._data,
            account=self.places.account,
            signal_on_orphan=signal.SIGINT,  # "fast": does not wait for clients to leave
        )

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Return once a connection works. Raises CannotStart with the server's own words."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise CannotStart(f"PostgreSQL ended while it started. {last_words(self.log)}")
            try:
                psycopg.connect(self.database_url, connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                time.sleep(0.03)
        raise CannotStart(f"PostgreSQL did not answer within {START_SECONDS:.0f} seconds. {last_words(self.log)}")

    def stop(self, process: "subprocess.Popen[bytes]") -> None:
        """Roll back what is open, write a checkpoint and end; at once when that takes too long."""
        for signum, patience in ((signal.SIGINT, STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None)):
            process.send_signal(signum)
            try:
                process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    @property
    def _sockets(self) -> Path | None:
        """The folder of the unix socket, if its path is short enough to be one."""
        path = self.places.sockets / f".s.PGSQL.{self.port or 65535}"
        return self.places.sockets if len(bytes(path)) < SOCKET_PATH_LIMIT else None

    def _make(self) -> None:
        """Run initdb beside the real folder and then rename: half-made data are never taken for whole."""
        account = self.places.account
        unfinished, password = self._data.with_name("postgres.new"), self._data.with_name("postgres.password")
        shutil.rmtree(unfinished, ignore_errors=True)
        give(account, unfinished)
        write_private(password, self._password)
        if account.drop:
            os.chown(password, account.uid, account.gid)
        command = [str(self.places.postgres_bin / "initdb"), "-D", str(unfinished), "-U", SUPERUSER]
        command += [f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        for name, value in (SETTINGS | self._libraries()).items():
            command += ["--set", f"{name}={value}"]
        making = spawn(command, log=self.log, folder=unfinished, account=account, signal_on_orphan=signal.SIGKILL)
        status = making.wait()
        password.unlink()
        if status != 0:
            raise CannotStart(f"PostgreSQL could not make its data folder {unfinished}. {last_words(self.log)}")
        try:
            self._data.rmdir()
        except OSError:
            raise CannotStart(
                f"{self._data} is not empty, and what is in it is not PostgreSQL's. Move it away."
            ) from None
        unfinished.rename(self._data)

    def _libraries(self) -> dict[str, str]:
        present = (self.places.postgres_bin.parent / "lib" / "pg_stat_statements.so").exists()
        return {"shared_preload_libraries": "pg_stat_statements"} if present else {}

    def _refuse_foreign_version(self) -> None:
        ours, theirs = _major(self.places.postgres_bin), (self._data / "PG_VERSION").read_text().strip()
        if theirs != ours:
            raise CannotStart(
                f"The data in {self._data} were written by PostgreSQL {theirs}, and this is PostgreSQL {ours}. "
                "Dump them with the version that wrote them and restore them into an empty data folder."
            )

    def _clear_stale_pid(self) -> None:
        """After a crash the pid in postmaster.pid may be another program's, and PostgreSQL would refuse to start."""
        pid_file = self._data / "postmaster.pid"
        deadline = time.monotonic() + ORPHAN_SECONDS
        while (pid := _first_number(pid_file)) is not None and is_postgres_on(pid, self._data):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"A PostgreSQL server (process {pid}) already runs on {self._data}. "
                    f"Stop it (kill -INT {pid}), or set SIGNALBOX_DATA to another folder."
                )
            time.sleep(0.1)
        while pid is not None and postgres_stands_in(self._data) and time.monotonic() < deadline:
            time.sleep(0.1)
        pid_file.unlink(missing_ok=True)


def _major(programs: Path) -> str:
    """The major version of the programs, read off the catalogue file that comes with them ("# PostgreSQL 18")."""
    with (programs.parent / "share" / "postgres.bki").open() as catalogue:
        return catalogue.readline().split()[-1]


def _first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
