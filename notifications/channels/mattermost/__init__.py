"""Mattermost, through an incoming webhook."""

import re
from typing import Annotated, Any

import msgspec

from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import Draft, cut, draft
from notifications.channels.posting import clean_url, failure, host_of, is_success, post_json
from notifications.wire import Message

LONGEST_TEXT = 4000
MARKUP = re.compile(r"([\\*_~`|>#\[\]()<:!-])")
UNSEEN_BREAK = "\u200b"  # after @ and ~, so that neither a person nor a channel is meant


class MattermostSettings(Settings):
    url: Annotated[str, secret("Webhook URL", "Like https://mattermost.example.com/hooks/….", max_length=2000)]
    channel: Annotated[str, told("Channel", "Another than the webhook's own, if it may.", max_length=64)] = ""
    username: Annotated[str, told("Shown as", max_length=64)] = ""


class Mattermost(Kind[MattermostSettings]):
    name = "mattermost"
    title = "Mattermost"
    help = "In Mattermost: Integrations, Incoming Webhooks, Add, copy the URL."
    settings = MattermostSettings

    def clean(self, settings: MattermostSettings) -> MattermostSettings:
        return msgspec.structs.replace(settings, url=clean_url("url", settings.url))

    def hint(self, settings: MattermostSettings) -> str:
        return f"{host_of(settings.url)} {settings.channel}".rstrip()

    def render(self, settings: MattermostSettings, message: Message, key: str) -> Rendered:
        named = {"channel": settings.channel, "username": settings.username}
        return Rendered(body={**body_of(draft(message)), **{name: value for name, value in named.items() if value}})

    def deliver(self, settings: MattermostSettings, message: Message, key: str, *, seconds: float) -> Answer:
        reply = post_json(settings.url, self.render(settings, message, key).body, {"Webhook-Id": key}, seconds=seconds)
        if not is_success(reply):
            raise failure("Mattermost", reply)
        return Answer(f"HTTP {reply.status}")


def body_of(parts: Draft) -> dict[str, Any]:
    links = " · ".join(f"[{words}]({url})" for words, url in parts.links)
    attachment = {
        "fallback": plain(parts.headline),
        "color": parts.color,
        "text": "\n\n".join(filter(None, (plain(cut(parts.detail, LONGEST_TEXT)), links))),
        "fields": [{"title": name, "value": plain(value), "short": True} for name, value in parts.facts],
    }
    return {"text": f"**{plain(parts.headline)}**", "attachments": [attachment]}


def plain(words: str) -> str:
    """Without markup and mentions."""
    return MARKUP.sub(r"\\\1", words).replace("@", f"@{UNSEEN_BREAK}")
