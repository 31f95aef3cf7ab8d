import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Servers, free_port
from tests.contract.client import PREFECT_3, Client
from tests.contract.real_server import RealServer, start_real_server
from tests.world import Tenant, make_tenant

PROJECT = Path(__file__).parent / "project"


def make_client(bin: Path, tenant: Tenant, folder: Path) -> Client:
    assert (bin / "prefect").exists(), f"No Prefect at {bin}: `make test` installs it"
    home = folder / "home"
    home.mkdir()
    return Client(bin, home, tenant, Path(shutil.copytree(PROJECT, folder / "project")))


@pytest.fixture(scope="module")
def client(server, tmp_path_factory) -> Client:
    """Prefect 3.8 in a tenant that the tests of a module share."""
    return make_client(PREFECT_3, make_tenant(server.url), tmp_path_factory.mktemp("prefect"))


@pytest.fixture(scope="session")
def real_server(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A real Prefect server to hold ours against; it takes about fifteen seconds to start."""
    folder = tmp_path_factory.mktemp("real-prefect")
    with start_real_server(folder, servers.stack.database_url, free_port()) as real:
        yield real
