"""Any HTTP receiver of one's own, signed as Standard Webhooks says."""

import base64
from binascii import Error
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import field
from standardwebhooks import Webhook as Signer

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret
from notifications.channels.drafts import draft
from notifications.channels.headers import check_headers
from notifications.channels.posting import JSON, clean_url, failure, host_of, is_success, post
from notifications.wire import Message

SHORTEST_SECRET, LONGEST_SECRET = 24, 64  # bytes, as Standard Webhooks says
OURS = ("content-type", "webhook-id", "webhook-timestamp", "webhook-signature")


class WebhookSettings(Settings):
    url: Annotated[str, secret("URL", "Where the message is posted as JSON.", max_length=2000)]
    signing_secret: Annotated[
        str, secret("Signing secret", "whsec_ and 24 to 64 random bytes in base64. Your receiver checks with it.")
    ]
    previous_secret: Annotated[
        str, secret("Previous secret", "While your receiver changes over, messages are signed with both.")
    ] = ""
    headers: Annotated[dict[str, str], secret("Headers", "Sent with every message.", max_length=20)] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        check_secret("signing_secret", self.signing_secret)
        if self.previous_secret:
            check_secret("previous_secret", self.previous_secret)
        check_headers(self.headers, taken=OURS)


def check_secret(name: str, text: str) -> None:
    try:
        size = len(base64.b64decode(text.removeprefix("whsec_"), validate=True))
    except (Error, ValueError):
        raise BadField(name, "A signing secret is whsec_ and its bytes in base64.") from None
    if not SHORTEST_SECRET <= size <= LONGEST_SECRET:
        raise BadField(name, f"A signing secret has {SHORTEST_SECRET} to {LONGEST_SECRET} bytes, this one has {size}.")


class Webhook(Kind[WebhookSettings]):
    """`webhook-id` is the delivery's key: it stays the same over retries."""

    name = "webhook"
    title = "Webhook"
    help = "Any address of yours. Check the webhook-signature header with a Standard Webhooks library."
    settings = WebhookSettings

    def clean(self, settings: WebhookSettings) -> WebhookSettings:
        return msgspec.structs.replace(settings, url=clean_url("url", settings.url))

    def hint(self, settings: WebhookSettings) -> str:
        return f"{host_of(settings.url)}/…"

    def render(self, settings: WebhookSettings, message: Message, key: str) -> Rendered:
        return Rendered(body=body_of(message))

    def deliver(self, settings: WebhookSettings, message: Message, key: str, *, seconds: float) -> Answer:
        body = msgspec.json.encode(body_of(message))
        headers = {**settings.headers, **JSON, **signed(settings, key, body, datetime.now(UTC))}
        reply = post(settings.url, body, headers, seconds=seconds)
        if not is_success(reply):
            raise failure("The receiver", reply)
        return Answer(f"HTTP {reply.status}")


def signed(settings: WebhookSettings, key: str, body: bytes, now: datetime) -> dict[str, str]:
    secrets = filter(None, (settings.signing_secret, settings.previous_secret))
    signatures = (Signer(one).sign(key, now, body.decode()) for one in secrets)
    return {
        "Webhook-Id": key,
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }


def body_of(message: Message) -> dict[str, Any]:
    """`docs/webhooks.md` describes it."""
    parts = draft(message)
    facts: dict[str, Any] = msgspec.to_builtins(message)
    told = ("state_type", "state_name", "state_message", "flow_run_id", "flow_run", "flow", "deployment", "work_pool",
            "account", "workspace", "url", "incident", "is_resolved", "is_test")  # fmt: skip
    return {
        "type": "notification.resolved" if message.is_resolved else "notification",
        "timestamp": facts["occurred"],
        "data": {"subject": parts.headline, "body": parts.detail, **{name: facts[name] for name in told}},
    }
