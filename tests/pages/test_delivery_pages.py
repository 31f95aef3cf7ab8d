"""The delivery log and the page of one message, as a signed-in person uses them, without JavaScript."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID, uuid4

import msgspec
import pytest
from standardwebhooks import Webhook

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Channel, Outbox
from notifications.services import channels
from notifications.services.samples import sample_message
from tests.fakes.slack import Reply
from tests.notified import make_block
from tests.pages.test_channel_pages import opened_alert
from tests.pages.test_notifications import alice, at, browser, connected, rows, slack, words_of
from tests.world import Tenant, make_member, make_tenant
from workspaces.models import AuditEntry

__all__ = ["alice", "slack"]

ROUTING_KEY = "abcdef0123456789abcdef0123456789"
SIGNING_SECRET = "whsec_" + b64encode(b"k" * 32).decode()
BOT_TOKEN = "xoxb-12345678-secret"
# By kind: what to set it up with, and what must not be seen anywhere.
KINDS = [
    ("slack-app", {"token": BOT_TOKEN, "channel": "C0123456", "team_id": "T1", "team": "Acme"}, [BOT_TOKEN]),
    ("webhook", {"url": "https://hooks.example.com/s3cret-path", "signing_secret": SIGNING_SECRET,
                 "headers": {"X-Key": "header-s3cret"}}, ["s3cret", SIGNING_SECRET]),
    ("pagerduty", {"routing_key": ROUTING_KEY}, [ROUTING_KEY]),
    ("opsgenie", {"api_key": "opsgenie-s3cret", "teams": ["data"]}, ["opsgenie-s3cret"]),
    ("discord", {"url": "https://discord.com/api/webhooks/1/discord-s3cret"}, ["discord-s3cret"]),
    ("teams", {"url": "https://a.logic.azure.com/workflows/teams-s3cret"}, ["teams-s3cret"]),
    ("mattermost", {"url": "https://chat.example.com/hooks/matter-s3cret"}, ["matter-s3cret"]),
    ("telegram", {"token": "123456:telegram-s3cret-telegram-s3cret-xx", "chat_id": "-100123"}, ["telegram-s3cret"]),
    ("twilio", {"account_sid": "AC" + "0" * 32, "auth_token": "twilios3cret", "sender": "+15550100",
                "to": ["+15550101"]}, ["twilios3cret"]),
    ("sendgrid", {"api_key": "sendgrid-s3cret", "sender": "a@example.com", "to": ["b@example.com"]},
     ["sendgrid-s3cret"]),
    ("request", {"url": "https://example.com/{{token}}", "json_text": '{"text": "{{subject}} {{token}}"}',
                 "secrets": {"token": "request-s3cret"}}, ["request-s3cret"]),
    ("apprise", {"url": "ntfys://ntfy.sh/apprise-s3cret"}, ["apprise-s3cret"]),
]  # fmt: skip


def make_channel(tenant: Tenant, kind: str, settings: dict) -> Channel:
    """Stored without asking whether its host can be reached from here."""
    with workspace_transaction(tenant.workspace_id):
        found = channels.kind_of(kind)
        given = msgspec.convert(settings, found.settings)
        return channels.create_channel(tenant.workspace_id, kind=kind, name=f"my {kind}", settings=given)


def make_message(tenant: Tenant, channel_id: UUID | None, **fields) -> Outbox:
    now = datetime.now(UTC)
    message = sample_message(tenant.workspace_id, account=tenant.account.handle, handle=tenant.workspace.handle)
    values = {"key": f"key:{uuid4()}", "payload": msgspec.to_builtins(message), "what": "opened",
              "next_attempt": now + timedelta(hours=1), "attempts": 1, "answer": "HTTP 500",
              "tries": [{"number": 1, "at": now.isoformat(), "seconds": 0.2, "answer": "HTTP 500",
                         "is_delivered": False}]}  # fmt: skip
    with workspace_transaction(tenant.workspace_id):
        made: Outbox = Outbox.objects.create(
            workspace_id=tenant.workspace_id, channel_id=channel_id, **{**values, **fields}
        )
    return made


@pytest.mark.parametrize(("_case", "given", "secrets"), KINDS)
def test_a_message_is_shown_as_its_kind_lays_it_out_and_without_secrets(alice, _case, given, secrets):
    made = make_message(alice, make_channel(alice, _case, given).id)
    response = browser(alice).get(at(alice, f"/deliveries/{made.id}"))
    shown = unescape(response.content.decode())
    assert "example-flow / example-run failed" in words_of(response)
    assert "Next attempt in" in words_of(response)
    assert made.key in shown
    assert [secret for secret in secrets if secret in shown] == []


def test_a_slack_message_is_a_picture_of_its_blocks_and_the_same_as_json(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    client.post(at(alice, f"/channels/{channel.id}/test"))
    (sent,) = rows(alice, Outbox)
    response = client.get(at(alice, f"/deliveries/{sent.id}"))
    shown = response.content.decode()
    picture = shown.partition('class="slack-message"')[2].partition("</section>")[0]
    assert "<b>TEST · ❌ example-flow / example-run failed</b>" in picture
    assert 'data-state="failed"' in picture
    assert ["Open run" in picture, "Logs" in picture] == [True, True]
    body = response.context["rendered"].body
    assert slack.posts[0].body == body
    assert json.loads(response.context["payload"]) == body
    assert "200 ok" in words_of(response)


def test_a_button_that_acts_in_slack_is_drawn_and_what_it_stands_for_is_not_shown(alice):
    channel = make_channel(alice, *KINDS[0][:2])
    message = sample_message(alice.workspace_id, account="a", handle="b")
    payload = msgspec.to_builtins(msgspec.structs.replace(message, flow_run_id=uuid4(), is_test=False))
    made = make_message(alice, channel.id, payload=payload)
    response = browser(alice).get(at(alice, f"/deliveries/{made.id}"))
    actions = response.context["rendered"].body["attachments"][0]["blocks"][-1]["elements"]
    assert [(one["text"]["text"], one.get("value")) for one in actions] == [
        ("Retry", "signed"), ("Pause schedule", "signed"), ("Open run", None), ("Logs", None)
    ]  # fmt: skip
    assert '<span class="slack-button" title="Works in Slack">Retry</span>' in response.content.decode()


def test_a_letter_is_shown_in_a_frame_that_can_do_nothing(alice):
    settings = {"to": ["ops@example.com"], "sender": "sb@example.com", "host": "mail.example.com", "password": "pa55w"}
    channel = make_channel(alice, "email", settings)
    message = sample_message(alice.workspace_id, account="a", handle="b")
    evil = msgspec.structs.replace(message, state_message="<script>alert(1)</script>")
    made = make_message(alice, channel.id, payload=msgspec.to_builtins(evil))
    client, path = browser(alice), at(alice, f"/deliveries/{made.id}")
    response = client.get(path)
    assert f'src="{path}/letter" sandbox' in response.content.decode()
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "As plain text TEST · ❌ example-flow / example-run failed" in words_of(response)
    letter = client.get(f"{path}/letter")
    policy = {part.split()[0]: part.split()[1:] for part in letter["Content-Security-Policy"].split(";")}
    assert policy == {
        "default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"], "sandbox": [],
    }  # fmt: skip
    assert letter["X-Frame-Options"] == "SAMEORIGIN"
    assert "<script" not in letter.content.decode()
    assert "&lt;script&gt;alert(1)" in letter.content.decode()
    assert "pa55w" not in (response.content + letter.content).decode()
    stranger = browser(make_tenant("http://testserver", "charlie"))
    assert (stranger.get(path).status_code, stranger.get(f"{path}/letter").status_code) == (404, 404)


def test_other_messages_are_no_letters(alice):
    made = make_message(alice, make_channel(alice, "pagerduty", {"routing_key": ROUTING_KEY}).id)
    assert browser(alice).get(at(alice, f"/deliveries/{made.id}/letter")).status_code == 404


def test_a_message_to_a_slack_block_is_drawn_like_slack(alice):
    block = make_block(alice, "slack-webhook", {"url": "https://hooks.slack.com/services/T1/B1/block-s3cret"})
    made = make_message(alice, None, block_document_id=block)
    shown = browser(alice).get(at(alice, f"/deliveries/{made.id}")).content.decode()
    assert ("slack-headline" in shown or "slack-section" in shown, "block-s3cret" in shown) == (True, False)


FILTERS = [
    ("everything", "", {0, 1, 2, 3}),
    ("delivered", "?result=DELIVERED", {0}),
    ("given up", "?result=FAILED", {1}),
    ("a kind of channel", "?kind=pagerduty", {3}),
    ("a kind of message", "?what=edit", {2}),
    ("one alert", "?alert={alert}", {1}),
    ("one run", "?run={run}", {0}),
    ("the last hour", "?when=1h", {1, 2, 3}),
    ("from", "?from={yesterday}", {1, 2, 3}),
    ("until", "?to={yesterday}", {0}),
    ("two at once", "?kind=slack&when=24h", {1, 2}),
    ("nonsense", "?result=x&kind=x&what=x&when=x&from=x&to=x&alert=x&policy=x", {0, 1, 2, 3}),
]


@pytest.mark.parametrize(("_case", "query", "expected"), FILTERS)
def test_the_log_is_filtered(alice, slack, _case, query, expected):
    client = browser(alice)
    channel = connected(client, alice, slack)
    pager = make_channel(alice, "pagerduty", {"routing_key": ROUTING_KEY})
    now, run = datetime.now(UTC), uuid4()
    old = make_message(alice, channel.id, delivered=now, flow_run_id=run)
    alert = opened_alert(alice, channel)
    (dead,) = (row for row in rows(alice, Outbox) if row.alert_id)
    edit = make_message(alice, channel.id, what="edit")
    page = make_message(alice, pager.id)
    made = [old, dead, edit, page]
    with workspace_transaction(alice.workspace_id):
        Outbox.objects.of(alice.workspace_id).filter(id=old.id).update(created=now - timedelta(days=3))
    yesterday = (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    asked = query.format(alert=alert.id, run=run, yesterday=yesterday)
    content = client.get(at(alice, f"/deliveries{asked}")).content.decode()
    assert {number for number, row in enumerate(made) if at(alice, f"/deliveries/{row.id}") in content} == expected


def audit_of(tenant: Tenant) -> list[str]:
    entries = AuditEntry.objects.using("system").filter(workspace_id=tenant.workspace_id)
    return sorted(entries.filter(action__startswith="notification-delivery").values_list("action", flat=True))


def test_sending_again_twice_with_one_press_sends_once(alice, slack):
    client = browser(alice)
    sent = make_message(alice, connected(client, alice, slack).id, delivered=datetime.now(UTC))
    press = {"press": client.get(at(alice, f"/deliveries/{sent.id}")).context["press"]}
    first = client.post(at(alice, f"/deliveries/{sent.id}/resend"), press)
    second = client.post(at(alice, f"/deliveries/{sent.id}/resend"), press)
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    (made,) = (row for row in rows(alice, Outbox) if row.what == "resend")
    assert first["Location"] == at(alice, f"/deliveries/{made.id}")
    assert (len(slack.posts), slack.posts[0].key, made.delivered is not None) == (1, made.key, True)
    assert audit_of(alice) == ["notification-delivery.resent"]
    client.post(at(alice, f"/deliveries/{sent.id}/resend"), {"press": uuid4()})
    assert len(slack.posts) == 2


def test_sending_again_needs_the_press_of_a_page(alice, slack):
    client = browser(alice)
    sent = make_message(alice, connected(client, alice, slack).id)
    for press in ({}, {"press": "again"}):
        assert client.post(at(alice, f"/deliveries/{sent.id}/resend"), press).status_code == 302
    assert (slack.posts, len(rows(alice, Outbox))) == ([], 1)


FAR = datetime(2099, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("_case", "before", "words", "is_left"),
    [
        ("waits", {"next_attempt": FAR}, "It is tried again now.", False),
        ("was given up", {"dead": FAR, "attempts": 8}, "It is tried again now.", False),
        ("is under way", {"next_attempt": FAR, "lease_token": uuid4(), "lease_until": FAR},
         "It is being tried already.", True),
        ("has arrived", {"next_attempt": FAR, "delivered": FAR}, "It has arrived.", True),
    ],
)  # fmt: skip
def test_a_message_is_tried_again_now_and_pressing_twice_is_pressing_once(alice, slack, _case, before, words, is_left):
    client = browser(alice)
    made = make_message(alice, connected(client, alice, slack).id, **{"next_attempt": FAR, **before})
    slack.replies = [Reply(500, "rollup_error")] * 9
    path = at(alice, f"/deliveries/{made.id}/retry")
    assert words in words_of(client.post(path, follow=True))
    client.post(path)
    (row,) = rows(alice, Outbox)
    assert (row.key, row.next_attempt == FAR) == (made.key, is_left)
    assert audit_of(alice) == ([] if is_left else ["notification-delivery.retried"])


@pytest.mark.parametrize("action", ["retry", "resend"])
@pytest.mark.parametrize(("_case", "role", "status"), [("a viewer", "Viewer", 403), ("a stranger", "", 404)])
def test_who_may_not_changes_no_delivery(alice, slack, action, _case, role, status):
    made = make_message(alice, connected(browser(alice), alice, slack).id, next_attempt=FAR)
    other = browser(make_member(alice, role) if role else make_tenant("http://testserver", "charlie"))
    assert other.post(at(alice, f"/deliveries/{made.id}/{action}"), {"press": uuid4()}).status_code == status
    (row,) = rows(alice, Outbox)
    assert (row.next_attempt, slack.posts, audit_of(alice)) == (FAR, [], [])


def test_what_is_shown_of_a_webhook_is_what_its_receiver_can_verify(alice, slack):
    """The fake receiver keeps what was posted; the body is that of the page, and its signature that of its secret."""
    client = browser(alice)
    values = {"name": "hook", "settings-url": slack.url, "settings-signing_secret": SIGNING_SECRET}
    client.post(at(alice, "/new/webhook"), {"action": "save_untested", **values})
    (channel,) = rows(alice, Channel)
    client.post(at(alice, f"/channels/{channel.id}/test"))
    (sent,) = rows(alice, Outbox)
    shown = client.get(at(alice, f"/deliveries/{sent.id}")).context["rendered"].body
    (post,) = slack.posts
    assert Webhook(SIGNING_SECRET).verify(msgspec.json.encode(post.body), post.headers) == shown
    assert post.key == sent.key
