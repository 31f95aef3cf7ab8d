"""Slack as an app sees it: the Web API, the OAuth dialog and Socket Mode, on loopback, for the real slack-sdk.

It checks what Slack checks: tokens, JSON, the shape and limits of blocks. Messages are kept as Slack would show them.
"""

import hashlib
import hmac
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from tests.fakes.listening import Listening
from tests.fakes.slack import Reply

BOT, APP = "xoxb-1-bot-token-of-acme", "xapp-1-A1-app-token"
TEAM, CHANNEL = "T0ACME01", "C0DATA001"
SIGNING_SECRET = "signing-secret-of-the-fake-slack"
CLIENT_ID, CLIENT_SECRET = "1234.5678", "client-secret-of-the-fake"
# Methods that read: Slack takes their arguments as a form only.
FORM_ONLY = {"conversations.info", "users.info", "oauth.v2.access"}
ELEMENTS = {"plain_text_input", "number_input", "datepicker", "static_select", "button"}


@dataclass(frozen=True)
class Call:
    method: str
    token: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass
class User:
    email: str = ""
    name: str = "Ann"
    flags: dict[str, bool] = field(default_factory=dict)


class FakeSlackApp(Listening):
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.complaints: list[str] = []
        self.replies: dict[str, list[str | Reply]] = {}
        """What the next calls of a method are answered: one of Slack's words, or a whole reply."""
        self.users: dict[str, User] = {}
        self.channels = {CHANNEL: "data-alerts"}
        self.messages: dict[str, dict[str, Any]] = {}
        self.codes: set[str] = set()
        self.triggers: set[str] = set()
        self.acks: list[str] = []
        self.sockets: list[ServerConnection] = []
        self.numbers = itertools.count(1)
        self.arrived = threading.Condition()
        super().__init__(self.handler())
        self.line: Server = serve(self.hold_line, "127.0.0.1", 0)
        threading.Thread(target=self.line.serve_forever, daemon=True).start()

    # ------------------------------------------------------------------------------------------------- what tests ask

    @property
    def url(self) -> str:
        return self.origin

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def wait(self, what: Any, seconds: float = 15.0) -> None:
        with self.arrived:
            assert self.arrived.wait_for(what, seconds), (self.calls, self.acks)

    def environment(self) -> dict[str, str]:
        return {
            "SIGNALBOX_SLACK_URL": self.url,
            "SIGNALBOX_SLACK_CLIENT_ID": CLIENT_ID,
            "SIGNALBOX_SLACK_CLIENT_SECRET": CLIENT_SECRET,
            "SIGNALBOX_SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SIGNALBOX_SLACK_APP_TOKEN": APP,
        }

    def configure(self, settings: Any) -> None:
        for name, value in self.environment().items():
            setattr(settings, name.removeprefix("SIGNALBOX_"), value)

    def button(self, ts: str, action: str) -> dict[str, Any]:
        """The button of a message, as it stands in Slack now."""
        blocks = self.messages[ts]["attachments"][0]["blocks"]
        elements = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
        (found,) = [one for one in elements if one["action_id"] == f"signalbox:{action}"]
        return found

    def buttons(self, ts: str) -> list[str]:
        blocks = self.messages[ts]["attachments"][0]["blocks"]
        return [one["action_id"] for block in blocks if block["type"] == "actions" for one in block["elements"]]

    def click(self, ts: str, action: str, user: str) -> dict[str, Any]:
        """What Slack sends when somebody presses a button of a message."""
        shown = self.messages[ts]
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "acme"},
            "user": {"id": user, "username": "ann", "name": "ann", "team_id": TEAM},
            "container": {"type": "message", "message_ts": ts, "channel_id": shown["channel"]},
            "channel": {"id": shown["channel"], "name": "data-alerts"},
            "message": {"ts": ts, **{name: shown[name] for name in ("text", "blocks", "attachments")}},
            "trigger_id": self.trigger(),
            "response_url": f"{self.url}/never",
            "actions": [{**self.button(ts, action), "action_ts": str(time.time())}],
        }

    def submit(self, view: dict[str, Any], user: str, values: dict[str, Any]) -> dict[str, Any]:
        """What Slack sends when somebody sends a modal off."""
        state = {name: {"value": value} for name, value in values.items()}
        return {
            "type": "view_submission",
            "team": {"id": TEAM},
            "user": {"id": user, "name": "ann"},
            "trigger_id": self.trigger(),
            "view": {**view, "id": "V1", "hash": "1.a", "state": {"values": state}},
        }

    def trigger(self) -> str:
        made = f"{next(self.numbers)}.{uuid4().hex}"
        self.triggers.add(made)
        return made

    def post(self, base: str, payload: dict[str, Any], *, ago: float = 0.0, secret: str = SIGNING_SECRET):
        """Send an interaction over HTTP, signed as Slack signs."""
        body = urlencode({"payload": json.dumps(payload)})
        timestamp = str(int(time.time() - ago))
        digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        return httpx.post(f"{base}/slack/interactions", content=body, headers=headers, timeout=10)

    def deliver(self, payload: dict[str, Any], envelope: str = "") -> str:
        """Send an interaction over Socket Mode; the same `envelope` again is a redelivery."""
        id = envelope or str(uuid4())
        self.wait(lambda: self.sockets)
        self.sockets[-1].send(
            json.dumps({"envelope_id": id, "type": "interactive", "accepts_response_payload": True, "payload": payload})
        )
        return id

    # ------------------------------------------------------------------------------------------------------- the Slack

    def answer(self, method: str, token: str, kind: str, body: dict[str, Any], headers: dict[str, str]) -> Reply:
        with self.arrived:
            self.calls.append(Call(method, token, body, headers))
            self.arrived.notify_all()
            wanted = self.replies.get(method, [])
            told = wanted.pop(0) if wanted else None
        if isinstance(told, Reply):
            return told
        if told is not None:
            return answered({"ok": False, "error": told})
        if method in FORM_ONLY and "json" in kind:
            return answered({"ok": False, "error": "invalid_arguments"})
        if token != {"apps.connections.open": APP, "oauth.v2.access": ""}.get(method, BOT):
            return answered({"ok": False, "error": "invalid_auth"})
        handler = getattr(self, method.replace(".", "_"), None)
        if handler is None:
            return answered({"ok": False, "error": "unknown_method"})
        with self.arrived:
            made = handler(body)
            self.arrived.notify_all()
        return answered({"ok": "error" not in made, **made})

    def auth_test(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "team": "Acme", "user_id": "U0BOT"}

    def oauth_v2_access(self, body: dict[str, Any]) -> dict[str, Any]:
        if (body.get("client_id"), body.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return {"error": "invalid_client_id"}
        if body.get("code") not in self.codes:
            return {"error": "invalid_code"}
        self.codes.remove(body["code"])
        hook = {"channel": "#data-alerts", "channel_id": CHANNEL, "url": f"{self.url}/services/T/B/x"}
        team = {"id": TEAM, "name": "Acme"}
        return {
            "access_token": BOT,
            "team": team,
            "bot_user_id": "U0BOT",
            "scope": "chat:write",
            "incoming_webhook": hook,
        }

    def conversations_info(self, body: dict[str, Any]) -> dict[str, Any]:
        name = self.channels.get(body.get("channel", ""))
        return {"channel": {"id": body["channel"], "name": name}} if name else {"error": "channel_not_found"}

    def users_info(self, body: dict[str, Any]) -> dict[str, Any]:
        user = self.users.get(body.get("user", ""))
        if user is None:
            return {"error": "user_not_found"}
        return {"user": {"id": body["user"], "real_name": user.name, "profile": {"email": user.email}, **user.flags}}

    def chat_postMessage(self, body: dict[str, Any]) -> dict[str, Any]:
        channel = self.channel_of(body.get("channel", ""))
        if channel is None:
            return {"error": "channel_not_found"}
        self.check_blocks(body)
        ts = f"{1_700_000_000 + next(self.numbers)}.000100"
        self.messages[ts] = {"blocks": [], "attachments": [], **body, "channel": channel}
        return {"channel": channel, "ts": ts}

    def chat_update(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("ts") not in self.messages:
            return {"error": "message_not_found"}
        self.check_blocks(body)
        self.messages[body["ts"]].update(body)
        return {"channel": body["channel"], "ts": body["ts"]}

    def chat_postEphemeral(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"message_ts": "1.1"} if body.get("user") and body.get("text") else {"error": "no_text"}

    def views_open(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("trigger_id") not in self.triggers:
            return {"error": "expired_trigger_id"}
        self.triggers.remove(body["trigger_id"])
        view = body["view"]
        self.check(len(view["title"]["text"]) <= 24, "title")
        self.check(len(view["private_metadata"]) <= 3000, "private_metadata")
        self.check(len(view["blocks"]) <= 100, "blocks of a view")
        for block in view["blocks"]:
            self.check(block["type"] != "input" or block["element"]["type"] in ELEMENTS, "element")
        return {"view": view}

    def apps_connections_open(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"url": f"ws://127.0.0.1:{self.line.socket.getsockname()[1]}/link?ticket={uuid4()}"}

    def channel_of(self, given: str) -> str | None:
        names = {f"#{name}": id for id, name in self.channels.items()}
        return given if given in self.channels else names.get(given)

    def check(self, is_right: bool, what: str) -> None:
        if not is_right:
            self.complaints.append(what)

    def check_blocks(self, body: dict[str, Any]) -> None:
        self.check(bool(body.get("text")), "text")
        lists = [body.get("blocks", []), *(one.get("blocks", []) for one in body.get("attachments", []))]
        for blocks in lists:
            self.check(len(blocks) <= 50, "blocks")
            for block in blocks:
                self.check(len(block.get("text", {}).get("text", "")) <= 3000, "section")
                elements = block.get("elements", [])
                self.check(len(elements) <= (25 if block["type"] == "actions" else 10), "elements")
                if block["type"] == "actions":
                    self.check(bool(elements), "empty actions")
                    self.check(len({one["action_id"] for one in elements}) == len(elements), "action_id twice")
                    self.check(all(len(one["text"]["text"]) <= 75 for one in elements), "button text")
                    self.check(all(len(one.get("value", "")) <= 2000 for one in elements), "button value")

    def hold_line(self, socket: ServerConnection) -> None:
        socket.send(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}}))
        with self.arrived:
            self.sockets.append(socket)
            self.arrived.notify_all()
        with suppress(ConnectionClosed):
            for message in socket:
                with self.arrived:
                    self.acks.append(json.loads(message)["envelope_id"])
                    self.arrived.notify_all()
        with self.arrived:
            self.sockets.remove(socket)
            self.arrived.notify_all()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """The dialog: whoever asks has pressed Allow."""
                query = dict(parse_qsl(urlsplit(self.path).query))
                code = uuid4().hex
                fake.codes.add(code)
                back = urlencode({"code": code, "state": query["state"]})
                self.send(Reply(302, "", {"Location": f"{query['redirect_uri']}?{back}"}))

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                kind = self.headers.get("Content-Type", "")
                if "json" in kind:
                    body = json.loads(raw or "{}")
                else:
                    body = {name: values[0] for name, values in parse_qs(raw).items()}
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
                method = urlsplit(self.path).path.removeprefix("/api/")
                reply = fake.answer(method, token, kind, body, dict(self.headers.items()))
                if reply.seconds:
                    fake.closing.wait(reply.seconds)
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.send(reply)

            def send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body.encode())))
                self.end_headers()
                self.wfile.write(reply.body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def close(self) -> None:
        self.line.shutdown()
        super().close()


def answered(body: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps(body))


@contextmanager
def fake_slack_app() -> Iterator[FakeSlackApp]:
    fake = FakeSlackApp()
    try:
        yield fake
    finally:
        fake.close()
