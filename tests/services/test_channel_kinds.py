"""What every kind of channel promises, against a receiver that checks what the real one checks."""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from notifications.channels import KINDS, keeping, kind_of
from notifications.channels.contract import DeliveryFailed, form_of, secret_fields
from notifications.wire import Message
from tests.fakes.receivers import OLD_SECRET, SIGNING_SECRET, Receivers, Reply, fake_receivers

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
RUN = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10")
AWS = {"region": "eu-central-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "aws-secret-1"}
# Settings of each kind that speaks HTTP; {url} is the fake's.
SETTINGS: dict[str, dict[str, Any]] = {
    "slack": {"url": "{url}/services/T1/B1/slack-secret-1"},
    "teams": {"url": "{url}/teams?sig=teams-secret-1"},
    "discord": {"url": "{url}/api/webhooks/1/discord-secret-1"},
    "pagerduty": {"routing_key": "R" * 32, "api_url": "{url}"},
    "opsgenie": {"api_key": "genie-1", "api_url": "{url}", "teams": ["ops"]},
    "telegram": {"token": f"123:{'t' * 35}", "chat_id": "-1001", "api_url": "{url}"},
    "twilio": {
        "account_sid": f"AC{'a' * 32}",
        "auth_token": "9f3tok9f3",
        "sender": "+15550100",
        "to": ["+15550101"],
        "api_url": "{url}",
    },
    "mattermost": {"url": "{url}/hooks/mm-secret-1"},
    "sendgrid": {"api_key": "SG.key", "sender": "bot@example.com", "to": ["ann@example.com"], "api_url": "{url}"},
    "webhook": {"url": "{url}/signed?k=hook-secret-1", "signing_secret": SIGNING_SECRET},
    "request": {
        "url": "{url}/custom?k={{key}}",
        "headers": {"X-Token": "{{token}}"},
        "json_text": '{"title": "{{subject}}", "text": "{{ body }}"}',
        "secrets": {"key": "request-secret-1", "token": "hidden-1"},
    },
    "apprise": {"url": "json://127.0.0.1:{port}/apprise/apprise-secret-1"},
    "sns": {**AWS, "topic_arn": "arn:aws:sns:eu-central-1:123456789012:alerts"},
    "ses": {**AWS, "sender": "bot@example.com", "to": ["ann@example.com"]},
}
each_kind = pytest.mark.parametrize("name", sorted(SETTINGS))


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receivers]:
    with fake_receivers() as fake:
        yield fake


@pytest.fixture
def fake(settings, receivers: Receivers) -> Receivers:
    settings.EGRESS_ALLOW_CIDRS = ["127.0.0.0/8"]
    settings.AWS_ENDPOINT_URL = receivers.url
    receivers.forget()
    return receivers


def refused(name: str, status: int, headers: dict[str, str] | None = None) -> Reply:
    """An answer with that status, in the shape in which the receiver gives them."""
    body = "<ErrorResponse><Error><Code>Odd</Code></Error></ErrorResponse>" if name == "sns" else "{}"
    return Reply(status, body, headers or {})


def settings_of(name: str, fake: Receivers, **fields: Any) -> Any:
    def filled(value: Any) -> Any:
        return value.replace("{url}", fake.url).replace("{port}", str(fake.port)) if isinstance(value, str) else value

    given = {**SETTINGS[name], **fields}
    return keeping.read_settings(kind_of(name), {field: filled(value) for field, value in given.items()})


def a_message(**fields: Any) -> Message:
    values = {
        "state_type": "FAILED", "state_name": "Failed", "state_message": "ValueError: no", "occurred": AT,
        "received": AT, "flow_run_id": RUN, "flow_run": "odd-owl", "flow": "etl", "account": "acme",
        "workspace": "prod", "url": f"https://signalbox.example/w/acme/prod/runs/{RUN}", **fields,
    }  # fmt: skip
    return Message(**values)


def send(name: str, fake: Receivers, message: Message | None = None, key: str = "k-1", seconds: float = 8.0, **fields):
    given = settings_of(name, fake, **fields)
    return kind_of(name).deliver(given, message or a_message(), key, seconds=seconds)


def refusal(name: str, fake: Receivers, **arguments) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        send(name, fake, **arguments)
    return caught.value


def test_every_kind_is_tested():
    assert set(SETTINGS) | {"email", "slack-app"} == set(KINDS)


@each_kind
def test_a_message_arrives_as_the_receiver_wants_it(fake, name):
    answer = send(name, fake)
    assert fake.complaints == []
    assert len(fake.got) == 1
    assert answer.words[:1] in "2Ha"
    raw = fake.got[0].raw.decode()
    assert "etl" in raw or name in ("ses",)


@each_kind
def test_a_second_try_carries_the_same_key(fake, name):
    fake.replies = [refused(name, 500)]
    failed = refusal(name, fake, key="rule:event-7")
    assert failed.permanent == ""
    send(name, fake, key="rule:event-7")
    first, second = fake.got

    def carried(request):
        return "rule:event-7" in f"{request.headers} {request.raw.decode()}".replace("%3A", ":") or (
            "rule-event-7" in request.raw.decode()
        )

    assert carried(first)
    assert carried(second)


@each_kind
@pytest.mark.parametrize(
    ("_case", "status", "permanent"),
    [
        ("revoked", 401, "channel"),
        ("gone", 404, "channel"),
        ("redirected", 302, "channel"),
        ("unreadable", 400, "message"),
    ],
)
def test_what_can_never_work_is_not_tried_again(fake, name, _case, status, permanent):
    elsewhere = {"Location": f"{fake.url}/elsewhere"} if status == 302 else {}
    fake.replies = [refused(name, status, elsewhere)]
    failed = refusal(name, fake)
    if name == "slack" and status == 400:
        permanent = "channel"  # a refusal without one of Slack's words is no Slack
    if name in ("sns", "ses") and status == 302:
        permanent = "message"
    assert failed.permanent == permanent
    assert str(status) in failed.reason
    assert [request.path for request in fake.got if "elsewhere" in request.path] == []


@each_kind
def test_a_receiver_may_ask_to_slow_down(fake, name):
    fake.replies = [refused(name, 429, {"Retry-After": "17"})]
    failed = refusal(name, fake)
    assert failed.permanent == ""
    assert failed.retry_after == 17.0


@pytest.mark.parametrize(("_case", "name"), [("SNS", "sns"), ("SES", "ses")])
def test_aws_may_say_when_it_is_back(fake, _case, name):
    fake.replies = [refused(name, 503, {"Retry-After": "40"}), refused(name, 503), refused(name, 429)]
    assert [refusal(name, fake).retry_after for _ in range(3)] == [40.0, None, 30.0]


@each_kind
def test_a_receiver_that_says_nothing_is_left_in_time(fake, name):
    fake.replies = [Reply(seconds=30)]
    began = time.monotonic()
    failed = refusal(name, fake, seconds=1.0)
    assert time.monotonic() - began < 5.0
    assert failed.permanent == ""


HOSTILE = [
    ("a broken line", "one\r\nBcc: evil@example.com", "\r\nBcc"),
    ("everybody in Slack", "<!channel>", None),
    ("everybody in Discord and Mattermost", "@everyone @all @channel", None),
    ("HTML", "<script>alert(1)</script>", None),
    ("Markdown", "[click](https://evil.example)", None),
    ("a quotation mark", '", "admin": true, "x": "', None),
    ("turned round", "abc\u202etxt.exe", "\u202e"),
]


@each_kind
@pytest.mark.parametrize(("_case", "words", "never"), HOSTILE)
def test_what_a_run_says_stays_words(fake, name, _case, words, never):
    if name == "apprise" and _case not in ("a broken line", "a quotation mark"):
        pytest.skip("one process for each of these is enough")
    send(name, fake, a_message(subject=words, body=words, flow=words))
    assert fake.complaints == []
    (request,) = fake.got
    raw = request.raw.decode()
    if never is not None and name != "webhook":  # which brings a run's own words beside those for people
        assert never not in raw
        assert never.encode("unicode_escape").decode() not in raw
    if name == "slack":
        assert "<!channel>" not in raw
    if name == "discord":
        assert request.json["allowed_mentions"] == {"parse": []}
        assert "](https://evil" not in raw
    if name == "mattermost":
        assert not any(mention in raw for mention in ("@everyone", "@all", "@channel", "](https://evil"))
    if name == "sendgrid":
        assert "<script" not in request.json["content"][1]["value"]
    if name in ("request", "webhook") and _case == "a quotation mark":
        assert "admin" not in request.json


@each_kind
def test_much_is_cut_to_what_the_receiver_takes(fake, name):
    for body in ("x" * 200_000, "*" * 50_000, "<&>" * 9_000, "😀" * 20_000):
        send(name, fake, a_message(subject=body, body=body))
        assert len(fake.got[-1].raw) > 300
    assert fake.complaints == []


@each_kind
def test_a_secret_is_never_shown(fake, name, caplog):
    caplog.set_level(logging.DEBUG)
    kind = kind_of(name)
    given = settings_of(name, fake)
    values = msgspec.to_builtins(given)
    texts = [
        text
        for field in secret_fields(kind.settings)
        for text in (values[field].values() if isinstance(values[field], dict) else [values[field]])
        if text and "{{" not in text
    ]
    assert texts
    answer = send(name, fake)
    fake.replies = [refused(name, 404)]
    failed = refusal(name, fake)
    rendered = str(kind.render(keeping.without_secrets(given), a_message(), "k-1"))
    told = [
        answer.words,
        failed.reason,
        str(failed),
        kind.hint(given),
        str(keeping.shown(given)),
        rendered,
        caplog.text,
    ]
    for text in texts:
        assert [words for words in told if text in words] == []


POSTED = ("slack", "discord", "mattermost", "teams", "telegram", "opsgenie", "pagerduty", "webhook")


@pytest.mark.parametrize("name", POSTED)
def test_what_a_page_shows_is_what_was_posted_without_its_secrets(fake, name):
    kind = kind_of(name)
    send(name, fake)
    shown = kind.render(keeping.without_secrets(settings_of(name, fake)), a_message(), "k-1").body
    posted = msgspec.json.decode(fake.got[0].raw)
    secrets = secret_fields(kind.settings) & set(posted)
    assert shown == posted | dict.fromkeys(secrets, keeping.MASK)


@each_kind
def test_what_is_sealed_is_read_again(fake, name):
    kind = kind_of(name)
    given = settings_of(name, fake)
    assert keeping.from_bytes(kind, keeping.to_bytes(given)) == given
    masked = keeping.shown(given)
    assert keeping.changed_settings(kind, given, masked) == given


@each_kind
def test_the_form_says_what_each_field_is(name):
    fields = form_of(kind_of(name).settings)
    assert [field.label for field in fields if not field.label or field.label == field.name] == []
    assert any(field.is_secret for field in fields)
    assert set(SETTINGS[name]) <= {field.name for field in fields}


@each_kind
@pytest.mark.parametrize(
    ("_case", "host"), [("loopback", "127.0.0.1"), ("a name of loopback", "localhost"), ("metadata", "169.254.169.254")]
)
def test_an_internal_address_is_never_reached(fake, settings, name, _case, host):
    """Neither when it is given nor, had it been stored before, when something is sent."""
    given = settings_of(name, fake)
    if _case == "a name of loopback":
        text = keeping.to_bytes(given).replace(b"127.0.0.1", b"localhost")
        given = keeping.from_bytes(kind_of(name), text)
        settings.AWS_ENDPOINT_URL = fake.url.replace("127.0.0.1", "localhost")
    elif _case == "metadata":
        text = keeping.to_bytes(given).replace(f"127.0.0.1:{fake.port}".encode(), host.encode())
        given = keeping.from_bytes(kind_of(name), text)
        settings.AWS_ENDPOINT_URL = f"http://{host}"
    settings.EGRESS_ALLOW_CIDRS = []
    if name not in ("sns", "ses", "apprise"):  # what has an address of its own to be checked at once
        with pytest.raises(keeping.BadSettings):
            keeping.read_settings(kind_of(name), msgspec.to_builtins(given))
    with pytest.raises(DeliveryFailed) as caught:
        kind_of(name).deliver(given, a_message(), "k-1", seconds=5.0)
    assert caught.value.permanent == "channel"
    assert fake.got == []


def test_a_date_to_wait_until_is_understood(fake):
    until = datetime.now(UTC) + timedelta(seconds=60)
    fake.replies = [Reply(429, "", {"Retry-After": format_datetime(until, usegmt=True)})]
    assert 50 < (refusal("teams", fake).retry_after or 0) <= 60


def test_a_webhook_is_signed_with_both_secrets_while_they_change(fake):
    send("webhook", fake, signing_secret=OLD_SECRET, previous_secret=SIGNING_SECRET)
    assert fake.complaints == []  # the receiver knows the previous one
    (request,) = fake.got
    assert request.headers["webhook-signature"].count("v1,") == 2
    assert request.headers["webhook-id"] == "k-1"
    assert request.json["type"] == "notification"
    assert request.json["data"]["flow_run_id"] == str(RUN)


@pytest.mark.parametrize(
    ("_case", "name", "field", "value"),
    [
        ("no base64", "webhook", "signing_secret", "whsec_??"),
        ("a short secret", "webhook", "signing_secret", "whsec_c2hvcnQ="),
        ("a broken header", "webhook", "headers", {"X-A": "a\r\nX-B: b"}),
        ("our header", "webhook", "headers", {"Host": "evil"}),
        ("a file", "apprise", "url", "file:///etc/passwd"),
        ("the system log", "apprise", "url", "syslog://"),
        ("the message bus", "apprise", "url", "dbus://"),
        ("an Apprise configuration", "apprise", "url", "http://127.0.0.1/get"),
        ("a region that is a host", "sns", "region", "evil.example#"),
        ("a topic elsewhere", "sns", "region", "us-east-1"),
        ("half a key", "ses", "secret_access_key", ""),
        ("a chat with a path", "telegram", "chat_id", "1/../2"),
        ("a token with a path", "telegram", "token", "1:../../x"),
        ("no number", "twilio", "to", ["+1555", "call me"]),
        ("nobody", "twilio", "to", []),
        ("two addresses in one", "sendgrid", "to", ["a@example.com, b@example.com"]),
        ("a line in an address", "ses", "sender", "a@example.com\r\nBcc: b@example.com"),
        ("an unknown field", "slack", "nonsense", "1"),
        ("a number for a text", "teams", "url", 5),
        ("a host that is filled in", "request", "url", "http://{{key}}/x"),
        ("no JSON", "request", "json_text", "{"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(fake, _case, name, field, value):
    with pytest.raises(keeping.BadSettings) as caught:
        settings_of(name, fake, **{field: value})
    assert caught.value.field == field
    assert fake.got == []


@pytest.mark.parametrize(("_case", "name", "path"), [
    ("discord", "discord", "/api/webhooks/1/discord-secret-1/messages/1234567890"),
    ("telegram", "telegram", f"/bot123:{'t' * 35}/editMessageText"),
])  # fmt: skip
def test_a_message_can_be_rewritten(fake, _case, name, path):
    kind, given = kind_of(name), settings_of(name, fake)
    first = kind.deliver(given, a_message(), "k-1", seconds=5)
    again = kind.edit(given, first.reference, a_message(subject="Recovered"), "k-2", seconds=5)
    assert again.reference == first.reference != ""
    assert [request.path for request in fake.got][1] == path
    assert "Recovered" in fake.got[1].raw.decode()
    assert fake.complaints == []


@pytest.mark.parametrize(("_case", "name"), [("pagerduty", "pagerduty"), ("opsgenie", "opsgenie")])
def test_a_pager_is_told_that_the_trouble_is_over(fake, _case, name):
    send(name, fake, a_message(incident="deployment 7/x"))
    send(name, fake, a_message(incident="deployment 7/x", is_resolved=True), key="k-2")
    assert fake.complaints == []
    first, last = fake.got
    if name == "pagerduty":
        assert (first.json["dedup_key"], first.json["event_action"]) == ("deployment 7/x", "trigger")
        assert (last.json["dedup_key"], last.json["event_action"]) == ("deployment 7/x", "resolve")
    else:
        assert first.json["alias"] == "deployment 7/x"
        assert last.path == "/v2/alerts/deployment%207%2Fx/close?identifierType=alias"


def test_an_sms_that_went_out_is_not_sent_again_for_another_that_did_not(fake):
    fake.replies = [Reply(201, "{}"), Reply(500, "{}")]
    answer = send("twilio", fake, to=["+15550101", "+15550102"])
    assert answer.words.startswith("Sent to 1 of 2 numbers. Twilio answered HTTP 500.")


@pytest.mark.parametrize(
    ("_case", "name", "body", "permanent"),
    [
        ("the bot was thrown out", "telegram", '{"description": "Bad Request: chat not found"}', "channel"),
        ("a wrong sender", "twilio", '{"code": 21606}', "channel"),
        ("a key that is none", "pagerduty", '{"errors": ["Invalid routing key"]}', "channel"),
    ],
)
def test_a_receivers_own_words_tell_a_channel_that_is_gone(fake, _case, name, body, permanent):
    fake.replies = [Reply(400, body)]
    assert refusal(name, fake).permanent == permanent
