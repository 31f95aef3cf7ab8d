"""Discord, through a channel's webhook."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

from controlplane.egress.http import Reply
from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, DeliveryFailed, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import Draft, draft, fitted
from notifications.channels.posting import clean_url, failure, host_of, is_success, post_json, read_object
from notifications.wire import Message

HOSTS = ("discord.com", "discordapp.com")
SHAPE = "A Discord webhook's address looks like https://discord.com/api/webhooks/…/…"
PATH = re.compile(r"(/api(/v\d+)?)?/webhooks/\d+/[\w-]+")
MESSAGE_ID = re.compile(r"\d{1,25}")
MARKDOWN = re.compile(r"([\\*_~`|>#\[\]()<:@-])")
LONGEST_TITLE, LONGEST_TEXT = 256, 4000
UNKNOWN_MESSAGE = 10008


class DiscordSettings(Settings):
    url: Annotated[str, secret("Webhook URL", "Starts with https://discord.com/api/webhooks/.", max_length=2000)]
    username: Annotated[str, told("Shown as", "A name other than the webhook's own.", max_length=80)] = ""


class Discord(Kind[DiscordSettings]):
    name = "discord"
    title = "Discord"
    help = "In Discord: the channel's settings, Integrations, Webhooks, New Webhook, Copy Webhook URL."
    settings = DiscordSettings
    can_edit = True

    def clean(self, settings: DiscordSettings) -> DiscordSettings:
        url = clean_url("url", settings.url, hosts=HOSTS, shape=SHAPE).partition("?")[0]
        if not PATH.fullmatch(urlsplit(url).path):
            raise BadField("url", f"{SHAPE}. This one is incomplete.")
        return msgspec.structs.replace(settings, url=url)

    def hint(self, settings: DiscordSettings) -> str:
        return f"{host_of(settings.url)}/api/webhooks/•••{settings.url[-3:]}"

    def render(self, settings: DiscordSettings, message: Message, key: str) -> Rendered:
        named = {"username": settings.username} if settings.username else {}
        return Rendered(body={**named, **body_of(draft(message))})

    def deliver(self, settings: DiscordSettings, message: Message, key: str, *, seconds: float) -> Answer:
        body = self.render(settings, message, key).body
        reply = post_json(f"{settings.url}?wait=true", body, {"Webhook-Id": key}, seconds=seconds)
        if not is_success(reply):
            raise explain(reply)
        reference = str(read_object(reply).get("id", ""))
        return Answer(f"HTTP {reply.status}", reference if MESSAGE_ID.fullmatch(reference) else "")

    def edit(self, settings: DiscordSettings, reference: str, message: Message, key: str, *, seconds: float) -> Answer:
        """A message that was deleted in Discord is sent anew."""
        url = f"{settings.url}/messages/{reference}"
        reply = post_json(url, body_of(draft(message)), {"Webhook-Id": key}, seconds=seconds, method="PATCH")
        if reply.status == 404 and read_object(reply).get("code") == UNKNOWN_MESSAGE:
            return self.deliver(settings, message, key, seconds=seconds)
        if not is_success(reply):
            raise explain(reply)
        return Answer(f"HTTP {reply.status}, edited", reference)


def explain(reply: Reply) -> DeliveryFailed:
    said = read_object(reply)
    wait = said.get("retry_after")
    retry_after = float(wait) if isinstance(wait, int | float) and "retry-after" not in reply.headers else None
    return failure("Discord", reply, retry_after=retry_after, code=said.get("code"))


def body_of(parts: Draft) -> dict[str, Any]:
    """An embed, where nothing is a mention, with Markdown escaped; and no mention is allowed anywhere."""
    embed: dict[str, Any] = {
        "title": fitted(parts.headline, LONGEST_TITLE, escape),
        "color": int(parts.color.removeprefix("#"), 16),
        "fields": [{"name": name, "value": fitted(value, 1000, escape), "inline": True} for name, value in parts.facts],
        "timestamp": f"{parts.clock[:10]}T{parts.clock[11:19]}Z",
    }
    links = " · ".join(f"[{words}](<{url}>)" for words, url in parts.links)
    embed["description"] = "\n".join(filter(None, (fitted(parts.detail, LONGEST_TEXT - len(links) - 1, escape), links)))
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def escape(words: str) -> str:
    return MARKDOWN.sub(r"\\\1", words)
