"""Incidents at the door: declared, listed, read and resolved."""

from uuid import UUID

import pytest

from tests.world import Tenant


def states(tenant: Tenant, **asked: str) -> list[tuple[str, str]]:
    return [(one["name"], one["status"]) for one in tenant.ok("POST", "/incidents/filter", asked)]


def test_an_incident_is_declared_listed_and_resolved_once(tenant):
    first = tenant.ok("POST", "/incidents/", {"name": "first", "severity": "critical"})
    second = tenant.ok("POST", "/incidents/", {"name": "second"})
    assert (first["severity"], second["severity"], first["declared_by"]["type"]) == ("critical", "moderate", "USER")
    assert states(tenant) == [("second", "OPEN"), ("first", "OPEN")]
    resolved = tenant.ok("POST", f"/incidents/{first['id']}/resolve")
    assert (resolved["status"], resolved["resolved_by"]) == ("RESOLVED", first["declared_by"])
    assert tenant.call("POST", f"/incidents/{first['id']}/resolve").status_code == 409
    assert states(tenant, status="OPEN") == [("second", "OPEN")]
    assert tenant.ok("GET", f"/incidents/{first['id']}") == resolved
    asked = {"filter": {"event": {"prefix": ["prefect-cloud.incident."]}, "order": "ASC"}}
    told = [
        (one["event"], one["resource"]["prefect.resource.id"])
        for one in tenant.ok("POST", "/events/filter", asked)["events"]
    ]
    assert told == [
        ("prefect-cloud.incident.declared", f"prefect-cloud.incident.{first['id']}"),
        ("prefect-cloud.incident.declared", f"prefect-cloud.incident.{second['id']}"),
        ("prefect-cloud.incident.resolved", f"prefect-cloud.incident.{first['id']}"),
    ]


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("no name", {}),
        ("an empty name", {"name": ""}),
        ("a long name", {"name": "x" * 256}),
        ("an unknown severity", {"name": "x", "severity": "awful"}),
    ],
)
def test_what_is_no_incident_is_refused(tenant, _case, body):
    assert tenant.call("POST", "/incidents/", body).status_code == 422
    assert states(tenant) == []


def test_who_may_only_look_declares_and_resolves_nothing(tenant, viewer, stranger):
    made = tenant.ok("POST", "/incidents/", {"name": "first"})
    assert viewer.ok("GET", f"/incidents/{made['id']}") == made
    assert viewer.call("POST", f"/incidents/{made['id']}/resolve").status_code == 403
    assert viewer.call("POST", "/incidents/", {"name": "x"}).status_code == 403
    assert stranger.call("GET", f"/incidents/{made['id']}").status_code == 404
    assert tenant.call("GET", f"/incidents/{UUID(int=7)}").status_code == 404
    assert states(tenant) == [("first", "OPEN")]
