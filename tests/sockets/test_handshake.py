"""Who may open a websocket, and with which words the others are turned away."""

import json
from typing import Any
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.sockets.talking import end_of, greeted, reporting
from tests.world import Tenant
from workspaces.models import ApiKey


@pytest.mark.parametrize(
    ("_case", "message", "code", "reason"),
    [
        ("no token", {"type": "auth", "token": None}, 1008, "Auth required but no token provided"),
        ("an unknown token", {"type": "auth", "token": "sbu_nonsense"}, 1008, "Invalid token"),
        ("another message", {"type": "hello"}, 1008, "Expected 'auth' message"),
        ("no object", [], 1008, "Expected 'auth' message"),
    ],
)
def test_a_bad_first_message_is_refused_with_a_reason(
    tenant: Tenant, _case: str, message: Any, code: int, reason: str
) -> None:
    with connect(f"{tenant.ws_url}/events/out", subprotocols=["prefect"]) as socket:
        socket.send(json.dumps(message))
        assert end_of(socket) == (code, reason)


def test_the_subprotocol_is_selected(tenant: Tenant) -> None:
    with greeted(tenant, "/events/in") as socket:
        assert socket.subprotocol == "prefect"


@pytest.mark.parametrize("path", ["/events/in", "/events/out"])
def test_the_bare_path_is_the_workspace_of_the_key(tenant: Tenant, path: str) -> None:
    with greeted(tenant, path, url=f"{tenant.url.replace('http', 'ws', 1)}/api"):
        pass


def test_a_socket_without_subprotocol_needs_the_header(tenant: Tenant) -> None:
    with connect(f"{tenant.ws_url}/events/out") as socket:
        assert end_of(socket) == (1002, "This endpoint needs the subprotocol 'prefect'")


@pytest.mark.parametrize(
    ("_case", "header"), [("none", None), ("wrong", "bearer sbu_nonsense"), ("scheme", "Basic eA==")]
)
def test_a_wrong_key_in_the_header_is_401_on_the_upgrade(tenant: Tenant, _case: str, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    with pytest.raises(InvalidStatus) as refused, connect(f"{tenant.ws_url}/events/in", additional_headers=headers):
        pass
    assert refused.value.response.status_code == 401


def test_the_scheme_of_the_header_is_read_in_any_case(tenant: Tenant) -> None:
    headers = {"Authorization": f"BEARER {tenant.key}"}
    with connect(f"{tenant.ws_url}/events/in", additional_headers=headers) as socket:
        assert socket.ping().wait(30)


def test_a_stranger_finds_no_workspace(tenant: Tenant, stranger: Tenant) -> None:
    with pytest.raises(InvalidStatus) as refused, reporting(tenant, key=stranger.key):
        pass
    assert refused.value.response.status_code == 404
    with connect(f"{tenant.ws_url}/events/out", subprotocols=["prefect"]) as socket:
        socket.send(json.dumps({"type": "auth", "token": stranger.key}))
        assert end_of(socket) == (1008, "Workspace not found.")


def test_a_viewer_may_listen_but_not_report(tenant: Tenant, viewer: Tenant) -> None:
    with greeted(viewer, "/events/out"):
        pass
    with pytest.raises(InvalidStatus) as refused, reporting(viewer):
        pass
    assert refused.value.response.status_code == 403
    (entry,) = tenant.ok("POST", "/audit_log/filter", {"target_kinds": ["permission"]})
    assert (entry["action"], entry["target_name"], entry["changes"]) == (
        "permission.refused", "WS /events/in", {"role": [None, "Viewer"]}
    )  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/work_pools/p/workers/connects", "/nothing", "/events/inn", "/task_runs/subscriptions/nothing"]
)
def test_an_unknown_path_is_404_on_the_upgrade(tenant: Tenant, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{tenant.ws_url}{path}", subprotocols=["prefect"]):
        pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize("path", ["/events/in", "/logs/out"])
def test_only_events_out_is_there_for_a_whole_account(tenant: Tenant, path: str) -> None:
    url = f"{tenant.url.replace('http', 'ws', 1)}/api/accounts/{tenant.account_id}"
    with greeted(tenant, "/events/out", url=url):
        pass
    with pytest.raises(InvalidStatus) as refused, connect(f"{url}{path}", subprotocols=["prefect"]):
        pass
    assert refused.value.response.status_code == 404


def test_another_account_is_not_found(tenant: Tenant) -> None:
    url = f"{tenant.url.replace('http', 'ws', 1)}/api/accounts/{uuid4()}"
    with connect(f"{url}/events/out", subprotocols=["prefect"]) as socket:
        socket.send(json.dumps({"type": "auth", "token": tenant.key}))
        assert end_of(socket) == (1008, "Account not found.")


def test_a_revoked_key_ends_its_open_sockets(tenant: Tenant) -> None:
    with greeted(tenant, "/events/out") as socket, reporting(tenant) as reporter:
        socket.send(json.dumps({"type": "filter", "filter": {}}))
        key = ApiKey.objects.get(user=tenant.user)
        ApiKey.objects.filter(id=key.id).update(revoked=key.created)
        assert end_of(socket) == (1008, "Invalid token")
        assert end_of(reporter) == (1008, "Invalid token")
