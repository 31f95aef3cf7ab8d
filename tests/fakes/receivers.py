"""The receivers of every channel kind in one small HTTP server on loopback: each checks what the real one checks."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook

from tests.fakes.listening import Listening

SIGNING_SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
TEAMS_CARD = "application/vnd.microsoft.card.adaptive"


@dataclass(frozen=True)
class Received:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.raw.decode()).items()}


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """How long the answer is held back, unless the fake is closed before."""


def slack(request: Received) -> Reply:
    assert request.json["text"]
    return Reply()


def teams(request: Received) -> Reply:
    assert len(request.raw) <= 28 * 1024
    assert request.json["type"] == "message"
    (attachment,) = request.json["attachments"]
    assert attachment["contentType"] == TEAMS_CARD
    assert attachment["content"]["type"] == "AdaptiveCard"
    return Reply(202, "")


def discord(request: Received) -> Reply:
    (embed,) = request.json["embeds"]
    assert len(embed["title"]) <= 256
    assert len(embed["description"]) <= 4096
    assert request.json["allowed_mentions"] == {"parse": []} or request.method == "PATCH"
    return Reply(200, '{"id": "1234567890"}', {"Content-Type": "application/json"})


def pagerduty(request: Received) -> Reply:
    event = request.json
    assert event["routing_key"] == "R" * 32
    assert event["event_action"] in ("trigger", "resolve")
    assert 0 < len(event["dedup_key"]) <= 255
    if event["event_action"] == "trigger":
        assert 0 < len(event["payload"]["summary"]) <= 1024
        assert event["payload"]["source"]
        assert event["payload"]["severity"] in ("critical", "error", "warning", "info")
    return Reply(202, json.dumps({"status": "success", "dedup_key": event["dedup_key"]}))


def opsgenie(request: Received) -> Reply:
    assert request.headers["authorization"] == "GenieKey genie-1"
    if request.path.endswith("/close?identifierType=alias"):
        return Reply(202, "{}")
    assert 0 < len(request.json["message"]) <= 130
    assert len(request.json["description"]) <= 15000
    assert len(request.json["alias"]) <= 512
    return Reply(202, "{}")


def telegram(request: Received) -> Reply:
    assert request.path.split("/")[1] == f"bot123:{'t' * 35}"
    text = request.json["text"].encode("utf-16-le")
    assert 0 < len(text) // 2 <= 4096
    assert "parse_mode" not in request.json
    (bold,) = request.json["entities"]
    assert bold["offset"] + bold["length"] <= len(text) // 2
    return Reply(200, '{"ok": true, "result": {"message_id": 77}}')


def twilio(request: Received) -> Reply:
    account, token = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode().split(":")
    assert request.path == f"/2010-04-01/Accounts/{account}/Messages.json"
    assert token == "9f3tok9f3"
    assert request.form["To"].startswith("+")
    assert 0 < len(request.form["Body"]) <= 1600
    return Reply(201, '{"sid": "SM1"}')


def mattermost(request: Received) -> Reply:
    assert len(request.json["text"]) <= 16383
    return Reply()


def sendgrid(request: Received) -> Reply:
    assert request.headers["authorization"] == "Bearer SG.key"
    mail = request.json
    assert mail["personalizations"][0]["to"]
    assert "\n" not in mail["subject"]
    assert [part["type"] for part in mail["content"]] == ["text/plain", "text/html"]
    return Reply(202, "")


def signed(request: Received) -> Reply:
    assert Webhook(SIGNING_SECRET).verify(request.raw, request.headers)["data"]["subject"]
    return Reply(204, "")


def custom(request: Received) -> Reply:
    assert request.headers["x-token"] == "hidden-1"
    return Reply()


def through_apprise(request: Received) -> Reply:
    assert request.json["title"]
    assert request.json["message"]
    return Reply()


def sns(request: Received) -> Reply:
    assert "Credential=AKIAIOSFODNN7EXAMPLE/" in request.headers["authorization"]
    assert request.form["Action"] == "Publish"
    subject = request.form["Subject"]
    assert subject.isascii()
    assert subject.isprintable()
    assert 0 < len(subject) < 100
    assert request.form["Message"]
    body = (
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId>'
        "</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
    )
    return Reply(200, body)


def ses(request: Received) -> Reply:
    assert "Credential=AKIAIOSFODNN7EXAMPLE/" in request.headers["authorization"]
    mail = message_from_bytes(base64.b64decode(request.json["Content"]["Raw"]["Data"]), policy=policy.default)
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"]
    assert request.json["EmailTags"][0]["Name"] == "signalbox-key"
    return Reply(200, '{"MessageId": "m-2"}', {"Content-Type": "application/json"})


ROUTES: dict[str, Callable[[Received], Reply]] = {
    "/services/": slack,
    "/teams": teams,
    "/api/webhooks/": discord,
    "/v2/enqueue": pagerduty,
    "/v2/alerts": opsgenie,
    "/bot": telegram,
    "/2010-04-01/": twilio,
    "/hooks/": mattermost,
    "/v3/mail/send": sendgrid,
    "/signed": signed,
    "/custom": custom,
    "/apprise": through_apprise,
    "/v2/email/outbound-emails": ses,
}


class Receivers(Listening):
    """Answers `replies` in turn, then as the real one would. `got` is everything that arrived."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.replies: list[Reply] = []
        self.complaints: list[str] = []
        self.lock = threading.Lock()
        super().__init__(self.handler())

    @property
    def url(self) -> str:
        return self.origin

    def forget(self) -> None:
        """As if it were new: whoever still waits for an answer gets it."""
        self.closing.set()
        self.closing = threading.Event()
        self.got, self.replies, self.complaints = [], [], []

    def take(self, request: Received) -> Reply:
        with self.lock:
            self.got.append(request)
            if self.replies:
                return self.replies.pop(0)
        path = urlsplit(request.path).path
        route = next((check for start, check in ROUTES.items() if path.startswith(start)), sns)
        try:
            return route(request)
        except (AssertionError, KeyError, ValueError, TypeError) as error:
            self.complaints.append(f"{route.__name__}: {error!r}")
            return Reply(400, "it is not as it should be")

    def handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                closing = fake.closing
                reply = fake.take(Received(self.command, self.path, headers, raw))
                if reply.seconds:
                    closing.wait(reply.seconds)
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    if reply.status != 204:
                        self.send_header("Content-Length", str(len(reply.body.encode())))
                    self.end_headers()
                    self.wfile.write(b"" if reply.status == 204 else reply.body.encode())

            do_POST = do_GET = do_PUT = do_PATCH = do_DELETE = answer

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def fake_receivers() -> Iterator[Receivers]:
    fake = Receivers()
    try:
        yield fake
    finally:
        fake.close()
