"""The feed, an event, an incident and a webhook's calls in a real browser: live, and fit for everybody."""

import httpx
from playwright.sync_api import Page, expect

from tests.browser.looking import check_both_themes
from tests.world import Tenant, make_flow, make_flow_run, set_state

TEMPLATE = '{"event": "job.{{ body.name }}", "resource": {"prefect.resource.id": "job"}}'


def test_what_happened_is_followed_from_the_feed_to_an_incident(signed_in: Page, tenant: Tenant):
    page, flow = signed_in, make_flow(tenant, name="train")["id"]
    make_flow_run(tenant, "RUNNING", flow_id=flow)
    page.goto(f"{tenant.ui_url}/events?event=prefect.flow-run.")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    run = make_flow_run(tenant, "RUNNING", flow_id=flow)
    set_state(tenant, run["id"], "FAILED")
    page.get_by_role("link", name="2 new events").click()
    expect(page.get_by_role("heading", name="3 events")).to_be_visible()
    check_both_themes(page)
    page.get_by_text("prefect.flow-run.Failed", exact=True).click()
    page.get_by_role("link", name="Link to this event").first.click()
    expect(page.get_by_role("link", name=run["name"], exact=True)).to_be_visible()
    check_both_themes(page)

    page.goto(f"{tenant.ui_url}/incidents")
    page.get_by_role("link", name="Declare an incident").click()
    page.get_by_label("What is wrong").fill("Training fails")
    page.get_by_label("About resource").fill(f"prefect.flow-run.{run['id']}")
    page.get_by_role("button", name="Declare").click()
    check_both_themes(page)
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("The incident is resolved.")).to_be_visible()

    hook = tenant.ok("POST", "/webhooks", {"name": "jobs", "template": TEMPLATE})
    httpx.post(f"{tenant.url}/hooks/{hook['slug']}", json={"name": "nightly"})
    page.goto(f"{tenant.ui_url}/webhooks/{hook['id']}")
    page.get_by_text("What came").click()
    check_both_themes(page)
    page.get_by_role("link", name="Try it on the template").click()
    page.get_by_role("button", name="Send sample").click()
    expect(page.get_by_text('"event": "job.nightly"')).to_be_visible()
