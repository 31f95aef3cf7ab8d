"""Blocks in a real browser: a form of every kind of field, an error at its field, a secret that nobody touches."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browser.looking import check_both_themes, check_rules
from tests.pages.blocks_made import make_types
from tests.pages.parameters_made import make_parametrised
from tests.world import Tenant


@contextmanager
def drawn_anew(page: Page) -> Iterator[None]:
    """The form comes back from the server; what is typed before it stands would be lost."""
    settled = "new Promise(done => document.addEventListener('htmx:afterSettle', () => done(), {once: true}))"
    page.evaluate(f"window.settled = {settled}; 0")
    yield
    page.evaluate("window.settled")


def press(page: Page, name: str) -> None:
    """A button inside the form: the form comes back with it done."""
    with drawn_anew(page):
        page.get_by_role("button", name=name, exact=True).click()


def fill_in(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_label("Title", exact=True).fill("First")
    page.get_by_label("Password", exact=True).fill("s3cret-one")
    page.get_by_label("high", exact=True).check()
    page.get_by_text("Tags (optional)").click()
    press(page, "Add to Tags")
    page.get_by_label("Tags 1", exact=True).fill("a")
    retries = page.get_by_role("group", name="Retries", exact=True)
    retries.get_by_label("Attempts").fill("12")
    page.locator("#f-data_2f_retries_2f_token").fill("s3cret-two")
    page.get_by_text("Headers (optional)").click()
    press(page, "Add to Headers")
    headers = page.get_by_role("group", name="Headers", exact=True)
    headers.get_by_label("Name", exact=True).fill("x-key")
    headers.locator("input[type=password]").fill("s3cret-three")
    page.get_by_text("Told (optional)").click()
    with drawn_anew(page):
        page.get_by_label("Kind", exact=True).select_option(label="By e-mail")
    page.get_by_label("To", exact=True).fill("ada@example.com")
    page.locator("#f-data_2f_storage").select_option(label="here")
    page.locator("#f-data_2f_since").fill("2026-03-01T08:30:00")
    page.locator("#f-data_2f_day").fill("2026-03-02")
    page.locator("#f-data_2f_wait").fill("1h 30m")
    page.locator("#f-data_2f_free").fill("[1, null]")


def test_a_block_is_made_corrected_changed_cloned_and_deleted(signed_in: Page, tenant: Tenant):
    page = signed_in
    made = make_types(tenant)
    page.goto(f"{tenant.ui_url}/blocks/types")
    check_both_themes(page)
    page.get_by_role("link", name="Everything").click()
    page.get_by_text("optional fields").click()
    check_both_themes(page)
    fill_in(page)

    # The browser finds the limit first, at the field.
    page.get_by_role("button", name="Save").last.click()
    attempts = page.get_by_role("group", name="Retries", exact=True).get_by_label("Attempts")
    expect(page.get_by_text("This must be 9 or less.")).to_be_visible()
    expect(attempts).to_be_focused()
    # Then the server what only it knows: the form comes back with all that was typed, the secret too.
    attempts.fill("3")
    page.locator("#f-data_2f_wait").fill("long")
    press_save(page)
    expect(page.get_by_role("heading", name="One field needs your attention")).to_be_visible()
    check_both_themes(page)
    page.get_by_role("link", name="Wait").click()
    expect(page.locator("#f-data_2f_wait")).to_be_focused()
    page.locator("#f-data_2f_wait").fill("1h 30m")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    check_both_themes(page)
    id = page.url.rpartition("/")[2]
    expected = {
        "title": "First", "password": "s3cret-one", "level": "high", "active": True, "limit": 5, "tags": ["a"],
        "retries": {"attempts": 3, "token": "s3cret-two"}, "headers": {"x-key": "s3cret-three"},
        "told": {"kind": "email", "to": "ada@example.com"}, "storage": {"path": "/tmp"},
        "since": "2026-03-01T08:30:00Z", "day": "2026-03-02", "wait": 5400, "free": [1, None],
    }  # fmt: skip
    assert stored(tenant, id) == expected

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Title", exact=True).fill("Second")
    assert "s3cret" not in page.content()
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(f"**/blocks/{id}")
    assert stored(tenant, id) == {**expected, "title": "Second"}

    page.get_by_role("link", name="Clone").click()
    page.get_by_label("Name", exact=True).first.fill("other")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("heading", name="other")).to_be_visible()
    assert stored(tenant, page.url.rpartition("/")[2]) == {**expected, "title": "Second"}

    page.get_by_role("link", name="Delete…").click()
    check_both_themes(page)
    page.get_by_role("button", name="Delete block").click()
    expect(page.get_by_role("link", name="mine")).to_be_visible()
    check_both_themes(page)
    names = [row["name"] for row in tenant.ok("POST", "/block_documents/filter", {})]
    assert sorted(names) == ["here", "mine"]
    assert made["here"]


def test_what_a_field_refers_to_is_made_in_a_drawer_and_a_draft_outlives_the_session(signed_in: Page, tenant: Tenant):
    page = signed_in
    make_types(tenant)
    at = f"{tenant.ui_url}/blocks/types/everything/new"
    page.goto(at)
    page.get_by_text("optional fields").click()
    page.get_by_label("Title", exact=True).fill("First")
    page.get_by_label("Password", exact=True).fill("s3cret-one")
    page.locator("a[data-drawer]").click()
    drawer = page.locator("#nested-form")
    drawer.get_by_label("Name", exact=True).fill("Not So")
    drawer.get_by_role("button", name="Save").last.click()
    expect(drawer.get_by_text("Use lowercase letters, numbers and dashes only.")).to_be_visible()
    check_rules(page)
    drawer.get_by_label("Name", exact=True).fill("there")
    drawer.get_by_label("Path").fill("/srv")
    drawer.get_by_role("button", name="Save").last.click()
    expect(drawer).to_have_count(0)
    expect(page.locator("#f-data_2f_storage option:checked")).to_have_text("there")
    expect(page.get_by_label("Password", exact=True)).to_have_value("s3cret-one")

    cookies = page.context.cookies()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.get_by_label("high", exact=True).check()
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url("**/login?next=**")
    page.context.add_cookies(cookies)
    page.goto(at)
    with drawn_anew(page):
        page.get_by_role("button", name="Take it up again").click()
    expect(page.get_by_label("Title", exact=True)).to_have_value("First")
    expect(page.get_by_label("Name", exact=True)).to_have_value("mine")
    assert "s3cret" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.get_by_label("Password", exact=True).fill("s3cret-two")
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    saved = stored(tenant, page.url.rpartition("/")[2])
    assert (saved["title"], saved["password"], saved["storage"]) == ("First", "s3cret-two", {"path": "/srv"})
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('draft:'))") == []


def test_a_run_is_started_with_other_parameters(signed_in: Page, tenant: Tenant):
    page, id = signed_in, make_parametrised(tenant)
    page.goto(f"{tenant.ui_url}/deployments/{id}")
    check_both_themes(page)
    page.get_by_role("link", name="Run…").click()
    page.get_by_text("optional fields").click()
    check_both_themes(page)
    page.get_by_label("eu", exact=True).check()
    page.get_by_label("limit", exact=True).fill("0")
    page.locator("#f-p_2f_ratio").fill("0.25")
    page.get_by_label("dry", exact=True).check()
    page.locator("#f-p_2f_since").fill("2026-03-01T08:30:00")
    page.locator("#f-p_2f_day").fill("2026-03-02")
    page.get_by_text("names (optional)").click()
    press(page, "Add to names")
    page.get_by_label("names 1", exact=True).fill("a")
    page.get_by_text("labels (optional)").click()
    press(page, "Add to labels")
    labels = page.get_by_role("group", name="labels", exact=True)
    labels.get_by_label("Name", exact=True).fill("team")
    labels.get_by_label("Value", exact=True).fill("data")
    page.get_by_text("source (optional)").click()
    with drawn_anew(page):
        page.get_by_label("Kind", exact=True).select_option(label="Text")
    page.locator("#f-p_2f_source_2f__40_1").fill("12")
    page.locator("#f-p_2f_windows_2f_0_2f_zeta").fill("7")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("This must be 1 or more.")).to_be_visible()
    expect(page.get_by_label("limit", exact=True)).to_be_focused()
    page.get_by_label("limit", exact=True).fill("5")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/runs/*")
    run = tenant.ok("GET", f"/flow_runs/{page.url.rpartition('/')[2]}")
    assert run["parameters"] == {
        "region": "eu", "limit": 5, "ratio": 0.25, "dry": True, "since": "2026-03-01T08:30:00Z", "day": "2026-03-02",
        "names": ["a"], "windows": [{"zeta": 7, "alpha": "x"}], "labels": {"team": "data"}, "source": "12",
        "token": "s3cret-token",
    }  # fmt: skip


def press_save(page: Page) -> None:
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Save").last.click()


def stored(tenant: Tenant, id: str) -> dict:
    return tenant.ok("GET", f"/block_documents/{id}?include_secrets=true")["data"]
