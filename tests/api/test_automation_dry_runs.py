"""An automation tried on the events that are there already."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

EVENT = {"type": "event", "posture": "Reactive", "expect": ["door.opened"]}


def report_events(tenant, *events):
    """Each `(seconds ago, name, resource)`; their ids."""
    now = datetime.now(UTC)
    sent = [
        {
            "id": str(uuid4()), "occurred": (now - timedelta(seconds=ago)).isoformat(), "event": name,
            "resource": {"prefect.resource.id": resource},
        }
        for ago, name, resource in events
    ]  # fmt: skip
    tenant.ok("POST", "/events", sent)
    return [one["id"] for one in sent]


def try_it(tenant, trigger, **fields):
    return tenant.ok("POST", "/automations/dry-run", {"name": "try", "trigger": trigger, **fields})


def test_it_tells_which_events_would_have_fired_and_why_others_would_not(tenant):
    opened, _, shut = report_events(
        tenant, (300, "door.opened", "front"), (200, "door.closed", "front"), (100, "door.opened", "back")
    )
    report = try_it(tenant, {**EVENT, "match": {"prefect.resource.id": "front"}})
    assert (report["fired"], report["events_read"], report["is_complete"]) == (1, 2, True)
    [firing] = report["firings"]
    assert (firing["event_id"], firing["event"], firing["resource_id"]) == (opened, "door.opened", "front")
    assert firing["triggered"] == firing["occurred"]
    [miss] = report["misses"]
    assert (miss["verdict"], miss["reason"], miss["times"], miss["event_id"]) == (
        "no", "match: prefect.resource.id is back, wanted front", 1, shut,
    )  # fmt: skip


def test_it_knows_windows_and_silence(tenant):
    first, *_ = report_events(
        tenant, (400, "beat", "x"), (380, "beat", "x"), (390, "beat", "y"), (375, "end", "y"), (10, "else", "z")
    )
    silence = {
        "type": "event", "posture": "Proactive", "within": 30, "after": ["beat"], "expect": ["beat", "end"],
        "for_each": ["prefect.resource.id"],
    }  # fmt: skip
    report = try_it(tenant, silence)
    [firing] = report["firings"]
    assert firing["triggering_labels"] == {"prefect.resource.id": "x"}
    assert (firing["event"], firing["resource_id"]) == ("beat", "x")
    lapsed = datetime.fromisoformat(firing["triggered"]) - datetime.fromisoformat(firing["occurred"])
    assert lapsed == timedelta(seconds=30)
    assert try_it(tenant, {**EVENT, "expect": ["beat"], "threshold": 3, "within": 60})["fired"] == 1
    assert try_it(tenant, {**EVENT, "expect": ["b*"], "threshold": 2})["fired"] == 1
    assert first not in [one["event_id"] for one in report["firings"]]


def test_it_looks_back_no_further_than_asked(tenant):
    report_events(tenant, (300, "door.opened", "front"), (30, "door.opened", "front"))
    assert try_it(tenant, EVENT)["fired"] == 2
    assert try_it(tenant, EVENT, since_seconds=60)["fired"] == 1


def test_it_changes_nothing_and_sees_no_other_workspace(tenant, stranger):
    report_events(stranger, (30, "door.opened", "front"))
    before = tenant.ok("POST", "/events/filter", {})["total"]
    assert try_it(tenant, EVENT)["fired"] == 0
    assert tenant.ok("POST", "/automations/count") == 0
    assert tenant.ok("POST", "/events/filter", {})["total"] == before


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("no trigger", {"name": "try"}),
        ("no time at all", {"name": "try", "trigger": EVENT, "since_seconds": 0}),
        ("too long ago", {"name": "try", "trigger": EVENT, "since_seconds": 10**9}),
        ("a metric", {"name": "try", "trigger": {
            "type": "metric", "metric": {"name": "successes", "threshold": 0.5, "operator": "<"}}}),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused(_case, body, tenant):
    assert tenant.call("POST", "/automations/dry-run", body).status_code == 422


def test_it_may_be_tried_by_those_who_may_make_it(tenant, viewer):
    assert viewer.call("POST", "/automations/dry-run", {"name": "try", "trigger": EVENT}).status_code == 403
