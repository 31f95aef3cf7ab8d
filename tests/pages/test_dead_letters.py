"""Actions of automations that were given up, on the page of the automation: tried again once, or thrown away."""

from typing import Any

import pytest

from tests.api.test_dead_letters import actions, trip, wait_for
from tests.visitor import visit_as, words_of
from tests.world import Tenant, make_flow, make_member


def page_of(tenant: Tenant, automation: str) -> str:
    return f"{tenant.ui_url}/automations/{automation}"


def refused_deployment(tenant: Tenant) -> str:
    """One that takes no run without a parameter."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    body: dict[str, Any] = {"name": "nightly", "flow_id": make_flow(tenant)["id"]}
    body |= {"parameter_openapi_schema": schema, "enforce_parameter_schema": True}
    made: str = tenant.ok("POST", "/deployments/", body)["id"]
    return made


def test_a_run_that_was_not_made_is_made_once_however_often_retry_is_pressed(tenant):
    deployment = refused_deployment(tenant)
    automation = trip(
        tenant, {"type": "run-deployment", "source": "selected", "deployment_id": deployment, "parameters": {}}
    )
    dead, visitor = wait_for(tenant, status="DEAD"), visit_as(tenant)
    page, button = page_of(tenant, automation), f"{page_of(tenant, automation)}/actions/{dead['id']}"
    assert "1 action failed each time. Retry or discard below." in words_of(visitor.get(page))
    tenant.ok("PATCH", f"/deployments/{deployment}", {"enforce_parameter_schema": False})
    shown = visitor.get(page)
    presses = [visitor.press(shown, button, action="retry").status_code for _ in range(3)]
    assert presses == [302] * 3
    done = wait_for(tenant, status="DONE")
    assert (done["id"], [one["is_done"] for one in done["tries"]]) == (dead["id"], [False, True])
    of_deployment = {"deployments": {"id": {"any_": [deployment]}}}
    assert tenant.ok("POST", "/flow_runs/count", of_deployment) == 1
    after = words_of(visitor.get(page))
    assert ("failed each time" in after, "Only an action that was given up can be tried again" in after) == (
        False,
        True,
    )
    visitor.press(shown, button, action="retry")
    assert tenant.ok("POST", "/flow_runs/count", of_deployment) == 1


def test_what_is_thrown_away_is_gone_and_pressing_again_changes_nothing(tenant):
    automation = trip(tenant)
    dead, visitor = wait_for(tenant, status="DEAD"), visit_as(tenant)
    shown = visitor.get(page_of(tenant, automation))
    for _ in range(2):
        visitor.press(shown, f"{page_of(tenant, automation)}/actions/{dead['id']}", action="discard")
    assert actions(tenant) == []


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_a_viewer_changes_no_dead_letter(tenant, action):
    automation = trip(tenant)
    dead, bob = wait_for(tenant, status="DEAD"), make_member(tenant, "Viewer")
    visitor = visit_as(bob)
    shown = visitor.get(page_of(tenant, automation))
    path = f"{page_of(tenant, automation)}/actions/{dead['id']}"
    assert visitor.press(shown, path, action=action).status_code == 403
    assert actions(tenant) == [dead]
