"""A real PostgreSQL, a real Valkey, the real web server and workers: started once, when the first test asks for them.

Unit tests ask for nothing and start nothing.
"""

import copy
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from django.conf import settings
from django.db import connections

from blocks.services import sealing
from controlplane.embedded.roles import Urls
from controlplane.embedded.stack import Stack, start_stack
from controlplane.settings import database
from tests.fakes.slack_app import FakeSlackApp, fake_slack_app
from tests.world import Tenant, make_member, make_tenant

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a-secret-of-the-tests-that-is-long-enough"
START_SECONDS = 90

# Who was started in the background may have been told to ignore interrupts, and so would be all that is started here
# and ended by one.
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Servers:
    """PostgreSQL and Valkey, migrated, and this process pointed at them."""

    folder: Path
    stack: Stack
    urls: Urls

    def environment(self, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "SIGNALBOX_DATABASE_APP_URL": self.urls.app,
            "SIGNALBOX_DATABASE_SYSTEM_URL": self.urls.system,
            "SIGNALBOX_DATABASE_OWNER_URL": self.urls.owner,
            "REDIS_URL": self.stack.redis_url,
            "SIGNALBOX_SECRET_KEY": SECRET,
            "SIGNALBOX_DATA": str(self.folder),
            # The fakes that stand for the outside world listen on loopback.
            "SIGNALBOX_EGRESS_ALLOW_CIDRS": "127.0.0.0/8",
            **more,
        }


@dataclass
class Server:
    """Signalbox as `manage.py up` runs it: web, Celery worker and Celery beat."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A folder that PostgreSQL may enter as another user, as it does when we are root; pytest's own are closed."""
    with TemporaryDirectory(prefix="signalbox-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@contextmanager
def migrated_servers() -> Iterator[Servers]:
    """A PostgreSQL and a Valkey of their own, with nothing running on them."""
    with shared_folder() as folder, start_stack(folder) as stack:
        servers = Servers(folder, stack, stack.prepare_database())
        migrate = [sys.executable, "manage.py", "migrate", "--database", "owner", "--no-input", "-v", "0"]
        subprocess.run([*migrate, "--skip-checks"], cwd=ROOT, env=servers.environment(), check=True)
        yield servers


@pytest.fixture(scope="session")
def servers(django_db_blocker) -> Iterator[Servers]:
    with migrated_servers() as servers, django_db_blocker.unblock():
        point_databases_at(servers)
        for name, value in settings_for(servers).items():
            setattr(settings, name, value)
        yield servers
        connections.close_all()


@pytest.fixture(scope="session")
def quiet_servers() -> Iterator[Servers]:
    """Servers where nothing runs in the background: the Celery worker of the test server knows nothing of them."""
    with migrated_servers() as servers:
        yield servers


@pytest.fixture
def quiet(quiet_servers: Servers, django_db_blocker, settings) -> Iterator[Servers]:
    """This process, pointed at the quiet servers for one test, which so decides who does what, and when it dies.

    Through pytest-django's `settings`, as a test's own changes, which it undoes in one order. Put back by hand while
    one of its overrides is in force, the old values would vanish with it, and ours stay for every later test.
    """
    databases = {alias: copy.copy(connections.settings[alias]) for alias in ("default", "system", "owner")}
    with django_db_blocker.unblock():
        connections.close_all()
        point_databases_at(quiet_servers)
        for name, value in settings_for(quiet_servers).items():
            setattr(settings, name, value)
        settings.KEY_FILE = quiet_servers.folder / "master.key"
        sealing.ring.forget()
        yield quiet_servers
        connections.close_all()
    for alias, values in databases.items():
        connections.settings[alias].update(values)
    sealing.ring.forget()


def point_databases_at(servers: Servers) -> None:
    for alias, url in (("default", servers.urls.app), ("system", servers.urls.system), ("owner", servers.urls.owner)):
        connections.settings[alias].update(database(url))


def settings_for(servers: Servers) -> dict[str, object]:
    """What this process has to be told to work on those servers."""
    return {
        "REDIS_URL": servers.stack.redis_url,
        "SECRET_KEY": SECRET,
        "DATA_DIR": servers.folder,
        "KEY_FILE": servers.folder / "up" / "master.key",
        "EGRESS_ALLOW_CIDRS": ["127.0.0.0/8"],
    }


@pytest.fixture(scope="session")
def slack_app() -> Iterator[FakeSlackApp]:
    """The Slack that the server's app is of; the server listens to it over Socket Mode."""
    with fake_slack_app() as fake:
        yield fake


@pytest.fixture(scope="session")
def server(servers: Servers, slack_app: FakeSlackApp) -> Iterator[Server]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = servers.folder / "up.log"
    environment = servers.environment(
        SIGNALBOX_PORT=str(port), SIGNALBOX_PUBLIC_URL=url, SIGNALBOX_DATA=str(servers.folder / "up"),
        **slack_app.environment(),
    )  # fmt: skip
    with log.open("wb") as output:
        command = [sys.executable, "manage.py", "up"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(url, process, log)
        yield Server(url, process, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/api/health", verify=False).status_code == 200 and "Signalbox is up" in log.read_text():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"Signalbox did not start:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def tenant(server: Server) -> Tenant:
    """Alice: owner of her account and workspace."""
    return make_tenant(server.url, "alice")


@pytest.fixture
def viewer(tenant: Tenant) -> Tenant:
    """Bob: may look at Alice's workspace."""
    return make_member(tenant, "Viewer", "bob")


@pytest.fixture
def stranger(server: Server) -> Tenant:
    """Charlie: has a workspace of his own and nothing to do with Alice's."""
    return make_tenant(server.url, "charlie")
