"""Opsgenie, through its Alert API."""

from typing import Annotated, Any, Literal
from urllib.parse import quote

from msgspec import field

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import cut, draft
from notifications.channels.posting import clean_url, failure, is_success, post_json
from notifications.wire import Message

APIS = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
LONGEST_MESSAGE, LONGEST_ALIAS, LONGEST_DESCRIPTION = 130, 512, 15_000


class OpsgenieSettings(Settings):
    api_key: Annotated[str, secret("API key", "Of an API integration of your team.", max_length=200)]
    region: Annotated[Literal["us", "eu"], told("Region")] = "us"
    priority: Annotated[Literal["P1", "P2", "P3", "P4", "P5"], told("Priority")] = "P3"
    teams: Annotated[list[str], told("Teams", "Who responds.", max_length=50)] = field(default_factory=list)
    users: Annotated[list[str], told("Users", "Who responds.", max_length=50)] = field(default_factory=list)
    schedules: Annotated[list[str], told("Schedules", max_length=50)] = field(default_factory=list)
    escalations: Annotated[list[str], told("Escalations", max_length=50)] = field(default_factory=list)
    tags: Annotated[list[str], told("Tags", max_length=20)] = field(default_factory=list)
    details: Annotated[dict[str, str], told("Details", "Added to every alert.")] = field(default_factory=dict)
    api_url: Annotated[str, told("API address", "Of a proxy of yours; empty for Opsgenie's own.")] = ""

    def __post_init__(self) -> None:
        if not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            raise BadField("api_key", "An API key has no blanks and only ASCII characters.")


class Opsgenie(Kind[OpsgenieSettings]):
    """Messages about one trouble share Opsgenie's alert (its alias); the one that says it is over closes it."""

    name = "opsgenie"
    title = "Opsgenie"
    help = "In Opsgenie: your team, Integrations, Add integration, API, copy its key."
    settings = OpsgenieSettings
    closes_incidents = True

    def clean(self, settings: OpsgenieSettings) -> OpsgenieSettings:
        if settings.api_url:
            settings.api_url = clean_url("api_url", settings.api_url).rstrip("/")
        return settings

    def hint(self, settings: OpsgenieSettings) -> str:
        return f"Opsgenie {', '.join(settings.teams)} •••{settings.api_key[-3:]}"

    def render(self, settings: OpsgenieSettings, message: Message, key: str) -> Rendered:
        return Rendered(body=body_of(settings, message, key))

    def deliver(self, settings: OpsgenieSettings, message: Message, key: str, *, seconds: float) -> Answer:
        url = f"{settings.api_url or APIS[settings.region]}/v2/alerts"
        if message.is_resolved:
            url = f"{url}/{quote(alias_of(message, key), safe='')}/close?identifierType=alias"
        headers = {"Authorization": f"GenieKey {settings.api_key}", "Webhook-Id": key}
        reply = post_json(url, body_of(settings, message, key), headers, seconds=seconds)
        if not is_success(reply):
            raise failure("Opsgenie", reply)
        return Answer(f"HTTP {reply.status}")


def alias_of(message: Message, key: str) -> str:
    return (message.incident or key)[:LONGEST_ALIAS]


def body_of(settings: OpsgenieSettings, message: Message, key: str) -> dict[str, Any]:
    if message.is_resolved:
        return {"source": "Signalbox"}
    parts = draft(message)
    responders = [
        *({"type": "team", "name": name} for name in settings.teams),
        *({"type": "user", "username": name} for name in settings.users),
        *({"type": "schedule", "name": name} for name in settings.schedules),
        *({"type": "escalation", "name": name} for name in settings.escalations),
    ]
    return {
        "message": cut(parts.headline, LONGEST_MESSAGE),
        "alias": alias_of(message, key),
        "description": cut(parts.as_text(), LONGEST_DESCRIPTION),
        "responders": responders,
        "tags": settings.tags,
        "details": {**settings.details, **dict(parts.facts)},
        "source": "Signalbox",
        "priority": settings.priority,
    }
