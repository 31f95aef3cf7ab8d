"""REST doors of events: report, filter in pages, count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.event_cases import CASES, EVENT
from tests.sockets.talking import make_event, stored
from tests.world import Tenant


def post(tenant: Tenant, *events: dict[str, Any]) -> None:
    assert tenant.call("POST", "/events", list(events)).status_code == 204


def test_filters_in_sql_say_what_filters_in_memory_say(tenant: Tenant) -> None:
    post(
        tenant,
        make_event(**{"name": EVENT["event"], **{key: EVENT[key] for key in ("resource", "related", "payload")}}),
    )
    found = {}
    for case, filter, _ in CASES:
        body = {"filter": {"occurred": {"since": "2020-01-01T00:00:00Z"}, **filter}}
        found[case] = bool(tenant.ok("POST", "/events/filter", body)["events"])
    assert found == {case: expected for case, _, expected in CASES}


@pytest.mark.parametrize(("order", "expected"), [("ASC", list(range(7))), ("DESC", list(reversed(range(7))))])
def test_pages_follow_each_other_without_gap(tenant: Tenant, order: str, expected: list[int]) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=1)
    # Pairs share their moment, so that a page can end between equals.
    post(
        tenant, *(make_event(f"test.{n}", occurred=(moment + timedelta(seconds=n // 2)).isoformat()) for n in range(7))
    )
    body = {"filter": {"event": {"prefix": ["test."]}, "order": order}, "limit": 3}
    page = tenant.ok("POST", "/events/filter", body)
    numbers, totals, sizes = [], [], []
    while True:
        numbers += [int(event["event"].removeprefix("test.")) for event in page["events"]]
        totals.append(page["total"])
        sizes.append(len(page["events"]))
        if page["next_page"] is None:
            break
        assert page["next_page"].startswith(f"{tenant.api_url}/events/filter/next?page-token=")
        page = tenant.ok("GET", page["next_page"].removeprefix(tenant.api_url))
    assert (sizes, totals) == ([3, 3, 1], [7, 7, 7])
    assert sorted(numbers) == list(range(7))
    assert [number // 2 for number in numbers] == [number // 2 for number in expected]


@pytest.mark.parametrize("token", ["nonsense", "", "e30", "Im51bGwi", "%00"])
def test_a_foreign_page_token_is_forbidden(tenant: Tenant, token: str) -> None:
    answer = tenant.call("GET", f"/events/filter/next?page-token={token}")
    assert (answer.status_code, answer.json()) == (403, {"detail": "Forbidden"})


def test_a_page_token_of_another_workspace_shows_nothing_of_it(tenant: Tenant, stranger: Tenant) -> None:
    post(tenant, *(make_event() for _ in range(3)))
    page = tenant.ok("POST", "/events/filter", {"limit": 1})
    token = page["next_page"].removeprefix(tenant.api_url)
    assert stranger.ok("GET", token)["events"] == []


def test_distinct_keeps_the_newest_of_each_resource(tenant: Tenant) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    for number, thing in enumerate("abab"):
        moment = (now + timedelta(seconds=number)).isoformat()
        post(tenant, make_event(f"test.{number}", occurred=moment, resource={"prefect.resource.id": thing}))
    page = tenant.ok("POST", "/events/filter", {"filter": {"resource": {"distinct": True, "id": ["a", "b"]}}})
    assert ([event["event"] for event in page["events"]], page["total"]) == (["test.3", "test.2"], 2)


def test_the_future_is_left_out_unless_asked_for(tenant: Tenant) -> None:
    post(tenant, make_event("test.future", occurred=(datetime.now(UTC) + timedelta(hours=1)).isoformat()))
    assert tenant.ok("POST", "/events/filter", {})["events"] == []
    assert [event["event"] for event in stored(tenant)] == ["test.future"]


def test_a_batch_with_a_bad_event_is_refused_whole(tenant: Tenant) -> None:
    answer = tenant.call("POST", "/events", [make_event(), make_event(resource={})])
    assert answer.status_code == 422
    assert "Resources must include the prefect.resource.id label" in answer.json()["exception_detail"][0]["msg"]
    assert stored(tenant) == []


def test_too_large_an_event_is_dropped_in_silence(tenant: Tenant) -> None:
    post(tenant, make_event("test.large", payload={"x": "y" * 1_500_000}), make_event("test.small"))
    assert [event["event"] for event in stored(tenant)] == ["test.small"]


def test_an_event_of_another_century_is_kept(tenant: Tenant) -> None:
    post(tenant, make_event("test.ancient", occurred="1999-12-31 23:59:59"))
    since = {"since": "1999-01-01T00:00:00Z"}
    [event] = tenant.ok("POST", "/events/filter", {"filter": {"occurred": since}})["events"]
    assert (event["event"], event["occurred"]) == ("test.ancient", "1999-12-31T23:59:59Z")


@pytest.mark.parametrize(("limit", "status"), [(0, 200), (50, 200), (51, 422), (-1, 422)])
def test_the_limit_is_fifty(tenant: Tenant, limit: int, status: int) -> None:
    assert tenant.call("POST", "/events/filter", {"limit": limit}).status_code == status


def test_events_are_counted_by_name_and_by_resource(tenant: Tenant) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=1)
    named = {"prefect.resource.id": "thing.b", "prefect.resource.name": "B"}
    post(
        tenant,
        make_event("test.b", occurred=moment.isoformat(), resource=named),
        make_event("test.a"),
        make_event("test.b"),
    )
    by_name = tenant.ok("POST", "/events/count-by/event", {"filter": {"event": {"prefix": ["test."]}}})
    assert [(one["value"], one["label"], one["count"]) for one in by_name] == [
        ("test.b", "test.b", 2),
        ("test.a", "test.a", 1),
    ]
    assert datetime.fromisoformat(by_name[0]["start_time"]) == moment
    by_resource = tenant.ok("POST", "/events/count-by/resource", {"filter": {"event": {"prefix": ["test."]}}})
    assert [(one["value"], one["label"], one["count"]) for one in by_resource] == [
        ("test.thing", "test.thing", 2),
        ("thing.b", "B", 1),
    ]


def test_empty_stretches_of_time_are_counted_too(tenant: Tenant) -> None:
    post(tenant, *(make_event(occurred=f"2024-04-0{day}T12:00:00Z") for day in (1, 1, 3)))
    occurred = {"since": "2024-04-01T00:00:00Z", "until": "2024-04-03T23:00:00Z"}
    counts = tenant.ok("POST", "/events/count-by/day", {"filter": {"occurred": occurred}, "time_unit": "hour"})
    assert [(one["value"], one["label"], one["count"]) for one in counts] == [
        ("0", "2024-04-01T00:00:00+00:00", 2),
        ("1", "2024-04-02T00:00:00+00:00", 0),
        ("2", "2024-04-03T00:00:00+00:00", 1),
    ]


def test_too_many_stretches_are_refused(tenant: Tenant) -> None:
    occurred = {"since": "2024-04-01T00:00:00Z", "until": "2024-04-01T00:16:40Z"}
    answer = tenant.call("POST", "/events/count-by/time", {"filter": {"occurred": occurred}, "time_unit": "second"})
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": "The given interval would create 1001 buckets, which is too many. Please increase the interval or "
        "reduce the time range to produce 1000 buckets or fewer."
    }
