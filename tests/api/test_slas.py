"""Service levels at the door: applied as a whole, told apart by their fields."""

import pytest

from tests.world import Tenant, make_tenant


@pytest.fixture
def alice(server) -> Tenant:
    return make_tenant(server.url)


@pytest.fixture
def owner(alice) -> str:
    flow = alice.ok("POST", "/flows/", {"name": "f"})["id"]
    return f"prefect.deployment.{alice.ok('POST', '/deployments/', {'name': 'd', 'flow_id': flow})['id']}"


def names(merge: dict) -> dict:
    return {what: [level["name"] for level in levels] for what, levels in merge.items()}


def test_levels_are_merged_by_name(alice, owner):
    apply = f"/slas/apply-resource-slas/{owner}"
    first = [
        {"name": "a", "duration": 60, "owner_resource": owner},
        {"name": "b", "within": 600.0, "severity": "critical"},
    ]
    assert names(alice.ok("POST", apply, first)) == {"created": ["a", "b"], "updated": [], "deleted": []}
    second = [{"name": "b", "within": 300}, {"name": "c", "stale_after": 3600, "enabled": False}]
    assert names(alice.ok("POST", apply, second)) == {"created": ["c"], "updated": ["b"], "deleted": ["a"]}
    there = alice.ok("GET", f"/slas/by-owner/{owner}")
    assert [(one["name"], one["type"], one["severity"], one["enabled"], one["details"]) for one in there] == [
        ("b", "LatenessSla", "moderate", True, {"within": 300.0}),
        ("c", "FrequencySla", "moderate", False, {"stale_after": 3600.0}),
    ]
    assert names(alice.ok("POST", apply, [])) == {"created": [], "updated": [], "deleted": ["b", "c"]}
    assert alice.ok("POST", "/slas/filter", {}) == []


def test_a_level_is_made_changed_and_deleted(alice, owner):
    body = {
        "name": "by six",
        "finish_by": "06:00",
        "timezone": "Europe/Berlin",
        "days": ["mon"],
        "owner_resource": owner,
    }
    made = alice.ok("POST", "/slas/", body)
    assert made["details"] == {"finish_by": "06:00", "since": "00:00", "timezone": "Europe/Berlin", "days": ["mon"]}
    assert alice.call("POST", "/slas/", body).status_code == 409
    assert alice.call("PATCH", f"/slas/{made['id']}", {"enabled": False}).status_code == 204
    assert alice.ok("GET", f"/slas/{made['id']}")["enabled"] is False
    assert alice.call("DELETE", f"/slas/{made['id']}").status_code == 204
    assert alice.call("GET", f"/slas/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("_case", "level"),
    [
        ("no shape", {}),
        ("two shapes", {"duration": 1, "within": 1}),
        ("not a length", {"duration": 0}),
        ("a match without an event", {"within": 1, "resource_match": {"a": "b"}}),
        ("an event without a length", {"duration": 1, "expected_event": "x"}),
        ("no time of day", {"start_by": "24:00"}),
        ("no time zone", {"start_by": "06:00", "timezone": "Mars/Base"}),
        ("a path for a time zone", {"start_by": "06:00", "timezone": "../../etc/passwd"}),
        ("no day", {"start_by": "06:00", "days": []}),
        ("a severity of one's own", {"duration": 1, "severity": "dire"}),
        ("an unknown key", {"duration": 1, "colour": "red"}),
    ],
)
def test_what_is_no_service_level_is_refused(alice, owner, _case, level):
    answer = alice.call("POST", f"/slas/apply-resource-slas/{owner}", [{"name": "n", **level}])
    assert answer.status_code == 422, answer.text
    assert alice.ok("POST", "/slas/filter", {}) == []


@pytest.mark.parametrize(
    ("_case", "resource", "status"),
    [
        ("no deployment", "prefect.deployment.00000000-0000-0000-0000-000000000007", 404),
        ("something else", "prefect.flow.00000000-0000-0000-0000-000000000007", 422),
        ("no id", "prefect.deployment.x", 422),
    ],
)
def test_levels_belong_to_a_deployment(alice, _case, resource, status):
    assert alice.call("POST", f"/slas/apply-resource-slas/{resource}", []).status_code == status


def test_names_are_unique(alice, owner):
    twice = [{"name": "a", "duration": 1}, {"name": "a", "within": 1}]
    assert alice.call("POST", f"/slas/apply-resource-slas/{owner}", twice).status_code == 409
    assert alice.ok("POST", "/slas/filter", {}) == []


def test_default_alerts_are_set_listed_and_taken_away(alice):
    url = f"http://127.0.0.1:9/services/T00000000/B00000000/{'x' * 24}"
    body = {"name": "ops", "kind": "slack", "settings": {"url": url}}
    channel = alice.ok("POST", "/notification_channels/", body)["id"]
    made = alice.ok("POST", "/slas/default", {"sla_severities": ["high", "critical"], "block_id": channel})
    assert [(one["severity"], one["block_id"]) for one in made] == [("critical", channel), ("high", channel)]
    assert alice.ok("GET", "/slas/default/list") == made
    again = alice.ok("POST", "/slas/default", {"sla_severities": ["high"], "block_id": channel})
    assert [one["id"] for one in again] == [made[1]["id"]]
    assert alice.call("DELETE", "/slas/default/high").status_code == 204
    assert alice.call("DELETE", "/slas/default/high").status_code == 404
    assert alice.ok("GET", "/slas/default/critical") == made[0]
    assert alice.call("GET", "/slas/default/high").status_code == 404
    refused = alice.call("POST", "/slas/default", {"sla_severities": [], "block_id": channel})
    assert (refused.status_code, len(alice.ok("GET", "/slas/default/list"))) == (422, 1)
