"""A clean shutdown of the web server: what a client was told is stored, is stored."""

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx

from tests.conftest import ROOT, Servers, free_port
from tests.sockets.talking import make_event, reporting
from tests.world import Tenant


def test_acknowledged_events_survive_the_end_of_the_server(servers: Servers, tenant: Tenant, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = tmp_path / "web.log"
    command = ["-m", "granian", "controlplane.asgi:application", "--interface", "asgi", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=servers.environment(SIGNALBOX_PORT=str(port), SIGNALBOX_PUBLIC_URL=url),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_health(url, process)
        with reporting(replace(tenant, url=url)) as socket:
            for _ in range(120):
                socket.send(json.dumps(make_event()))
            assert socket.ping().wait(10)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    finally:
        process.kill()
    counts = tenant.ok("POST", "/events/count-by/event", {"filter": {"event": {"name": ["test.happened"]}}})
    assert [count["count"] for count in counts] == [120]


def wait_for_health(url: str, process: "subprocess.Popen[bytes]") -> None:
    transport = httpx.HTTPTransport(retries=8)  # with growing pauses: half a minute in all
    with httpx.Client(transport=transport, timeout=30) as client:
        assert client.get(f"{url}/api/health").status_code == 200
    assert process.poll() is None
