"""E-mail: over SMTP to a server that asks for TLS and a password, and over SES and SNS as moto plays them."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import boto3
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from blocks.services import sealing
from controlplane.egress.aws import PinnedSession
from controlplane.sql.transactions import workspace_transaction
from notifications.channels import keeping, kind_of
from notifications.channels.contract import DeliveryFailed
from notifications.services import channel_settings, channels
from tests.fakes.mail import FakeMail, fake_mail, make_certificate
from tests.services.test_channel_kinds import AWS, a_message

TO = ["ann@example.com", "ben@example.com"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("mail"))


@pytest.fixture
def trusted(settings, certificate: Path) -> Path:
    settings.EGRESS_ALLOW_CIDRS = ["127.0.0.0/8"]
    settings.SMTP_CA_FILE = str(certificate)
    return certificate


@pytest.fixture
def mail(trusted: Path) -> Iterator[FakeMail]:
    with fake_mail(trusted) as mail:
        yield mail


def send(mail: FakeMail, message=None, key: str = "k-1", seconds: float = 8.0, **fields):
    given = {
        "to": TO, "sender": "bot@example.com", "host": "127.0.0.1", "port": mail.port, "username": "bot",
        "password": "letter-secret-1", **fields,
    }  # fmt: skip
    email = kind_of("email")
    return email.deliver(keeping.read_settings(email, given), message or a_message(), key, seconds=seconds)


def refusal(mail: FakeMail, **arguments) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        send(mail, **arguments)
    return caught.value


def test_a_letter_arrives_over_starttls_with_a_password(mail):
    assert send(mail).words == "250 accepted"
    (letter,) = mail.letters
    assert mail.receivers == TO
    assert letter["Subject"] == "❌ etl / odd-owl failed"
    assert letter["From"] == "Signalbox <bot@example.com>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "ValueError: no" in letter.get_body(("plain",)).get_content()
    assert "<b>❌ etl / odd-owl failed</b>" in letter.get_body(("html",)).get_content()


def test_a_letter_that_is_sent_twice_has_one_message_id(mail):
    send(mail)
    send(mail)
    send(mail, key="k-2")
    ids = [letter["Message-ID"] for letter in mail.letters]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(("_case", "security"), [("TLS from the start", "tls"), ("plain", "none")])
def test_a_letter_arrives_in_the_other_ways(trusted, _case, security):
    password = "letter-secret-1" if security == "tls" else ""
    with fake_mail(trusted, security, password) as mail:
        login = {} if security == "tls" else {"username": "", "password": ""}
        send(mail, security=security, **login)
        assert len(mail.letters) == 1


@pytest.mark.parametrize(
    ("_case", "answer", "permanent"),
    [
        ("later", "451 busy canary-1", ""),
        ("full", "452 no room", ""),
        ("never", "554 spam canary-1", "message"),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again(mail, _case, answer, permanent):
    mail.answer = answer
    failed = refusal(mail)
    assert (failed.permanent, failed.reason[:26]) == (permanent, f"The mail server answered {answer[0]}")
    assert "canary" not in failed.reason
    assert mail.letters == []


def test_a_wrong_password_disables_the_channel_and_is_not_shown(mail):
    failed = refusal(mail, password="wrong-secret-2")
    assert (failed.permanent, failed.reason[:28]) == ("channel", "The mail server answered 535")
    assert "wrong-secret-2" not in failed.reason


def test_an_address_that_is_gone_does_not_keep_the_letter_from_another(mail):
    mail.refused = {"ann@example.com"}
    assert send(mail).words == "250, but not for 1 of 2 addresses"
    mail.refused = set(TO)
    assert refusal(mail).permanent == "channel"
    assert mail.receivers == ["ben@example.com"]


def test_a_certificate_that_is_not_trusted_gets_no_password(mail, settings):
    settings.SMTP_CA_FILE = ""
    failed = refusal(mail)
    assert failed.reason.startswith("No secure connection to 127.0.0.1: ")
    assert mail.letters == []


def test_a_server_without_starttls_gets_no_password(trusted):
    with fake_mail(trusted, "none") as mail:
        failed = refusal(mail)
        assert failed.permanent == "channel"
        assert mail.letters == []


@pytest.mark.parametrize("words", ["a\r\nBcc: evil@example.com\r\n\r\nhi", "a\nX-Evil: 1", "\u2028x\x00y"])
def test_a_broken_line_in_a_subject_is_a_blank(mail, words):
    send(mail, a_message(subject=words, body="\r\n.\r\nMAIL FROM:<x@y>\r\n"))
    (letter,) = mail.letters
    assert (letter["Bcc"], letter["X-Evil"]) == (None, None)
    assert mail.receivers == TO


def test_html_in_a_message_is_words(mail):
    send(mail, a_message(subject="<img src=x>", body="<script>1</script>"))
    html = mail.letters[0].get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<img" not in html


@pytest.mark.parametrize(("_case", "drips"), [("says nothing", False), ("says a byte now and then", True)])
def test_a_server_that_holds_on_is_left_in_time(trusted, _case, drips):
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hold() -> None:
            taken, _ = listener.accept()
            with taken:
                while not stop.wait(0.1):
                    if drips:
                        taken.sendall(b"2")

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        quiet = FakeMail()
        quiet.port = listener.getsockname()[1]
        began = time.monotonic()
        failed = refusal(quiet, seconds=1.0)
        stop.set()
        thread.join(5)
    assert time.monotonic() - began < 4
    assert failed.permanent == ""


@pytest.mark.parametrize(
    ("_case", "host", "port", "says"),
    [
        ("loopback", "127.0.0.1", 587, "this machine"),
        ("a name of it", "localhost", 587, "this machine"),
        ("metadata", "169.254.169.254", 587, "metadata"),
        ("servers among themselves", "192.0.78.1", 25, "Port 25 is not allowed"),
        ("another service", "192.0.78.1", 6379, "Port 6379 is not allowed"),
    ],
)
def test_a_mail_server_is_no_way_inside(mail, settings, _case, host, port, says):
    email = kind_of("email")
    stored = keeping.to_bytes(
        email.settings(to=TO, sender="bot@example.com", host=host, port=mail.port if "127" in host else port)
    )
    settings.EGRESS_ALLOW_CIDRS = []
    with pytest.raises(keeping.BadSettings, match=says) as caught:
        keeping.read_settings(email, {"to": TO, "sender": "bot@example.com", "host": host, "port": port})
    assert caught.value.field == "host"
    with pytest.raises(DeliveryFailed) as failed:
        email.deliver(keeping.from_bytes(email, stored), a_message(), "k", seconds=3)
    assert failed.value.permanent == "channel"
    assert mail.letters == []


def test_without_a_server_the_installations_own_sends_as_itself(mail, settings):
    settings.EGRESS_ALLOW_CIDRS = []  # the operator's server may stand anywhere
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", mail.port, True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "bot", "letter-secret-1"
    settings.DEFAULT_FROM_EMAIL = "Signalbox <sb@example.com>"
    email = kind_of("email")
    email.deliver(keeping.read_settings(email, {"to": TO}), a_message(), "k", seconds=5)
    assert mail.letters[0]["From"] == "Signalbox <sb@example.com>"
    with pytest.raises(keeping.BadSettings, match="this sender belongs to"):
        keeping.read_settings(email, {"to": TO, "sender": "ceo@example.com"})


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto: str, settings):
    settings.EGRESS_ALLOW_CIDRS = ["127.0.0.0/8"]
    settings.AWS_ENDPOINT_URL = moto

    def client(service: str):
        return boto3.client(
            service,
            region_name=AWS["region"],
            endpoint_url=moto,
            aws_access_key_id=AWS["access_key_id"],
            aws_secret_access_key=AWS["secret_access_key"],
        )

    return client


def through(name: str, **fields):
    kind = kind_of(name)
    return kind.deliver(keeping.read_settings(kind, {**AWS, **fields}), a_message(), "k:1", seconds=8)


def test_ses_takes_a_letter_from_a_verified_sender_only(aws):
    with pytest.raises(DeliveryFailed) as failed:
        through("ses", sender="bot@example.com", to=["ann@example.com"])
    assert failed.value.permanent == "channel"
    aws("sesv2").create_email_identity(EmailIdentity="bot@example.com")
    before = aws("ses").get_send_quota()["SentLast24Hours"]
    answer = through("ses", sender="bot@example.com", to=["ann@example.com"])
    assert answer.words.startswith("200 ")
    assert aws("ses").get_send_quota()["SentLast24Hours"] == before + 2  # moto counts the To line and the destination


def test_sns_tells_the_subscribers_of_a_topic(aws):
    topic = aws("sns").create_topic(Name="alerts")["TopicArn"]
    queue = aws("sqs").create_queue(QueueName="heard")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    answer = through("sns", topic_arn=topic)
    (heard,) = aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert answer.words.removeprefix("200 ") in heard["Body"]
    assert "odd-owl failed" in heard["Body"]
    with pytest.raises(DeliveryFailed) as failed:
        through("sns", topic_arn=topic.replace("alerts", "nobody"))
    assert failed.value.permanent == "channel"


def test_a_role_is_taken_on_before_sending(aws):
    topic = aws("sns").create_topic(Name="by-role")["TopicArn"]
    answer = through("sns", topic_arn=topic, role_arn="arn:aws:iam::123456789012:role/teller", external_id="ws-1")
    assert answer.words.startswith("200 ")


def test_a_role_that_trusts_the_machine_is_taken_on_with_the_workspaces_own_external_id(
    alice, aws, settings, monkeypatch
):
    """Whoever names a role of somebody else is refused by its trust policy, which asks for another external ID."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMACHINEMACHINE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "machine-secret-1")
    settings.AWS_MACHINE_ROLE = True
    topic = aws("sns").create_topic(Name="by-trust")["TopicArn"]
    asked: list[Any] = []
    monkeypatch.setattr(PinnedSession, "send", heard(asked, PinnedSession.send))
    given = {"region": "eu-central-1", "topic_arn": topic, "role_arn": "arn:aws:iam::123456789012:role/teller"}
    somebodys = {**given, "external_id": f"signalbox-{uuid4()}"}
    workspace, sns = alice.workspace_id, kind_of("sns")
    with workspace_transaction(workspace):
        row = channels.create_channel(workspace, kind="sns", name="sns", settings=somebodys)
    assert channel_settings.shown(row).settings["external_id"] == f"signalbox-{workspace}"
    assert channels.send_to_channel(workspace, row.id, a_message(), reason="test").failure is None
    with workspace_transaction(workspace):  # as it was stored before it was bound
        row.secret = sealing.seal(
            workspace, table="notification_channel", row=row.id, field="secret",
            plaintext=msgspec.json.encode(somebodys),
        )  # fmt: skip
        row.save()
    assert channels.send_to_channel(workspace, row.id, a_message(), reason="test").failure is None
    assert channels.try_settings(workspace, "sns", given, a_message()).failure is None
    assert asked == [f"signalbox-{workspace}"] * 3
    with pytest.raises(DeliveryFailed, match="external ID of a workspace"):
        sns.deliver(keeping.read_settings(sns, given), a_message(), "k", seconds=5)
    assert len(asked) == 3


def heard(asked: list[Any], send: Any) -> Any:
    """Sends as before, and notes the external ID of every request for a role."""

    def noted(session: Any, prepared: Any) -> Any:
        body = parse_qs(prepared.body.decode() if isinstance(prepared.body, bytes) else str(prepared.body or ""))
        asked.extend(body.get("ExternalId", [None]) if body.get("Action") == ["AssumeRole"] else [])
        return send(session, prepared)

    return noted


def test_the_machines_own_role_is_the_operators_to_give(aws, settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAMACHINEMACHINE00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "machine-secret-1")
    sns = kind_of("sns")
    given = {"region": "eu-central-1", "topic_arn": "arn:aws:sns:eu-central-1:123456789012:by-machine"}
    with pytest.raises(keeping.BadSettings, match="the operator does not let") as caught:
        keeping.read_settings(sns, given)
    assert caught.value.field == "access_key_id"
    with pytest.raises(DeliveryFailed, match="the operator does not let"):
        sns.deliver(sns.settings(**given), a_message(), "k", seconds=5)
    settings.AWS_MACHINE_ROLE = True
    aws("sns").create_topic(Name="by-machine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy that is none: not asked
    assert sns.deliver(keeping.read_settings(sns, given), a_message(), "k", seconds=5).words.startswith("200 ")
