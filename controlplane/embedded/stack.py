"""The two servers together, on one data folder.

with start_stack(Path(".data")) as stack:
    urls = stack.prepare_database()
    ...  # stack.redis_url, urls.app, urls.system, urls.owner
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Self

from controlplane.embedded.keepsakes import Keepsakes
from controlplane.embedded.lock import lock_folder
from controlplane.embedded.places import choose_places, prepare_folder
from controlplane.embedded.postgres import Postgres
from controlplane.embedded.roles import DATABASE, Urls, prepare_database, role_passwords
from controlplane.embedded.valkey import Valkey

Server = Postgres | Valkey


class Stack:
    """Running servers. `stop()`, or leaving the `with`, ends them in order and lets go of the folder."""

    def __init__(self, folder: Path, *, postgres: bool = True, valkey: bool = True) -> None:
        self.folder = prepare_folder(folder)
        self._lock = lock_folder(self.folder)
        self.keepsakes = Keepsakes(self.folder)
        places = choose_places(self.folder) if postgres or valkey else None
        self.postgres = Postgres(places, self.keepsakes) if places and postgres else None
        self.valkey = Valkey(places, self.keepsakes) if places and valkey else None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def servers(self) -> list[Server]:
        return [server for server in (self.postgres, self.valkey) if server is not None]

    @property
    def database_url(self) -> str:
        """The superuser's, for setting up; programs use the three of `prepare_database`."""
        assert self.postgres is not None
        return self.postgres.database_url

    @property
    def redis_url(self) -> str:
        assert self.valkey is not None
        return self.valkey.redis_url

    def start(self) -> None:
        """Start the servers side by side and wait for both; after a failure none is left running."""
        try:
            for server in self.servers:
                self.processes[server.name] = server.start()
            for server in self.servers:
                server.wait(self.processes[server.name])
        except BaseException:
            self.stop()
            raise

    def prepare_database(self, name: str = DATABASE) -> Urls:
        """Make sure the roles and a database of that name exist; every database here has the same passwords."""
        return prepare_database(self.database_url, name, passwords=role_passwords(self.keepsakes))

    def stop(self, report: Callable[[str], None] = lambda name: None) -> None:
        """Valkey first, then PostgreSQL, which writes everything down."""
        for server in reversed(self.servers):
            process = self.processes.pop(server.name, None)
            if process is not None:
                report(server.name)
                server.stop(process)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start_stack(folder: Path, *, postgres: bool = True, valkey: bool = True) -> Stack:
    """Start both servers (or one) with their data under `folder`. Raises CannotStart with a sentence to show."""
    stack = Stack(folder, postgres=postgres, valkey=valkey)
    stack.start()
    return stack
