"""Variables in a real browser: edited in their row, an error at its field, in both themes."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.visitor import visit_as
from tests.world import Tenant

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@pytest.fixture
def signed_in(page: Page, tenant: Tenant) -> Page:
    session = visit_as(tenant).client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": tenant.url}])
    # Colours that are still changing have no contrast to speak of.
    page.emulate_media(reduced_motion="reduce")
    return page


def check_both_themes(page: Page) -> None:
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found = Axe().run(page, options=RULES).response["violations"]
        assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in found] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{page.url} scrolls sideways"
    page.set_viewport_size({"width": 1440, "height": 900})


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
