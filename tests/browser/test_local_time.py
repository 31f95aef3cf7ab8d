"""The browser tells its time zone by itself, and the next page is in it."""

from django.conf import settings
from playwright.sync_api import expect

from tests.visitor import visit_as


def test_the_second_page_is_in_the_zone_of_the_browser_s_clock(browser, tenant):
    context = browser.new_context(timezone_id="America/New_York")
    session = visit_as(tenant).client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": tenant.url}])
    page = context.new_page()
    told = []
    for _ in range(2):
        page.goto(f"{tenant.ui_url}/runs")
        told.append(page.locator("footer").inner_text())
    assert told == ["Times in UTC", "Times in America/New_York"]
    page.locator(".person > summary").click()
    page.get_by_role("button", name="UTC", exact=True).click()
    expect(page.locator("footer")).to_contain_text("Times in UTC", timeout=15_000)
    page.reload()
    expect(page.locator("footer")).to_contain_text("Times in UTC", timeout=15_000)
    context.close()
