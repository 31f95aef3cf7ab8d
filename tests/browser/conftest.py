"""The system's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.visitor import visit_as
from tests.world import Tenant

# Playwright keeps an event loop running in this thread, which Django takes for asynchronous code; it is not.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MILLISECONDS = 15_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "no Chromium on the PATH: `make test` installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One person's browser; a script error or a broken content security policy fails the test that caused it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT_MILLISECONDS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def listen(message: ConsoleMessage) -> None:
        # axe-core styles the page it examines, which the policy rightly forbids.
        if "Content Security Policy" in message.text and "inline style" not in message.text:
            complaints.append(message.text)

    page.on("console", listen)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def signed_in(page: Page, tenant: Tenant) -> Page:
    session = visit_as(tenant).client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": tenant.url}])
    # Colours that are still changing have no contrast to speak of.
    page.emulate_media(reduced_motion="reduce")
    return page
