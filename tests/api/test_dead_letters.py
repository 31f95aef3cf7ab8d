"""Actions that were given up, at the door: listed with their reason, tried again, thrown away."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.world import Tenant, make_member, make_tenant


@pytest.fixture
def alice(server) -> Tenant:
    return make_tenant(server.url)


def actions(tenant: Tenant, **body: Any) -> list[dict[str, Any]]:
    return tenant.ok("POST", "/automations/actions/filter", body)


def wait_for(tenant: Tenant, **body: Any) -> dict[str, Any]:
    """The one action; the server evaluates and acts by itself."""
    deadline = time.monotonic() + 20
    while not (found := actions(tenant, **body)):
        assert time.monotonic() < deadline, actions(tenant)
        time.sleep(0.1)
    assert len(found) == 1
    return found[0]


def trip(tenant: Tenant, action: dict[str, Any] | None = None) -> str:
    """An automation whose action cannot be done, and the event that triggers it."""
    trigger = {"type": "event", "posture": "Reactive", "expect": ["tripped"]}
    body = {"name": "trap", "trigger": trigger, "actions": [action or {"type": "cancel-flow-run"}]}
    automation: str = tenant.ok("POST", "/automations/", body)["id"]
    event = {
        "id": str(uuid4()), "occurred": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": "tripped",
        "resource": {"prefect.resource.id": "wire.1"},
    }  # fmt: skip
    tenant.ok("POST", "/events", [event])
    return automation


def test_a_dead_letter_is_listed_tried_again_and_thrown_away(alice):
    automation = trip(alice)
    dead = wait_for(alice, status="DEAD")
    assert (dead["automation_id"], dead["automation_name"], dead["status"], dead["attempts"]) == (
        automation, "trap", "DEAD", 1,
    )  # fmt: skip
    assert dead["answer"] == "No flow run could be inferred"
    assert dead["action"] == {"type": "cancel-flow-run"}
    assert actions(alice, status="DONE") == actions(alice, automation_id=str(uuid4())) == []

    assert alice.call("POST", f"/automations/actions/{dead['id']}/retry").status_code == 204
    deadline = time.monotonic() + 20
    while len(wait_for(alice)["tries"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    again = wait_for(alice, automation_id=automation)
    assert (again["id"], again["status"]) == (dead["id"], "DEAD")
    assert [one["is_done"] for one in again["tries"]] == [False, False]

    assert alice.call("DELETE", f"/automations/actions/{dead['id']}").status_code == 204
    assert actions(alice) == []
    assert alice.call("POST", f"/automations/actions/{dead['id']}/retry").status_code == 404


def test_what_is_not_dead_stays(alice):
    trigger = {"type": "event", "posture": "Reactive", "expect": ["prefect-cloud.webhook.created"]}
    alice.ok("POST", "/automations/", {"name": "a", "trigger": trigger, "actions": [{"type": "do-nothing"}]})
    alice.ok("POST", "/webhooks/", {"name": "w", "template": "x"})
    done = wait_for(alice, status="DONE")
    assert alice.call("POST", f"/automations/actions/{done['id']}/retry").status_code == 409
    assert alice.call("DELETE", f"/automations/actions/{done['id']}").status_code == 409
    assert actions(alice) == [done]


def test_who_may_only_look_changes_nothing(alice):
    trip(alice)
    dead = wait_for(alice, status="DEAD")
    bob = make_member(alice, "Viewer")
    assert [one["id"] for one in actions(bob)] == [dead["id"]]
    assert bob.call("POST", f"/automations/actions/{dead['id']}/retry").status_code == 403
    assert bob.call("DELETE", f"/automations/actions/{dead['id']}").status_code == 403
    assert actions(alice) == [dead]
