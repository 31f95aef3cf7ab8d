"""A person on a new machine: sign up, workspace, key, a real client, the run while it happens, a message in Slack."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import check_accessibility
from tests.contract.client import PREFECT_3, Client
from tests.fakes.slack import FakeSlack, Reply

PASSWORD = "a sentence that nobody guesses"
LIVE_FLOW = """
import time
from prefect import flow, task

@task
def step(n):
    time.sleep(1.5)
    print(f"step {n} is done")
    return n

@flow(name="live", log_prints=True)
def live():
    for n in range(3):
        step(n)

live()
"""
FAILING_FLOW = """
from prefect import flow

@flow(name="forecast")
def forecast():
    raise ValueError("Matrix is singular: column 'discount' is constant")

try:
    forecast()
except ValueError:
    pass
"""
SLACK_SECONDS = 5.0


@pytest.fixture(scope="module")
def slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def world() -> SimpleNamespace:
    """What one step of the journey leaves for the next."""
    return SimpleNamespace()


def test_1_signing_up_leads_to_a_workspace(page: Page, server, world):
    page.goto(f"{server.url}/signup")
    check_accessibility(page)
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Create your first workspace")).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Name", exact=True).fill("Dev")
    page.get_by_role("button", name="Create workspace").click()
    page.wait_for_url("**/w/ada/dev/**")


def test_2_a_key_is_shown_once_with_what_to_copy(page: Page, server, world, tmp_path_factory):
    page.goto(f"{server.url}/w/ada/dev/keys/new")
    check_accessibility(page)
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    check_accessibility(page)
    text = page.locator("main").inner_text()
    key = re.search(r"sbu_[0-9A-Za-z]{49}", page.content())
    api_url = re.search(r'PREFECT_API_URL="([^"]+)"', text)
    assert key
    assert api_url
    assert f'PREFECT_CLOUD_API_URL="{server.url}/api"' in text
    assert "prefect worker start --pool my-pool" in text
    page.reload()
    assert key[0] not in page.content()
    folder = tmp_path_factory.mktemp("ada")
    tenant = SimpleNamespace(url=server.url, api_url=api_url[1], key=key[0])
    (folder / "home").mkdir()
    world.client = Client(PREFECT_3, folder / "home", tenant, folder)


def write(client: Client, name: str, source: str) -> Path:
    path = client.folder / name
    path.write_text(source)
    return path


def test_3_a_run_is_seen_while_it_happens(page: Page, server, world):
    client: Client = world.client
    page.goto(f"{server.url}/w/ada/dev/runs")
    expect(page.get_by_text("No runs yet")).to_be_visible()
    check_accessibility(page)
    script = write(client, "live.py", LIVE_FLOW)
    flow = subprocess.Popen([str(client.bin / "python"), str(script)], env=client.environment)
    try:
        row = page.get_by_role("row").filter(has_text="live")
        while not row.count():
            page.goto(f"{server.url}/w/ada/dev/runs")
            page.wait_for_timeout(200)
            assert flow.poll() in (None, 0)
        row.get_by_role("link").first.click()
        heading = page.get_by_role("main")
        expect(heading.get_by_text("Running").first).to_be_visible()
        # From here on nothing reloads the page: what appears was pushed.
        page.evaluate("window.notReloaded = true")
        expect(page.get_by_text("step 0 is done")).to_be_visible()
        expect(heading.get_by_text("Completed").first).to_be_visible(timeout=20_000)
        expect(page.get_by_text("step 2 is done")).to_be_visible()
        expect(heading.get_by_text(re.compile(r"^step-[0-9a-z]+")).first).to_be_visible()
        assert page.evaluate("window.notReloaded") is True
    finally:
        assert flow.wait(60) == 0
    check_accessibility(page)


def test_4_slack_is_connected_and_tested(page: Page, server, slack):
    page.goto(f"{server.url}/w/ada/dev/notifications")
    expect(page.get_by_text("Nobody is told when runs fail.")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Connect Slack").first.click()
    page.get_by_role("textbox", name="Webhook URL").fill(slack.url)
    page.get_by_role("button", name="Send test message").click()
    expect(page.get_by_text("The test message was delivered")).to_be_visible()
    (test,) = slack.wait(1, SLACK_SECONDS)
    assert "TEST" in str(test.body)
    expect(page.get_by_label("Failed or crashed")).to_be_checked()
    check_accessibility(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/notifications")
    assert slack.url not in page.content()


def test_5_a_failing_flow_posts_to_slack_within_five_seconds(page: Page, server, slack, world):
    client: Client = world.client
    client.run("python", str(write(client, "failing.py", FAILING_FLOW)))
    ended = time.monotonic()
    posts = slack.wait(2, SLACK_SECONDS)
    took = time.monotonic() - ended
    assert len(posts) == 2, "one test and one failure"
    assert took < SLACK_SECONDS
    message = str(posts[1].body)
    assert "forecast" in message
    assert "Matrix is singular" in message
    page.goto(f"{server.url}/w/ada/dev/notifications")
    deliveries = page.get_by_role("region", name="Deliveries")
    expect(deliveries.get_by_text("Delivered").first).to_be_visible()
    expect(deliveries.get_by_text("forecast").first).to_be_visible()


def test_6_the_failed_run_says_what_went_wrong_first(page: Page, server):
    page.goto(f"{server.url}/w/ada/dev/runs?state=failed")
    page.get_by_role("row").filter(has_text="forecast").get_by_role("link").first.click()
    error = page.get_by_text("Matrix is singular: column 'discount' is constant").first
    # On the first screen, without scrolling.
    expect(error).to_be_in_viewport()
    check_accessibility(page)


def test_7_slack_s_refusal_is_listed_in_slack_s_words(page: Page, server, slack, world):
    slack.replies.append(Reply(404, "no_service"))
    # Another flow: the same one's second failure within a quarter of an hour would only be counted.
    source = FAILING_FLOW.replace('name="forecast"', 'name="invoices"')
    world.client.run("python", str(write(world.client, "failing_too.py", source)))
    assert len(slack.wait(3, SLACK_SECONDS)) == 3
    page.goto(f"{server.url}/w/ada/dev/notifications")
    expect(page.get_by_text("no_service").first).to_be_visible()
    check_accessibility(page)


@pytest.mark.parametrize("path", ["", "runs", "flows", "deployments", "pools", "workers", "notifications", "keys"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_8_every_page_is_accessible_in_both_themes(page: Page, server, theme, path):
    page.context.add_cookies([{"name": "theme", "value": theme, "url": server.url}])
    answer = page.goto(f"{server.url}/w/ada/dev/{path}")
    assert answer
    assert answer.status == 200
    check_accessibility(page)


def test_9_signing_out_closes_every_page(page: Page, server):
    page.context.clear_cookies(name="session")
    page.goto(f"{server.url}/w/ada/dev/runs")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
