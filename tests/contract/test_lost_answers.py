"""A real worker whose connection breaks when it claims a run: the claim was made, its answer never arrived."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.client import Client, eventually

SET_STATE = re.compile(r"/flow_runs/([0-9a-f-]{36})/set_state$")
KEPT = ("authorization", "content-type", "user-agent", "x-prefect-api-version", "x-prefect-worker-name")


class LossyProxy(ThreadingHTTPServer):
    """Hands everything on; of one run the first answer to each of these proposals is lost with its connection."""

    daemon_threads = True

    def __init__(self, target: str, run_id: str, losing: tuple[str, ...]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target, self.lock = httpx.Client(base_url=target, timeout=60), Lock()
        self.run_id, self.losing = run_id, set(losing)
        self.asked: list[tuple[str, str]] = []  # what was proposed of that run, and what became of it

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def loses(self, path: str, body: bytes, answer: httpx.Response) -> bool:
        place = SET_STATE.search(path)
        if place is None or place[1] != self.run_id:
            return False
        name = re.search(rb'"name": ?"(\w+)"', body)
        proposed = name[1].decode() if name else ""
        with self.lock:
            lost = proposed in self.losing
            self.losing.discard(proposed)
            self.asked.append((proposed, f"lost {answer.json()['status']}" if lost else answer.json()["status"]))
        return lost


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyProxy

    def hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() in KEPT}
        answer = self.server.target.request(self.command, self.path, content=body, headers=headers)
        if self.server.loses(urlsplit(self.path).path, body, answer):
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = hand_on

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def lossy(target: str, run_id: str, *losing: str) -> Iterator[LossyProxy]:
    with LossyProxy(target, run_id, losing) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()


@pytest.fixture(scope="module")
def deployed(client: Client) -> dict:
    client.run("prefect", "work-pool", "create", "my-pool", "--type", "process")
    client.run("prefect", "--no-prompt", "deploy", "--name", "nightly")
    return client.tenant.ok("GET", "/deployments/name/main/nightly")


def test_a_worker_that_lost_the_answers_to_its_proposals_completes_the_run(client, deployed, tmp_path):
    tenant = client.tenant
    run = tenant.ok("POST", f"/deployments/{deployed['id']}/create_flow_run", {})
    names, lost = ("Pending", "Submitting", "Running", "Completed"), ("Pending", "Running")
    with lossy(tenant.url, run["id"], *lost) as proxy:
        environment = {
            "PREFECT_API_URL": tenant.api_url.replace(tenant.url, proxy.url),
            "PREFECT_CLOUD_API_URL": f"{proxy.url}/api",
        }
        client.run("prefect", "worker", "start", "--pool", "my-pool", "--run-once", **environment)
        asked = eventually(
            lambda: list(proxy.asked) if proxy.asked[-1:] == [("Completed", "ACCEPT")] else None,
            seconds=60, what="the end of the run",
        )  # fmt: skip
    lost_or_not = {name: ("lost ACCEPT", "ACCEPT") if name in lost else ("ACCEPT",) for name in names}
    assert asked == [(name, became) for name in names for became in lost_or_not[name]]
    states = [state["name"] for state in tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}")]
    assert states == ["Scheduled", *names]
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["run_count"] == 1
