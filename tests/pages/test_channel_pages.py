"""Channels of every kind, alerts and the delivery log, as a signed-in person uses them, without JavaScript."""

from base64 import b64encode
from datetime import UTC, datetime

import msgspec
import pytest

from controlplane.sql.transactions import workspace_transaction
from notifications.channels import OFFERED
from notifications.models import Alert, Channel, Outbox, Rule
from notifications.services.samples import sample_message
from tests.fakes.slack import Reply
from tests.pages.test_notifications import alice, at, browser, connected, rows, slack, words_of
from tests.world import make_member

__all__ = ["alice", "slack"]

SECRET = "whsec_" + b64encode(b"k" * 32).decode()


def test_the_catalogue_offers_every_kind_and_finds_one(alice):
    client = browser(alice)
    everything = words_of(client.get(at(alice, "/new")))
    assert [kind.title for kind in OFFERED if kind.title not in everything] == []
    found = client.get(at(alice, "/new?q=pagerduty")).content.decode()
    assert (at(alice, "/new/pagerduty") in found, at(alice, "/new/telegram") in found) == (True, False)


@pytest.mark.parametrize("kind", [kind.name for kind in OFFERED if kind.name not in ("slack", "slack_app")])
def test_a_kinds_form_asks_for_what_it_needs_at_the_field_and_stores_nothing(alice, kind):
    client = browser(alice)
    assert client.get(at(alice, f"/new/{kind}")).status_code == 200
    response = client.post(at(alice, f"/new/{kind}"), {"action": "save", "name": ""})
    assert response.status_code == 422
    assert "Give the channel a name." in words_of(response)
    assert rows(alice, Channel) == []


def test_a_webhook_is_saved_only_when_asked_again_and_its_secret_is_never_shown(alice, slack):
    client = browser(alice)
    values = {"name": "hook", "settings-url": slack.url, "settings-signing_secret": SECRET, "rules": ["failed"]}
    asked = client.post(at(alice, "/new/webhook"), {"action": "save", **values})
    assert "Save without a working test?" in words_of(asked)
    assert rows(alice, Channel) == []
    assert client.post(at(alice, "/new/webhook"), {"action": "save_untested", **values}).status_code == 302
    (channel,), (rule,) = rows(alice, Channel), rows(alice, Rule)
    assert (channel.kind, channel.name, rule.channel_ids) == ("webhook", "hook", [channel.id])
    page = client.get(at(alice, f"/channels/{channel.id}"))
    assert "Failed or crashed" in words_of(page)
    assert [secret in page.content.decode() for secret in (SECRET, slack.url)] == [False, False]
    kept = {"action": "save", "name": "renamed", "settings-url": "", "settings-signing_secret": ""}
    assert client.post(at(alice, f"/channels/{channel.id}"), kept).status_code == 302
    (after,) = rows(alice, Channel)
    assert (after.name, after.hint, after.secret) == ("renamed", channel.hint, channel.secret)


def test_a_webhook_that_answered_the_test_is_saved_without_a_question(alice, slack):
    client = browser(alice)
    values = {"name": "hook", "settings-url": slack.url, "settings-signing_secret": SECRET}
    tested = client.post(at(alice, "/new/webhook"), {"action": "test", **values})
    assert "The test message was delivered" in words_of(tested)
    assert (len(slack.posts), rows(alice, Channel)) == (1, [])
    proof = {"tested": tested.context["tested"]}
    other = {**values, "settings-url": f"{slack.url}x"}
    assert client.post(at(alice, "/new/webhook"), {"action": "save", **other, **proof}).status_code == 200
    assert client.post(at(alice, "/new/webhook"), {"action": "save", **values, **proof}).status_code == 302
    assert [channel.name for channel in rows(alice, Channel)] == ["hook"]


def opened_alert(alice, channel) -> Alert:
    now = datetime.now(UTC)
    with workspace_transaction(alice.workspace_id):
        rule = Rule.objects.of(alice.workspace_id).get()
        message = sample_message(alice.workspace_id, account=alice.account.handle, handle=alice.workspace.handle)
        alert: Alert = Alert.objects.create(
            workspace_id=alice.workspace_id, rule_id=rule.id, group_key="deployment:x", opened=now, last_event=now,
            count=2, first=msgspec.to_builtins(message), last=msgspec.to_builtins(message),
        )  # fmt: skip
        Outbox.objects.create(
            workspace_id=alice.workspace_id, key="told", channel_id=channel.id, rule_id=rule.id, alert_id=alert.id,
            payload=msgspec.to_builtins(message), next_attempt=now, dead=now, attempts=8, answer="no",
        )  # fmt: skip
    return alert


def test_an_alert_is_acknowledged_snoozed_and_resolved_by_its_buttons(alice, slack):
    client = browser(alice)
    alert = opened_alert(alice, connected(client, alice, slack))
    assert at(alice, f"/alerts/{alert.id}") in client.get(at(alice, "/alerts")).content.decode()
    assert "2 events since" in words_of(client.get(at(alice, f"/alerts/{alert.id}")))
    for fields, state in (
        ({"action": "snooze", "hours": "4"}, "SNOOZED"),
        ({"action": "acknowledge"}, "ACKNOWLEDGED"),
        ({"action": "snooze", "hours": "5000"}, "ACKNOWLEDGED"),
        ({"action": "resolve"}, "RESOLVED"),
    ):
        assert client.post(at(alice, f"/alerts/{alert.id}/change"), fields).status_code == 302
        assert rows(alice, Alert)[0].state == state
    assert 'value="acknowledge"' not in client.get(at(alice, f"/alerts/{alert.id}")).content.decode()
    assert at(alice, f"/alerts/{alert.id}") in client.get(at(alice, "/alerts?state=resolved")).content.decode()


def test_the_log_is_filtered_and_what_was_given_up_is_tried_again(alice, slack):
    client = browser(alice)
    channel = connected(client, alice, slack)
    opened_alert(alice, channel)
    slack.replies = [Reply(200, "ok")]
    client.post(at(alice, f"/channels/{channel.id}/test"))
    links = at(alice, "/deliveries/")
    for query, count in (("", 2), ("?result=FAILED", 1), ("?result=DELIVERED", 1), ("?run=no", 2), ("?page=2", 0)):
        content = client.get(at(alice, f"/deliveries{query}")).content.decode()
        assert content.replace(f"{links}retry", "").count(links) == count, query
    assert client.post(at(alice, "/deliveries/retry")).status_code == 302
    assert [row.dead for row in rows(alice, Outbox)] == [None, None]


@pytest.mark.parametrize("path", ["/new", "/new/webhook", "/alerts/{alert}/change", "/deliveries/retry"])
def test_a_viewer_changes_nothing(alice, slack, path):
    alert = opened_alert(alice, connected(browser(alice), alice, slack))
    client = browser(make_member(alice, "Viewer"))
    assert client.post(at(alice, path.format(alert=alert.id)), {"action": "resolve"}).status_code == 403
    assert (rows(alice, Alert)[0].state, rows(alice, Outbox)[0].dead is None) == ("OPEN", False)
