"""Notifications in a real browser: channels are tried, a policy is written, a failure is told and met."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.api.deploying import make_deployment, run
from tests.browser.looking import check_both_themes
from tests.contract.client import eventually
from tests.fakes.mail import FakeMail, fake_mail, make_certificate
from tests.fakes.receivers import SIGNING_SECRET, Receivers, fake_receivers
from tests.world import Tenant, make_flow, set_state

WORDS = "{{ flow.name }} broke: {{ state.message }}"


@pytest.fixture
def mail(tmp_path) -> Iterator[FakeMail]:
    with fake_mail(make_certificate(tmp_path), security="none", password="") as fake:
        yield fake


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    with fake_receivers() as fake:
        yield fake


def connect(page: Page, at: str, kind: str, **fields: str) -> None:
    """Fill in the form of a kind, try it, and save it. It is told nothing yet."""
    page.goto(f"{at}/new/{kind}")
    for label, value in fields.items():
        page.get_by_label(label.replace("_", " "), exact=False).first.fill(value)
    page.get_by_label("Failed or crashed").uncheck()
    if kind == "email":
        page.get_by_label("Encryption").select_option("none")
    page.get_by_role("button", name="Send test message").click()
    expect(page.get_by_text("The test message was delivered")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Notifications", exact=True)).to_be_visible()


def test_a_failure_is_told_in_words_from_the_editor_acknowledged_and_sent_again(
    signed_in: Page, tenant: Tenant, mail: FakeMail, receivers: Receivers
):
    page, at = signed_in, f"{tenant.ui_url}/notifications"
    server = {"To": "ops@example.com", "From": "sb@example.com", "SMTP_server": "127.0.0.1", "Port": str(mail.port)}
    connect(page, at, "email", Name="mail", **server)
    connect(page, at, "webhook", Name="hook", URL=f"{receivers.url}/signed", Signing_secret=SIGNING_SECRET)
    assert ([letter["Subject"][:4] for letter in mail.letters], len(receivers.got)) == (["TEST"], 1)

    page.get_by_role("navigation", name="New policy").get_by_role("link", name="Run fails", exact=True).click()
    pane = page.locator("#pane")
    expect(pane.get_by_text("Would have sent 0 messages in the last 7 days.")).to_be_visible()
    page.get_by_role("group", name="Channels").get_by_label("hook").check()
    page.get_by_role("group", name="Channels").get_by_label("mail").check()
    expect(pane).to_contain_text("When a run fails or crashes, tell hook and mail.")
    page.get_by_text("Write the message yourself").click()
    page.get_by_label("First line").fill("{{ flo.name }}")
    expect(page.locator("#fault-subject_template")).to_contain_text("There is nothing called flo.")
    page.get_by_label("First line").fill(WORDS)
    expect(pane).to_contain_text("example-flow broke: ValueError: this is an example")
    expect(page.locator("#fault-subject_template")).to_be_hidden()
    page.get_by_label("As it looks in").select_option(label="mail")
    expect(pane.get_by_text("Subject")).to_be_visible()
    pane.get_by_role("button", name="Send test message").click()
    expect(pane.get_by_text("The test message was delivered")).to_be_visible()
    assert mail.letters[1]["Subject"] == "TEST · example-flow broke: ValueError: this is an example"
    check_both_themes(page)
    page.get_by_label("Name", exact=True).fill("Failures")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Failures", exact=True)).to_be_visible()
    check_both_themes(page)

    flow = make_flow(tenant)
    made = run(tenant, make_deployment(tenant, flow_id=flow["id"]))
    set_state(tenant, made["id"], "RUNNING", force=True)
    set_state(tenant, made["id"], "FAILED", message="ValueError: no rows", force=True)
    eventually(lambda: len(mail.letters) == 3 and len(receivers.got) == 2, seconds=60, what="both messages")
    told = f"{flow['name']} broke: ValueError: no rows"
    assert (mail.letters[2]["Subject"], receivers.got[1].json["data"]["subject"]) == (told, told)
    assert receivers.complaints == []

    page.goto(f"{at}/alerts")
    page.get_by_role("cell").get_by_role("link", name=flow["name"]).click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(
        page.get_by_text(f"{tenant.user.email} acknowledged it").or_(page.get_by_text("In hand")).first
    ).to_be_visible()
    (alert,) = tenant.ok("POST", "/alerts/filter", {})
    assert (alert["state"], alert["count"]) == ("ACKNOWLEDGED", 1)

    page.goto(f"{at}/deliveries")
    page.get_by_role("row", name=re.compile("First message.*hook")).get_by_role("link").click()
    expect(page.get_by_text(told).first).to_be_visible()
    page.get_by_role("button", name="Send again").click()
    eventually(lambda: len(receivers.got) == 3, seconds=60, what="the message again")
    assert receivers.got[2].json["data"] == receivers.got[1].json["data"]
    assert receivers.got[2].headers["webhook-id"] != receivers.got[1].headers["webhook-id"]
