"""An automation in a real browser: made from a template, tried, seen firing, paused."""

from playwright.sync_api import Page, expect

from tests.api.deploying import make_deployment, run
from tests.browser.looking import check_both_themes
from tests.contract.client import eventually
from tests.world import Tenant

HEALING = "healing"


def fail(tenant: Tenant, deployment: dict) -> str:
    flow_run = run(tenant, deployment)
    for type in ("RUNNING", "FAILED"):
        body = {"state": {"type": type}, "force": True}
        tenant.ok("POST", f"/flow_runs/{flow_run['id']}/set_state", body)
    return str(flow_run["id"])


def runs_of(tenant: Tenant, deployment: dict) -> list[dict]:
    body = {"deployments": {"id": {"any_": [deployment["id"]]}}}
    return tenant.ok("POST", "/flow_runs/filter", body)


def test_a_failed_run_starts_another_deployment(signed_in: Page, tenant: Tenant):
    page = signed_in
    breaking = make_deployment(tenant, name="breaking", tags=["prod"])
    healing = make_deployment(tenant, name=HEALING)
    fail(tenant, breaking)

    page.goto(f"{tenant.ui_url}/automations")
    check_both_themes(page)
    page.get_by_role("link", name="Run fails").click()
    # The sentence: what it does when is all here, and what it would have done is said beside it.
    page.get_by_label("Of deployment").select_option(breaking["id"])
    page.get_by_role("button", name="Remove action 1").click()
    expect(page.get_by_text("It does nothing yet.")).to_be_visible()
    page.get_by_label("Another action").select_option(label="Run a deployment")
    page.get_by_role("button", name="Add action").click()
    action = page.get_by_role("group", name="1. Run a deployment")
    action.get_by_label("Deployment", exact=True).select_option(healing["id"])
    page.get_by_role("button", name="Try it on the last seven days").click()
    expect(page.get_by_text("Would have fired 1 time.")).to_be_visible()
    check_both_themes(page)
    page.get_by_label("Name").fill("Heal what breaks")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Heal what breaks")).to_be_visible()
    expect(page.get_by_text("Armed")).to_be_visible()
    assert runs_of(tenant, healing) == []

    fail(tenant, breaking)
    (healed,) = eventually(lambda: runs_of(tenant, healing), seconds=60, what="the run that heals")
    assert healed["created_by"]["type"] == "AUTOMATION"
    eventually(lambda: page.reload() and page.get_by_text("Done", exact=True).count(), seconds=15, what="the result")
    expect(page.get_by_text("Fired")).to_be_visible()
    check_both_themes(page)

    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused").first).to_be_visible()
    (kept,) = tenant.ok("POST", "/automations/filter", {})
    assert (kept["name"], kept["enabled"]) == ("Heal what breaks", False)
    for path in ("/webhooks", "/webhooks/new", "/events"):
        page.goto(f"{tenant.ui_url}{path}")
        check_both_themes(page)
