"""The Slack app as a channel: what is posted, rewritten and said in threads, and what Slack's refusals mean.

The real slack-sdk speaks to a Slack on loopback.
"""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from controlplane.wire.structs import BadField
from notifications.channels import keeping, kind_of
from notifications.channels.contract import DeliveryFailed
from notifications.channels.slack_app import buttons, clean_channel
from notifications.wire import Message
from tests.fakes.slack import Reply
from tests.fakes.slack_app import BOT, CHANNEL, fake_slack_app

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RUN = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10")
ALERT = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d11")
WORKSPACE = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d12")
TS = "1700000001.000100"


@pytest.fixture(scope="module")
def running():
    with fake_slack_app() as fake:
        yield fake


@pytest.fixture
def slack(running, settings):
    settings.EGRESS_ALLOW_CIDRS = ["127.0.0.0/8"]
    running.configure(settings)
    running.calls.clear()
    running.replies.clear()
    running.messages.clear()
    yield running
    assert running.complaints == []


def a_message(**fields: Any) -> Message:
    values = {
        "state_type": "FAILED", "state_name": "Failed", "state_message": "ValueError: no", "occurred": AT,
        "received": AT, "flow_run_id": RUN, "flow_run": "odd-owl", "flow": "etl", "deployment": "nightly",
        "account": "acme", "workspace": "prod", "workspace_id": WORKSPACE, "incident": str(ALERT),
        "url": f"https://signalbox.example/w/acme/prod/runs/{RUN}", **fields,
    }  # fmt: skip
    return Message(**values)


def settings_of(**fields: Any) -> Any:
    return keeping.read_settings(kind_of("slack-app"), {"token": BOT, "channel": "#data-alerts", **fields})


def deliver(message: Message | None = None, **fields: Any):
    return kind_of("slack-app").deliver(settings_of(**fields), message or a_message(), "k-1", seconds=5)


def refusal() -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        deliver()
    return caught.value


def test_a_message_is_posted_with_a_reference_and_buttons(slack):
    answer = deliver()
    (ts,) = slack.messages
    assert answer.reference == f"{CHANNEL}:{ts}"
    (call,) = slack.calls
    assert (call.method, call.token, call.headers["Webhook-Id"]) == ("chat.postMessage", BOT, "k-1")
    assert call.body["text"] == "❌ etl / odd-owl failed: ValueError: no"
    assert slack.buttons(ts) == ["signalbox:retry", "signalbox:pause", "signalbox:acknowledge", "Open run", "Logs"]
    value = slack.button(ts, "retry")["value"]
    assert buttons.read(value) == buttons.About(WORKSPACE, RUN, ALERT)
    assert buttons.read(value.replace(str(WORKSPACE), str(RUN))) is None


@pytest.mark.parametrize(
    ("_case", "fields", "actions"),
    [
        ("failed without deployment", {"deployment": ""}, ["acknowledge"]),
        ("running too long", {"state_type": "RUNNING"}, ["cancel", "pause", "acknowledge"]),
        ("waiting for input", {"state_type": "PAUSED"}, ["answer", "reject", "pause", "acknowledge"]),
        ("acknowledged", {"notes": (("Acknowledged", "by Ann at 10:00 UTC"),)}, ["retry", "pause"]),
        ("recovered", {"is_resolved": True}, []),
        ("a test", {"is_test": True}, []),
        ("about no run", {"flow_run_id": None, "deployment": ""}, ["acknowledge"]),
        ("of no alert", {"incident": ""}, ["retry", "pause"]),
    ],
)
def test_only_what_makes_sense_can_be_pressed(_case, fields, actions):
    assert [action for action, _ in buttons.actions_of(a_message(**fields))] == actions


def test_a_message_is_rewritten_and_its_end_is_said_in_the_thread(slack):
    kind, given = kind_of("slack-app"), settings_of()
    reference = deliver().reference
    ts = reference.partition(":")[2]
    grouped = kind.edit(given, reference, a_message(headline="❌ etl / nightly failed 3 times"), "k-2", seconds=5)
    assert (grouped.words, grouped.reference) == ("200 ok, edited", reference)
    assert slack.messages[ts]["text"] == "❌ etl / nightly failed 3 times: ValueError: no"
    end = a_message(headline="✅ etl / nightly recovered after 3 min", state_type="COMPLETED", is_resolved=True)
    kind.edit(given, reference, end, "k-3", seconds=5)
    assert slack.messages[ts]["text"].startswith("✅ etl / nightly recovered")
    assert slack.buttons(ts) == ["Open run", "Logs"]
    reply = slack.of("chat.postMessage")[-1].body
    assert (reply["thread_ts"], reply["text"]) == (ts, "✅ etl / nightly recovered after 3 min")
    assert [call.method for call in slack.calls] == [
        "chat.postMessage",
        "chat.update",
        "chat.update",
        "chat.postMessage",
    ]


def test_a_message_that_was_deleted_in_slack_is_posted_anew(slack):
    answer = kind_of("slack-app").edit(settings_of(), f"{CHANNEL}:{TS}", a_message(), "k-2", seconds=5)
    (ts,) = slack.messages
    assert answer.reference == f"{CHANNEL}:{ts}"


@pytest.mark.parametrize(
    ("word", "permanent", "patience", "advice"),
    [
        ("channel_not_found", "channel", 1, "gone, or it is private"),
        ("is_archived", "channel", 1, "archived"),
        ("not_in_channel", "channel", 1, "/invite @Signalbox"),
        ("invalid_auth", "channel", 1, "Add to Slack again"),
        ("token_revoked", "channel", 1, "Add to Slack again"),
        ("account_inactive", "channel", 1, "Add to Slack again"),
        ("missing_scope", "channel", 1, "scopes"),
        ("restricted_action", "channel", 3, "admin forbids"),
        ("internal_error", "", 1, "tried again"),
        ("something_new", "message", 1, "does not know"),
    ],
)
def test_what_slack_refuses_is_said_in_its_words_and_ours(slack, word, permanent, patience, advice):
    slack.replies = {"chat.postMessage": [word]}
    failed = refusal()
    assert failed.reason.startswith(f"Slack answered HTTP 200 {word}. ")
    assert advice in failed.reason
    assert (failed.permanent, failed.patience, failed.retry_after) == (permanent, patience, None)
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    ("_case", "reply", "permanent", "retry_after", "words"),
    [
        ("slow down", Reply(429, '{"ok":false,"error":"ratelimited"}', {"Retry-After": "17"}), "", 17.0, "(wait 17 s)"),
        ("broken", Reply(503, "<html>secret page</html>"), "", None, "HTTP 503. Slack has a problem"),
        ("elsewhere", Reply(302, "", {"Location": "http://127.0.0.1:1/"}), "channel", None, "HTTP 302"),
        ("no Slack", Reply(200, "<html>secret page</html>"), "channel", None, "Something else than Slack"),
    ],
)
def test_other_answers(slack, _case, reply, permanent, retry_after, words):
    slack.replies = {"chat.postMessage": [reply]}
    failed = refusal()
    assert (failed.permanent, failed.retry_after) == (permanent, retry_after)
    assert words in failed.reason
    assert "secret page" not in failed.reason


def test_a_layout_that_slack_refuses_is_sent_as_plain_text(slack):
    slack.replies = {"chat.postMessage": ["invalid_blocks"]}
    assert deliver().words == "200 ok, as plain text: Slack refused the layout (invalid_blocks)"
    assert slack.calls[1].body["blocks"] == []


def test_slack_is_reached_through_the_gate(slack, settings):
    settings.EGRESS_ALLOW_CIDRS = []
    failed = refusal()
    assert failed.permanent == "channel"
    assert "SIGNALBOX_EGRESS_ALLOW_CIDRS" in failed.reason
    assert slack.calls == []


def test_what_a_run_says_stays_words(slack):
    deliver(a_message(flow="<!channel>", state_message="<@U1> & <https://evil.example|click>"))
    assert not any(word in json.dumps(slack.calls[0].body) for word in ("<!channel>", "<@U1>", "<https://evil"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("#Data-Alerts", "#data-alerts"),
        ("data-alerts ", "#data-alerts"),
        ("C0DATA001", "C0DATA001"),
        ("https://acme.slack.com/archives/C0DATA001/p1700000000000100", "C0DATA001"),
        ("https://app.slack.com/client/T0ACME01/C0DATA001", "C0DATA001"),
        ("slack://channel?team=T0ACME01&id=C0DATA001", "C0DATA001"),
        ("<#C0DATA001|data-alerts>", "C0DATA001"),
    ],
)
def test_a_channel_is_given_by_name_link_or_id(given, kept):
    assert clean_channel(given) == kept


@pytest.mark.parametrize("given", ["", "two words", "https://acme.slack.com/", "@ann", "a/b"])
def test_what_is_no_channel_is_refused(given):
    with pytest.raises(BadField):
        clean_channel(given)


def test_the_token_is_never_shown(slack):
    given = settings_of(team="Acme", channel="C0DATA001", channel_name="data-alerts")
    assert kind_of("slack-app").hint(given) == "Acme / #data-alerts"
    assert keeping.shown(given)["token"] == "********"
    slack.replies = {"chat.postMessage": ["invalid_auth"]}
    assert BOT not in refusal().reason
