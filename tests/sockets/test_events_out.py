"""`/events/out`: what happened lately, then what happens; each event once and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sockets.talking import end_of, greeted, listening, make_event, next_event
from tests.world import Tenant

NAMES = {"prefix": ["test."]}


def post(tenant: Tenant, *events: dict[str, Any]) -> None:
    tenant.ok("POST", "/events", list(events))


def test_the_past_comes_oldest_first_and_then_the_present(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    past = [make_event(f"test.{age}", occurred=(now - timedelta(minutes=age)).isoformat()) for age in (1, 3, 2)]
    post(tenant, *past)
    with listening(tenant, {"event": NAMES}) as stream:
        assert [next_event(stream)["event"] for _ in past] == ["test.3", "test.2", "test.1"]
        post(tenant, make_event("test.now"))
        assert next_event(stream)["event"] == "test.now"


def test_the_past_is_a_quarter_of_an_hour_at_most(tenant: Tenant) -> None:
    now = datetime.now(UTC)
    old = make_event("test.old", occurred=(now - timedelta(minutes=16)).isoformat())
    post(tenant, old, make_event("test.new"))
    since = {"since": (now - timedelta(days=1)).isoformat()}
    with listening(tenant, {"event": NAMES, "occurred": since}) as stream:
        assert next_event(stream)["event"] == "test.new"


def test_more_past_than_a_page_is_complete(tenant: Tenant) -> None:
    moment = datetime.now(UTC)
    events = [
        make_event("test.past", occurred=(moment + timedelta(microseconds=n // 3)).isoformat()) for n in range(600)
    ]
    post(tenant, *events)
    with listening(tenant, {"event": NAMES}) as stream:
        seen = [next_event(stream)["id"] for _ in events]
        post(tenant, make_event("test.now"))
        assert next_event(stream)["event"] == "test.now"
    assert sorted(seen) == sorted(event["id"] for event in events)


def test_without_backfill_only_the_present_comes(tenant: Tenant) -> None:
    post(tenant, make_event("test.past"))
    with listening(tenant, {"event": NAMES}, backfill=False) as stream:
        # Whether the stream has begun shows only in what it sends.
        for attempt in range(100):
            post(tenant, make_event(f"test.now.{attempt}"))
            try:
                first = json.loads(stream.recv(timeout=0.5))
            except TimeoutError:
                continue
            break
        assert first["event"]["event"].startswith("test.now.")


@pytest.mark.parametrize(
    ("_case", "filter"),
    [
        ("by name", {"event": {"name": ["test.wanted"]}}),
        ("by excluded prefix", {"event": {"prefix": ["test."], "exclude_prefix": ["test.un"]}}),
        ("by label", {"resource": {"labels": {"color": ["!blue"]}}}),
        ("by related resource", {"related": {"id": ["test.parent"], "role": ["parent"]}}),
        ("by any resource", {"any_resource": {"id_prefix": ["test.par"]}}),
        ("with an end far away", {"event": {"name": ["test.wanted"]}, "occurred": {"until": "2099-01-01T00:00:00Z"}}),
    ],
)
def test_only_what_fits_the_filter_comes(tenant: Tenant, _case: str, filter: dict[str, Any]) -> None:
    parent = {"prefect.resource.id": "test.parent", "prefect.resource.role": "parent"}
    unwanted = make_event("test.unwanted", resource={"prefect.resource.id": "a", "color": "blue"})
    wanted = make_event("test.wanted", resource={"prefect.resource.id": "a", "color": "red"}, related=[parent])
    with listening(tenant, filter) as stream:
        post(tenant, unwanted)
        post(tenant, wanted)
        assert next_event(stream)["id"] == wanted["id"]


def test_other_workspaces_are_not_heard(tenant: Tenant, stranger: Tenant) -> None:
    with listening(tenant, {"event": NAMES}) as stream:
        post(stranger, make_event("test.foreign"))
        post(tenant, make_event("test.own"))
        assert next_event(stream)["event"] == "test.own"


def test_an_account_hears_all_its_workspaces_and_no_other(tenant: Tenant, stranger: Tenant) -> None:
    url = f"{tenant.url.replace('http', 'ws', 1)}/api/accounts/{tenant.account_id}"
    with greeted(tenant, "/events/out", url=url) as stream:
        stream.send(json.dumps({"type": "filter", "filter": {"event": NAMES}}))
        post(stranger, make_event("test.foreign"))
        post(tenant, make_event("test.own"))
        assert next_event(stream)["event"] == "test.own"


def test_a_flow_run_that_changes_is_heard(tenant: Tenant) -> None:
    flow = tenant.ok("POST", "/flows/", {"name": "streamed"})
    run = tenant.ok("POST", "/flow_runs/", {"flow_id": flow["id"], "state": {"type": "PENDING"}})
    resource = f"prefect.flow-run.{run['id']}"
    with listening(tenant, {"resource": {"id": [resource]}}) as stream:
        tenant.ok("POST", f"/flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}, "force": True})
        assert [next_event(stream)["event"] for _ in range(2)] == [
            "prefect.flow-run.Pending",
            "prefect.flow-run.Cancelling",
        ]


@pytest.mark.parametrize(
    ("_case", "message", "code", "reason"),
    [
        ("another message", {"type": "hello"}, 1002, "Expected 'filter' message"),
        ("no object", "x", 1002, "Expected 'filter' message"),
        ("no filter", {"type": "filter"}, 1002, "Invalid filter: Expected `object`, got `null`"),
        (
            "a bad filter",
            {"type": "filter", "filter": {"zz": 1}},
            1002,
            "Invalid filter: Object contains unknown field `zz`",
        ),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(
    tenant: Tenant, _case: str, message: Any, code: int, reason: str
) -> None:
    with greeted(tenant, "/events/out") as socket:
        socket.send(json.dumps(message))
        assert end_of(socket) == (code, reason)


def test_pings_are_answered_while_nothing_happens(tenant: Tenant) -> None:
    with listening(tenant, {"event": {"name": ["test.never"]}}) as stream:
        assert stream.ping().wait(30)
        assert stream.ping().wait(30)
