"""PostgreSQL and Valkey that nobody else uses: they are killed."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from controlplane.embedded.stack import start_stack
from tests.chaos.stack import Frail, frail
from tests.conftest import ROOT, Servers, shared_folder
from tests.services.conftest import quiet

__all__ = ["quiet"]


@pytest.fixture
def quiet_servers(django_db_blocker) -> Iterator[Servers]:
    with shared_folder() as folder, start_stack(folder) as stack, django_db_blocker.unblock():
        servers = Servers(folder, stack, stack.prepare_database())
        migrate = [sys.executable, "manage.py", "migrate", "--database", "owner", "--no-input", "-v", "0"]
        subprocess.run([*migrate, "--skip-checks"], cwd=ROOT, env=servers.environment(), check=True)
        yield servers


@pytest.fixture
def stack(quiet: Servers) -> Iterator[Frail]:
    with frail(quiet) as running:
        yield running
