"""A real Prefect 3.8 worker on its channel: it is asked to stop what a lost cancellation left behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from controlplane.sql.transactions import workspace_transaction
from deployments.models import Cleanup
from deployments.services import cleanups
from runs.models import FlowRun
from tests.conftest import ROOT, Servers, free_port
from tests.contract.client import PREFECT_3, eventually
from tests.contract.conftest import make_client
from tests.world import Tenant, make_tenant, set_state

COMMAND = ["-m", "granian", "controlplane.asgi:application", "--interface", "asgi", "--workers", "2", "--port"]


class Web:
    """A web server of its own, that can be killed and started again at the same address."""

    def __init__(self, servers: Servers, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = servers.environment(SIGNALBOX_PORT=str(self.port), SIGNALBOX_PUBLIC_URL=self.url)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, *COMMAND, str(self.port)], cwd=ROOT, env=self.environment, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), timeout=30) as client:
            assert client.get(f"{self.url}/api/health").status_code == 200

    def kill(self) -> None:
        """As a lost machine does: no process of it says goodbye."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
            self.process = None


@contextmanager
def serving(servers: Servers, folder: Path) -> Iterator[Web]:
    web = Web(servers, folder / "web.log")
    web.start()
    try:
        yield web
    finally:
        web.kill()


def requests(tenant: Tenant) -> list[int]:
    with workspace_transaction(tenant.workspace_id):
        return list(Cleanup.objects.of(tenant.workspace_id).values_list("delivery_count", flat=True))


def let_the_cancellation_time_out(tenant: Tenant, run_id: str) -> None:
    set_state(tenant, run_id, "CANCELLING")
    long_ago = datetime.now(UTC) - timedelta(seconds=301)
    with workspace_transaction(tenant.workspace_id):
        FlowRun.objects.of(tenant.workspace_id).filter(id=run_id).update(state_timestamp=long_ago)
    cleanups.finish_stuck_cancellations(datetime.now(UTC))


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_a_worker_cleans_up_after_our_server_was_killed(
    servers: Servers, server: object, tmp_path: Path
) -> None:  # fmt: skip
    tenant = make_tenant(server.url)  # type: ignore[attr-defined]
    with serving(servers, tmp_path) as web:
        client = make_client(PREFECT_3, replace(tenant, url=web.url), tmp_path)
        (client.folder / "prefect.yaml").unlink()  # it gives every deployment the main job's parameters
        client.run("prefect", "work-pool", "create", "chan", "--type", "process")
        client.run(
            "prefect", "--no-prompt", "deploy", "stopping.py:endless", "--name", "d", "--pool", "chan"
        )  # fmt: skip
        (client.folder / "told.txt").write_text("")
        with client.background("python", "killing_worker.py", "chan") as log:
            (seen,) = eventually(
                lambda: tenant.ok("POST", "/work_pools/chan/workers/filter", {}), seconds=60, what="the worker"
            )
            printed = client.run("prefect", "deployment", "run", "endless/d")
            match = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", printed)
            assert match, printed
            run_id = match[0]

            def sleeping() -> dict | None:
                run = tenant.ok("GET", f"/flow_runs/{run_id}")
                asleep = "sleeping" in (client.folder / "told.txt").read_text()
                return run if run["state_type"] == "RUNNING" and asleep and run["infrastructure_pid"] else None

            run = eventually(sleeping, seconds=60, what="the running flow")
            pid = int(run["infrastructure_pid"].rpartition(":")[2])
            assert lives(pid)
            web.kill()
            let_the_cancellation_time_out(tenant, run_id)
            assert (requests(tenant), lives(pid)) == ([0], True)
            web.start()
            eventually(lambda: requests(tenant) == [], seconds=60, what="the worker's acknowledgement")
            eventually(lambda: not lives(pid), seconds=60, what="the end of the process")
            (still,) = tenant.ok("POST", "/work_pools/chan/workers/filter", {})
            assert (still["id"], still["status"]) == (seen["id"], "ONLINE")
            assert f"TEARING DOWN {run['infrastructure_pid']}" in log.read_text()
    assert tenant.ok("GET", f"/flow_runs/{run_id}")["state_name"] == "Cancelled"
