"""Microsoft Teams, through a workflow's webhook."""

from typing import Annotated, Any

import msgspec

from notifications.channels.contract import Answer, DeliveryFailed, Kind, Rendered, Settings, secret
from notifications.channels.drafts import Draft, cut, draft
from notifications.channels.posting import SLOW_DOWN, clean_url, failure, host_of, is_success, post_json
from notifications.wire import Message

HOSTS = ("logic.azure.com", "logic.azure.us", "api.powerplatform.com", "webhook.office.com")
SHAPE = "A Teams workflow's address looks like https://….logic.azure.com/workflows/…"
LONGEST_DETAIL = 6000  # a card may have 28 kB, and a character four bytes


class TeamsSettings(Settings):
    url: Annotated[str, secret("Workflow URL", "Copied from the workflow 'Send webhook alerts'.", max_length=2000)]


class Teams(Kind[TeamsSettings]):
    name = "teams"
    title = "Microsoft Teams"
    help = "In Teams: the channel's menu, Workflows, 'Send webhook alerts to a channel', copy its URL."
    settings = TeamsSettings

    def clean(self, settings: TeamsSettings) -> TeamsSettings:
        return msgspec.structs.replace(settings, url=clean_url("url", settings.url, hosts=HOSTS, shape=SHAPE))

    def hint(self, settings: TeamsSettings) -> str:
        return f"{host_of(settings.url)}/…"

    def render(self, settings: TeamsSettings, message: Message, key: str) -> Rendered:
        return Rendered(body=body_of(draft(message)))

    def deliver(self, settings: TeamsSettings, message: Message, key: str, *, seconds: float) -> Answer:
        reply = post_json(settings.url, body_of(draft(message)), {"Webhook-Id": key}, seconds=seconds)
        if not is_success(reply):
            raise failure("Teams", reply)
        if b"HTTP error 429" in reply.body:  # what an old connector says with a status of 200
            raise DeliveryFailed(f"Teams answered HTTP 429. {SLOW_DOWN}", retry_after=30)
        if b"HTTP error" in reply.body:
            raise DeliveryFailed("Teams took the message and could not show it.")
        return Answer(f"HTTP {reply.status}")


def body_of(parts: Draft) -> dict[str, Any]:
    """An adaptive card. Run data stands in text runs only: they have no Markdown, no links and no mentions."""
    facts = [*parts.facts, ("Since", parts.clock)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            text(parts.headline, weight="Bolder", size="Medium"),
            *([text(cut(parts.detail, LONGEST_DETAIL))] if parts.detail else []),
            *(text(f"{name}: {value}", size="Small", isSubtle=True) for name, value in facts),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": words, "url": url} for words, url in parts.links],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def text(words: str, **look: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": words, **look}]}
