"""Talking to a websocket as the clients do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from controlplane.ids import uuid7
from tests.world import Tenant


def make_event(name: str = "test.happened", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": name,
        "resource": {"prefect.resource.id": "test.thing"},
        "related": [],
        "payload": {},
        "follows": None,
        **fields,
    }


@contextmanager
def reporting(tenant: Tenant, key: str | None = None) -> Iterator[ClientConnection]:
    """`/events/in` as in Cloud mode: the key in a header, no subprotocol."""
    headers = {"Authorization": f"bearer {key or tenant.key}"}
    with connect(f"{tenant.ws_url}/events/in", additional_headers=headers) as socket:
        yield socket


@contextmanager
def greeted(tenant: Tenant, path: str, url: str | None = None) -> Iterator[ClientConnection]:
    """A socket after its handshake with subprotocol and auth message."""
    with connect(f"{url or tenant.ws_url}{path}", subprotocols=["prefect"]) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "auth", "token": tenant.key}))
        assert json.loads(socket.recv(timeout=60)) == {"type": "auth_success"}
        yield socket


@contextmanager
def listening(tenant: Tenant, filter: dict[str, Any], **message: Any) -> Iterator[ClientConnection]:
    """`/events/out` from now on; the marker event proves that the stream has begun."""
    with greeted(tenant, "/events/out") as socket:
        socket.send(json.dumps({"type": "filter", "filter": filter, **message}))
        yield socket


def next_event(socket: ClientConnection) -> dict[str, Any]:
    frame = json.loads(socket.recv(timeout=60))
    assert frame["type"] == "event"
    event: dict[str, Any] = frame["event"]
    return event


def end_of(socket: ClientConnection) -> tuple[int, str]:
    """The code and reason with which the server closes."""
    with pytest.raises(ConnectionClosed) as end:
        read_on(socket)
    assert end.value.rcvd is not None, "the connection broke without a close frame"
    return end.value.rcvd.code, end.value.rcvd.reason


def read_on(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=15)


def stored(tenant: Tenant, **filter: Any) -> list[dict[str, Any]]:
    """The events of the workspace that fit, oldest first."""
    occurred = {"until": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    body = {"filter": {"occurred": occurred, "order": "ASC", **filter}}
    events: list[dict[str, Any]] = tenant.ok("POST", "/events/filter", body)["events"]
    return events
