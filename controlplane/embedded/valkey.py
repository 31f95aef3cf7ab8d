"""A real Valkey server of our own: a broker and a doorbell, so it keeps nothing on disk."""

import os
import signal
import socket
import subprocess
import time

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.keepsakes import Keepsakes, write_private
from controlplane.embedded.places import Places
from controlplane.embedded.ports import keep_or_choose
from controlplane.embedded.spawn import last_words, spawn

START_SECONDS = 20.0
STOP_SECONDS = 10.0

# In a file and not on the command line, which every user of the machine can read.
SETTINGS = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
save ""
appendonly no
maxmemory-policy noeviction
"""


class Valkey:
    name, title = "valkey", "Valkey"

    def __init__(self, places: Places, keepsakes: Keepsakes) -> None:
        self.places = places
        self.log = places.logs / "valkey.log"
        self._keepsakes = keepsakes
        self._password = keepsakes.secret("valkey_password")
        self.port = 0

    @property
    def redis_url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> "subprocess.Popen[bytes]":
        self.port = self.port or keep_or_choose(self._keepsakes.number("valkey_port"))
        self._keepsakes.keep("valkey_port", self.port)
        return spawn(
            [self.places.valkey_server, self._configure()],
            log=self.log,
            folder=self.places.valkey,
            account=self.places.account,
        )

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Return once the server answers a PING. Raises CannotStart with its own words."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise CannotStart(f"Valkey ended while it started. {last_words(self.log)}")
            if self._answers():
                return
            time.sleep(0.02)
        raise CannotStart(f"Valkey did not answer within {START_SECONDS:.0f} seconds; see {self.log}")

    def stop(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := line.recv(64)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _configure(self) -> str:
        """Beside the server's folder, not in it: as root we write nothing where another account could put a link."""
        conf = self.places.valkey.with_name("valkey.conf")
        write_private(conf, SETTINGS.format(port=self.port, password=self._password, folder=self.places.valkey))
        if self.places.account.drop:
            os.chown(conf, self.places.account.uid, self.places.account.gid)
        return str(conf)
