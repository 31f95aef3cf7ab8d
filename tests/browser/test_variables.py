"""Variables in a real browser: edited in their row, an error at its field, in both themes."""

from playwright.sync_api import Page, expect

from tests.browser.looking import check_both_themes
from tests.world import Tenant


def test_variables_have_no_violation(signed_in: Page, tenant: Tenant):
    page = signed_in
    tenant.ok("POST", "/variables/", {"name": "limit", "value": {"a": 1}, "tags": ["x"]})
    page.goto(f"{tenant.ui_url}/variables")
    page.get_by_text("Edit limit here").click()
    check_both_themes(page)
    page.get_by_label("Value as JSON").fill("{")
    page.get_by_label("Tags, with commas").fill("y")
    expect(page.get_by_text("This is not JSON")).to_be_visible()
    page.get_by_label("Value as JSON").fill("7")
    page.get_by_label("Value as JSON").blur()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The variable limit was saved.")).to_be_visible()
    assert tenant.ok("GET", "/variables/name/limit")["value"] == 7
    for path in ("/variables/new", "/variables/import"):
        page.goto(f"{tenant.ui_url}{path}")
        check_both_themes(page)
