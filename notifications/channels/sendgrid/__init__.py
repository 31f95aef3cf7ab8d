"""E-mail, through SendGrid."""

from typing import Annotated, Any

from msgspec import field

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import draft
from notifications.channels.email.letter import check_address, html_of, rendered, text_of
from notifications.channels.posting import clean_url, failure, is_success, post_json
from notifications.wire import Message

API = "https://api.sendgrid.com"


class SendgridSettings(Settings):
    api_key: Annotated[str, secret("API key", "Begins with SG.", max_length=200)]
    sender: Annotated[str, told("From", "An address that SendGrid has verified.")]
    to: Annotated[list[str], told("To", "Addresses.", min_length=1, max_length=50)] = field(default_factory=list)
    api_url: Annotated[str, told("API address", "Of a proxy of yours; empty for SendGrid's own.")] = ""

    def __post_init__(self) -> None:
        if not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            raise BadField("api_key", "An API key has no blanks and only ASCII characters.")
        check_address("sender", self.sender)
        for address in self.to:
            check_address("to", address)


class Sendgrid(Kind[SendgridSettings]):
    name = "sendgrid"
    title = "E-mail (SendGrid)"
    help = "In SendGrid: Settings, API Keys, Create, with the right to send mail."
    settings = SendgridSettings

    def clean(self, settings: SendgridSettings) -> SendgridSettings:
        if settings.api_url:
            settings.api_url = clean_url("api_url", settings.api_url).rstrip("/")
        return settings

    def hint(self, settings: SendgridSettings) -> str:
        return f"E-mail to {', '.join(settings.to)}"

    def render(self, settings: SendgridSettings, message: Message, key: str) -> Rendered:
        return rendered(message)

    def deliver(self, settings: SendgridSettings, message: Message, key: str, *, seconds: float) -> Answer:
        headers = {"Authorization": f"Bearer {settings.api_key}", "Webhook-Id": key}
        url = f"{settings.api_url or API}/v3/mail/send"
        reply = post_json(url, body_of(settings, message, key), headers, seconds=seconds)
        if not is_success(reply):
            raise failure("SendGrid", reply)
        return Answer(f"HTTP {reply.status}")


def body_of(settings: SendgridSettings, message: Message, key: str) -> dict[str, Any]:
    parts = draft(message)
    return {
        "personalizations": [{"to": [{"email": address} for address in settings.to]}],
        "from": {"email": settings.sender},
        "subject": parts.headline,
        "content": [
            {"type": "text/plain", "value": text_of(parts)},
            {"type": "text/html", "value": html_of(parts)},
        ],
        "custom_args": {"signalbox_key": key},
        "tracking_settings": {"click_tracking": {"enable": False}, "open_tracking": {"enable": False}},
    }
