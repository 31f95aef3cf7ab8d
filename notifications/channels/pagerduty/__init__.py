"""PagerDuty, through its Events API v2."""

from typing import Annotated, Any, Literal

from msgspec import field

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import cut, draft
from notifications.channels.posting import REVOKED, clean_url, failure, is_success, post_json, read_object
from notifications.wire import Message

APIS = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
LONGEST_SUMMARY, LONGEST_KEY = 1024, 255


class PagerDutySettings(Settings):
    routing_key: Annotated[str, secret("Integration key", "Of an Events API v2 integration: 32 letters and digits.")]
    region: Annotated[Literal["us", "eu"], told("Region")] = "us"
    severity: Annotated[Literal["critical", "error", "warning", "info"], told("Severity")] = "error"
    component: Annotated[str, told("Component", max_length=200)] = ""
    group: Annotated[str, told("Group", max_length=200)] = ""
    event_class: Annotated[str, told("Class", max_length=200)] = ""
    details: Annotated[dict[str, str], told("Custom details", "Added to every event.")] = field(default_factory=dict)
    api_url: Annotated[str, told("API address", "Of a proxy of yours; empty for PagerDuty's own.")] = ""

    def __post_init__(self) -> None:
        if not (self.routing_key.isascii() and self.routing_key.isalnum() and len(self.routing_key) <= 64):
            raise BadField("routing_key", "An integration key is 32 letters and digits.")


class PagerDuty(Kind[PagerDutySettings]):
    """Messages about one trouble share PagerDuty's incident; the one that says it is over resolves it."""

    name = "pagerduty"
    title = "PagerDuty"
    help = "In PagerDuty: the service, Integrations, Add, Events API v2, copy the integration key."
    settings = PagerDutySettings
    closes_incidents = True

    def clean(self, settings: PagerDutySettings) -> PagerDutySettings:
        if settings.api_url:
            settings.api_url = clean_url("api_url", settings.api_url).rstrip("/")
        return settings

    def hint(self, settings: PagerDutySettings) -> str:
        return f"PagerDuty •••{settings.routing_key[-3:]}"

    def render(self, settings: PagerDutySettings, message: Message, key: str) -> Rendered:
        return Rendered(body=body_of(settings, message, key))

    def deliver(self, settings: PagerDutySettings, message: Message, key: str, *, seconds: float) -> Answer:
        url = f"{settings.api_url or APIS[settings.region]}/v2/enqueue"
        reply = post_json(url, body_of(settings, message, key), {"Webhook-Id": key}, seconds=seconds)
        if reply.status == 400 and b"routing key" in reply.body.lower():
            raise failure("PagerDuty", reply, advice=REVOKED, permanent="channel")
        if not is_success(reply):
            raise failure("PagerDuty", reply)
        said = read_object(reply)
        return Answer(f"HTTP {reply.status} {said['status']}" if said.get("status") == "success" else "HTTP 202")


def body_of(settings: PagerDutySettings, message: Message, key: str) -> dict[str, Any]:
    event = {
        "routing_key": settings.routing_key,
        "event_action": "resolve" if message.is_resolved else "trigger",
        "dedup_key": (message.incident or key)[:LONGEST_KEY],
    }
    if message.is_resolved:
        return event
    parts = draft(message)
    payload = {
        "summary": cut(parts.headline, LONGEST_SUMMARY),
        "source": "/".join(filter(None, (message.account, message.workspace))) or "Signalbox",
        "severity": settings.severity,
        "timestamp": message.occurred.isoformat(),
        "component": settings.component,
        "group": settings.group,
        "class": settings.event_class,
        "custom_details": {**settings.details, "message": parts.detail, **dict(parts.facts)},
    }
    return {
        **event,
        "client": "Signalbox",
        "links": [{"href": url, "text": words} for words, url in parts.links],
        "payload": {name: value for name, value in payload.items() if value},
    }
