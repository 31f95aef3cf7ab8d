"""`/logs/out`: lines that fit, as they are stored."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from controlplane.ids import uuid7
from tests.sockets.talking import end_of, greeted
from tests.world import Tenant


def line(message: str, **fields: Any) -> dict[str, Any]:
    return {"name": "test", "level": 20, "message": message, "timestamp": datetime.now(UTC).isoformat(), **fields}


@contextmanager
def following(tenant: Tenant, filter: dict[str, Any]) -> Iterator[ClientConnection]:
    """A stream that is known to have begun: a first line has come."""
    with greeted(tenant, "/logs/out") as socket:
        socket.send(json.dumps({"type": "filter", "filter": filter}))
        for attempt in range(100):
            tenant.ok("POST", "/logs/", [line(f"start {attempt}", level=50, **start_fields(filter))])
            try:
                socket.recv(timeout=0.5)
            except TimeoutError:
                continue
            break
        yield socket


def start_fields(filter: dict[str, Any]) -> dict[str, Any]:
    return {"flow_run_id": filter["flow_run_id"]["any_"][0]} if "flow_run_id" in filter else {}


def next_message(socket: ClientConnection) -> str:
    while True:
        frame = json.loads(socket.recv(timeout=60))
        assert frame["type"] == "log"
        if not frame["log"]["message"].startswith("start "):
            message: str = frame["log"]["message"]
            return message


def test_lines_come_once_and_in_order(tenant: Tenant) -> None:
    with following(tenant, {}) as socket:
        tenant.ok("POST", "/logs/", [line("one"), line("two")])
        assert [next_message(socket) for _ in range(2)] == ["one", "two"]
        tenant.ok("POST", "/logs/", [line("three")])
        assert next_message(socket) == "three"


def test_more_lines_than_a_page_all_come(tenant: Tenant) -> None:
    with following(tenant, {}) as socket:
        tenant.ok("POST", "/logs/", [line(str(number)) for number in range(2_500)])
        assert [next_message(socket) for _ in range(2_500)] == [str(number) for number in range(2_500)]


def test_only_what_fits_the_filter_comes(tenant: Tenant) -> None:
    run = str(uuid7())
    with following(tenant, {"flow_run_id": {"any_": [run]}, "level": {"ge_": 30}}) as socket:
        lines = [line("low", flow_run_id=run), line("other", level=40), line("wanted", flow_run_id=run, level=40)]
        tenant.ok("POST", "/logs/", lines)
        assert next_message(socket) == "wanted"


def test_other_workspaces_are_not_heard(tenant: Tenant, stranger: Tenant) -> None:
    with following(tenant, {}) as socket:
        stranger.ok("POST", "/logs/", [line("foreign")])
        tenant.ok("POST", "/logs/", [line("own")])
        assert next_message(socket) == "own"


@pytest.mark.parametrize(
    ("_case", "message", "reason"),
    [
        ("another message", {"type": "hello"}, "Expected 'filter' message"),
        ("a bad filter", {"type": "filter", "filter": {"zz": 1}}, "Invalid filter: Object contains unknown field `zz`"),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(
    tenant: Tenant, _case: str, message: dict[str, Any], reason: str
) -> None:
    with greeted(tenant, "/logs/out") as socket:
        socket.send(json.dumps(message))
        assert end_of(socket) == (1002, reason)
