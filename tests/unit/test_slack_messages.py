"""What a message looks like in Slack, what Slack's answers mean, and when a message is tried again."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from controlplane.wire.structs import BadField
from notifications.channels.drafts import draft
from notifications.channels.slack.address import clean, hint
from notifications.channels.slack.answers import failure, is_delivered
from notifications.channels.slack.message import body_of, plain_body_of
from notifications.rules import wait_seconds
from notifications.wire import Message

RUN = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10")
WEBHOOK = "https://hooks.slack.com/services/T0123ABC/B0456DEF/abcdefghijklmnopqrstu4fQ"


def make_message(**fields) -> Message:
    moment = datetime(2026, 11, 22, 13, 29, 7, tzinfo=UTC)
    values = {
        "state_type": "FAILED",
        "state_name": "Failed",
        "state_message": "Flow run encountered an exception: ValueError: Matrix is singular\nTraceback …",
        "occurred": moment,
        "received": moment,
        "flow_run_id": RUN,
        "flow_run": "strange-sawfly",
        "flow": "train-forecast",
        "deployment": "nightly",
        "work_pool": "gpu",
        "account": "acme",
        "workspace": "prod",
        "url": f"https://signalbox.example/w/acme/prod/runs/{RUN}",
    }
    return Message(**{**values, **fields})


def test_a_message_says_what_failed_where_and_since_when_with_two_links():
    assert body_of(make_message()) == {
        "text": "❌ train-forecast / strange-sawfly failed: "
        "Flow run encountered an exception: ValueError: Matrix is singular",
        "blocks": [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": "*❌ train-forecast / strange-sawfly failed*",
                    "verbatim": True,
                },
            }
        ],
        "attachments": [
            {
                "color": "#cf2231",
                "fallback": "❌ train-forecast / strange-sawfly failed",
                "blocks": [
                    {
                        "type": "section",
                        "text": {
                            "type": "mrkdwn",
                            "text": "Flow run encountered an exception: ValueError: Matrix is singular",
                            "verbatim": True,
                        },
                    },
                    {
                        "type": "context",
                        "elements": [
                            {
                                "type": "mrkdwn",
                                "text": "Deployment *nightly* · Work pool *gpu* · Workspace *acme/prod* · since "
                                "<!date^1795354147^{date_short_pretty} {time_secs}|2026-11-22 13:29:07 UTC>",
                                "verbatim": True,
                            }
                        ],
                    },
                    {
                        "type": "actions",
                        "elements": [
                            {
                                "type": "button",
                                "text": {"type": "plain_text", "text": "Open run"},
                                "url": f"https://signalbox.example/w/acme/prod/runs/{RUN}",
                                "action_id": "Open run",
                            },
                            {
                                "type": "button",
                                "text": {"type": "plain_text", "text": "Logs"},
                                "url": f"https://signalbox.example/w/acme/prod/runs/{RUN}/logs",
                                "action_id": "Logs",
                            },
                        ],
                    },
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("_case", "hostile"),
    [
        ("everybody", "<!channel> look"),
        ("here", "<!here>"),
        ("a person", "<@U012AB3CD>"),
        ("a link with another text", "<https://evil.example|Open run>"),
        ("an entity", "&lt;!channel&gt;"),
    ],
)
@pytest.mark.parametrize("field", ["flow", "flow_run", "deployment", "work_pool", "state_message", "workspace"])
def test_run_data_never_mentions_or_links(_case, field, hostile):
    body = body_of(make_message(**{field: hostile}))
    escaped = hostile.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    seen = repr(body)
    assert escaped in seen
    assert hostile not in seen
    assert plain_body_of(make_message(**{field: hostile}))["text"].count("<") == 0


@pytest.mark.parametrize(
    ("_case", "fields", "headline"),
    [
        ("failed", {}, "❌ train-forecast / strange-sawfly failed"),
        ("timed out", {"state_name": "TimedOut"}, "❌ train-forecast / strange-sawfly failed (TimedOut)"),
        ("crashed", {"state_type": "CRASHED", "state_name": "Crashed"}, "💥 train-forecast / strange-sawfly crashed"),
        ("late", {"state_type": "SCHEDULED", "state_name": "Late"}, "⏰ train-forecast / strange-sawfly is late"),
        (
            "done",
            {"state_type": "COMPLETED", "state_name": "Completed"},
            "✅ train-forecast / strange-sawfly completed",
        ),
        (
            "a type without a look",
            {"state_type": "RUNNING", "state_name": "Retrying"},
            "🔔 train-forecast / strange-sawfly entered Retrying",
        ),
        ("a test", {"is_test": True}, "TEST · ❌ train-forecast / strange-sawfly failed"),
        ("an unknown flow", {"flow": ""}, "❌ strange-sawfly failed"),
    ],
)
def test_the_headline_names_the_run_and_its_state(_case, fields, headline):
    assert draft(make_message(**fields)).headline == headline


@pytest.mark.parametrize(
    ("_case", "text", "shown"),
    [
        ("first line", "one\ntwo", "one"),
        ("blank lines first", "\n  \n one\n", "one"),
        ("none", "", ""),
        ("300 stay", "x" * 300, "x" * 300),
        ("longer is cut", "x" * 301, "x" * 299 + "…"),
        ("control and bidi characters go", "a\x07b\u202ec", "a b c"),
    ],
)
def test_the_detail_is_the_first_line_of_the_state_message(_case, text, shown):
    assert draft(make_message(state_message=text)).detail == shown


def test_a_message_stays_below_slacks_limits():
    long = dict.fromkeys(("flow", "flow_run", "deployment", "work_pool", "state_message"), "<" * 100000)
    body = body_of(make_message(**long))
    texts = [body["blocks"][0]["text"]["text"]]
    texts += [block["text"]["text"] for block in body["attachments"][0]["blocks"] if block["type"] == "section"]
    texts += [body["attachments"][0]["blocks"][1]["elements"][0]["text"]]
    assert all(len(text) <= 2900 for text in texts)
    assert len(repr(body)) <= 11_000


@pytest.mark.parametrize(
    ("_case", "status", "body", "headers", "reason", "permanent", "retry_after", "patience"),
    [
        (
            "bad payload",
            400,
            "invalid_payload",
            {},
            "HTTP 400 invalid_payload. Slack could not read",
            "message",
            None,
            1,
        ),
        ("bad blocks", 400, "invalid_blocks", {}, "HTTP 400 invalid_blocks. Slack could not read", "message", None, 1),
        ("no text", 400, "no_text", {}, "HTTP 400 no_text. Slack could not read", "message", None, 1),
        ("bad token", 400, "invalid_token", {}, "HTTP 400 invalid_token. The webhook was removed", "channel", None, 1),
        ("bad token, as 403", 403, "invalid_token", {}, "HTTP 403 invalid_token. The webhook was", "channel", None, 1),
        ("no service", 404, "no_service", {}, "HTTP 404 no_service. The webhook was removed", "channel", None, 1),
        ("no team", 404, "no_team", {}, "HTTP 404 no_team. The webhook was removed", "channel", None, 1),
        ("prohibited", 403, "action_prohibited", {}, "HTTP 403 action_prohibited. A Slack admin", "channel", None, 3),
        (
            "general channel",
            403,
            "posting_to_general_channel_denied",
            {},
            "posting_to_general_channel_denied. A Slack admin",
            "channel",
            None,
            3,
        ),
        ("channel gone", 404, "channel_not_found", {}, "The Slack channel is archived or gone", "channel", None, 1),
        ("archived", 410, "channel_is_archived", {}, "The Slack channel is archived or gone", "channel", None, 1),
        ("slow down", 429, "rate_limited", {"Retry-After": "7"}, "HTTP 429 rate_limited (wait 7 s)", "", 7.0, 1),
        ("slow down, header in small letters", 429, "", {"retry-after": "7"}, "HTTP 429 (wait 7 s)", "", 7.0, 1),
        ("slow down, no number", 429, "", {"Retry-After": "soon"}, "HTTP 429 (wait 30 s)", "", 30.0, 1),
        ("Slack is broken", 500, "rollup_error", {}, "HTTP 500 rollup_error. Slack has a problem", "", None, 1),
        ("a gateway's page", 503, "<html>", {}, "HTTP 503. Slack has a problem", "", None, 1),
        ("a page", 200, "<html>hello</html>", {}, "HTTP 200. That address is not a Slack webhook", "channel", None, 1),
        ("a redirect", 302, "", {}, "HTTP 302. That address is not a Slack webhook", "channel", None, 1),
        (
            "a page that is not there",
            404,
            "<html>secret</html>",
            {},
            "HTTP 404. That address is not",
            "channel",
            None,
            1,
        ),
        ("a word nobody knows", 400, "strange_word", {}, "HTTP 400 strange_word. Slack refused", "message", None, 1),
    ],
)
def test_slacks_answers_have_a_meaning(_case, status, body, headers, reason, permanent, retry_after, patience):
    failed = failure(status, body, headers)
    assert reason in failed.reason
    assert "<" not in failed.reason
    assert (failed.permanent, failed.retry_after, failed.patience) == (permanent, retry_after, patience)


@pytest.mark.parametrize(("status", "body", "delivered"), [(200, "ok", True), (200, "OK!", False), (201, "ok", False)])
def test_only_200_ok_is_delivered(status, body, delivered):
    assert is_delivered(status, body) is delivered


@pytest.mark.parametrize(
    ("_case", "attempts", "retry_after", "chance", "seconds"),
    [
        ("first failure, earliest", 1, None, 0.0, 0.8),
        ("first failure, middle", 1, None, 0.5, 1.0),
        ("second", 2, None, 0.5, 5.0),
        ("seventh", 7, None, 0.5, 1200.0),
        ("beyond the schedule", 9, None, 0.5, 1200.0),
        ("as long as the receiver asks", 1, 30.0, 0.5, 30.0),
        ("never shorter than planned", 4, 2.0, 0.5, 60.0),
        ("never longer than an hour", 1, 86_400.0, 0.5, 3600.0),
    ],
)
def test_the_wait_grows_and_honours_what_the_receiver_asks_for(_case, attempts, retry_after, chance, seconds):
    assert wait_seconds(attempts, retry_after=retry_after, chance=chance) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("_case", "pasted"),
    [
        ("as it is", WEBHOOK),
        ("blanks", f"  {WEBHOOK}\n"),
        ("quotes", f'"{WEBHOOK}"'),
        ("Slack's own brackets", f"<{WEBHOOK}>"),
    ],
)
def test_a_pasted_address_is_cleaned(_case, pasted):
    assert clean(pasted) == WEBHOOK


@pytest.mark.parametrize(
    ("_case", "pasted", "says"),
    [
        ("http", WEBHOOK.replace("https", "http"), "incomplete or not a webhook"),
        ("cut off", "https://hooks.slack.com/services/T0123ABC", "incomplete or not a webhook"),
        ("another port", WEBHOOK.replace(".com", ".com:8443"), "incomplete or not a webhook"),
        ("a look-alike host", WEBHOOK.replace("slack.com", "slack.com.evil.example"), "is not Slack"),
        ("loopback, not allowed", "http://127.0.0.1:8080/services/T1/B1/x", "127.0.0.1 is not Slack"),
        ("nothing", "", "must begin with https://"),
    ],
)
def test_an_address_that_is_not_slacks_is_refused(_case, pasted, says, settings):
    settings.EGRESS_ALLOW_CIDRS = []
    with pytest.raises(BadField, match=says):
        clean(pasted)


def test_a_proxy_in_an_allowed_network_is_accepted(settings):
    settings.EGRESS_ALLOW_CIDRS = ["127.0.0.0/8"]
    assert clean("http://127.0.0.1:8080/services/T1/B1/x") == "http://127.0.0.1:8080/services/T1/B1/x"


def test_the_hint_shows_too_little_to_post_with():
    assert hint(WEBHOOK) == "hooks.slack.com/services/T01…/•••4fQ"
