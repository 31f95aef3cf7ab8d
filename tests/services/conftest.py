"""Servers where nothing runs in the background: a test decides who does what, and when it dies."""

import copy
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.db import connections

from blocks.services import sealing
from controlplane.embedded.stack import start_stack
from tests.conftest import ROOT, Servers, point_databases_at, settings_for, shared_folder
from tests.fakes.slack import FakeSlack, fake_slack
from tests.world import Tenant, make_tenant


@pytest.fixture(scope="session")
def quiet_servers(django_db_blocker) -> Iterator[Servers]:
    """A second PostgreSQL and Valkey: the Celery worker of the test server knows nothing of them."""
    with shared_folder() as folder, start_stack(folder) as stack, django_db_blocker.unblock():
        servers = Servers(folder, stack, stack.prepare_database())
        migrate = [
            sys.executable,
            "manage.py",
            "migrate",
            "--database",
            "owner",
            "--no-input",
            "-v",
            "0",
            "--skip-checks",
        ]
        subprocess.run(migrate, cwd=ROOT, env=servers.environment(), check=True)
        yield servers


@pytest.fixture
def quiet(quiet_servers: Servers, django_db_blocker, settings) -> Iterator[Servers]:
    """This process, pointed at the quiet servers for one test.

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


@pytest.fixture
def alice(quiet: Servers) -> Tenant:
    """Owner of a workspace on the quiet servers; there is no web server to call."""
    return make_tenant("http://127.0.0.1:1", "alice")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as fake:
        yield fake
