"""Prefect 2.20 in an environment of its own, pointed at a tenant."""

import shutil
from pathlib import Path

from tests.contract.client import ROOT, Client
from tests.world import make_tenant

PREFECT_2 = ROOT / ".venvs" / "prefect-2.20" / "bin"
PROJECT = Path(__file__).parent / "project_2"


class Client2(Client):
    """Prefect 2.20; its worker and agent look for work every second instead of every ten or fifteen."""

    @property
    def environment(self) -> dict[str, str]:
        every_second = dict.fromkeys(("PREFECT_WORKER_QUERY_SECONDS", "PREFECT_AGENT_QUERY_INTERVAL"), "1")
        return super().environment | every_second | {"PYTHONWARNINGS": "ignore"}


def make_older_client(url: str, folder: Path) -> Client2:
    """In a new tenant of the server at `url`."""
    assert (PREFECT_2 / "prefect").exists(), f"No Prefect at {PREFECT_2}: `make test` installs it"
    (folder / "home").mkdir()
    project = Path(shutil.copytree(PROJECT, folder / "project"))
    return Client2(PREFECT_2, folder / "home", make_tenant(url), project)
