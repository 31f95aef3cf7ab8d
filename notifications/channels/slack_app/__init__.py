"""Slack, through an app with a bot: messages are rewritten, have threads, and buttons."""

import re
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import draft
from notifications.channels.slack.message import body_of, escape, plain_body_of
from notifications.channels.slack_app import buttons
from notifications.channels.slack_app.answers import LAYOUT_REFUSED, NOT_EDITABLE, SlackRefused
from notifications.channels.slack_app.client import call
from notifications.wire import Message

TOKEN = re.compile(r"xox[\w.-]{8,250}")
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")
CHANNEL_NAME = re.compile(r"[^\s#@<>|&/\\\"']{1,80}")
MENTION = re.compile(r"<#([CGD][A-Z0-9]{6,20})(?:\|[^>]*)?>")


class SlackAppSettings(Settings):
    token: Annotated[str, secret("Bot token", "Starts with xoxb-. OAuth & Permissions of your Slack app shows it.")]
    channel: Annotated[str, told("Channel", "Its name, link or id. Invite the app to private channels.")]
    team_id: Annotated[str, told("Slack workspace id", "Like T0123456; filled in by Add to Slack.", max_length=40)] = ""
    team: Annotated[str, told("Slack workspace", "As people know it.", max_length=200)] = ""
    channel_name: Annotated[str, told("Channel name", "As people know it.", max_length=100)] = ""

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            raise BadField("token", "A bot token starts with xoxb-")


class SlackApp(Kind[SlackAppSettings]):
    """The secret is the bot's token: whoever has it speaks as the bot."""

    name = "slack-app"
    title = "Slack app"
    help = "Press Add to Slack, or paste the bot token of your Slack app, and choose a channel."
    settings = SlackAppSettings
    can_edit = True

    def clean(self, settings: SlackAppSettings) -> SlackAppSettings:
        return msgspec.structs.replace(settings, channel=clean_channel(settings.channel))

    def hint(self, settings: SlackAppSettings) -> str:
        name = settings.channel_name or settings.channel
        return " / ".join(filter(None, (settings.team or "Slack", name if name[:1] in "#CGD" else f"#{name}")))

    def deliver(self, settings: SlackAppSettings, message: Message, key: str, *, seconds: float) -> Answer:
        posted, words = send(settings, "chat.postMessage", {"channel": settings.channel}, message, key, seconds)
        return Answer(words, reference_of(posted))

    def render(self, settings: SlackAppSettings, message: Message, key: str) -> Rendered:
        """What a button stands for is signed by us and nobody's business."""
        body = app_body_of(message)
        for block in body["attachments"][0]["blocks"]:
            for element in block["elements"] if block["type"] == "actions" else ():
                if "value" in element:
                    element["value"] = "signed"
        return Rendered(body={"channel": settings.channel, **body})

    def edit(self, settings: SlackAppSettings, reference: str, message: Message, key: str, *, seconds: float) -> Answer:
        """Rewrite the message; its end is said in its thread too, since an edit alone notifies nobody."""
        channel, _, ts = reference.partition(":")
        try:
            _, words = send(settings, "chat.update", {"channel": channel, "ts": ts}, message, key, seconds)
        except SlackRefused as refused:
            if refused.word not in NOT_EDITABLE:
                raise
            return self.deliver(settings, message, key, seconds=seconds)
        if message.is_resolved:
            follow_up(settings.token, channel, ts, draft(message).headline, key=key, seconds=seconds)
        return Answer(f"{words}, edited", reference)


def send(
    settings: SlackAppSettings, method: str, place: dict[str, Any], message: Message, key: str, seconds: float
) -> tuple[dict[str, Any], str]:
    """Once more as plain text if Slack does not take the layout."""
    try:
        return call(settings.token, method, {**place, **app_body_of(message)}, seconds=seconds, key=key), "200 ok"
    except SlackRefused as refused:
        if refused.word not in LAYOUT_REFUSED:
            raise
        plain = {**place, **plain_body_of(message), "blocks": [], "attachments": []}
        words = f"200 ok, as plain text: Slack refused the layout ({refused.word})"
        return call(settings.token, method, plain, seconds=seconds, key=key), words


def app_body_of(message: Message) -> dict[str, Any]:
    """The webhook's message, with buttons that act where the webhook has only links."""
    body = body_of(message)
    (attachment,) = body["attachments"]
    blocks = [block for block in attachment["blocks"] if block["type"] != "actions"]
    actions = buttons.block_of(message, draft(message).links)
    attachment = {**attachment, "blocks": [*blocks, actions] if actions else blocks}
    return {**body, "attachments": [attachment], "unfurl_links": False, "unfurl_media": False}


def follow_up(token: str, channel: str, ts: str, words: str, *, key: str, seconds: float) -> None:
    """Say something in the message's thread."""
    body = {"channel": channel, "thread_ts": ts, "text": escape(words), "unfurl_links": False}
    call(token, "chat.postMessage", body, seconds=seconds, key=key)


def reference_of(posted: dict[str, Any]) -> str:
    channel, ts = posted.get("channel"), posted.get("ts")
    return f"{channel}:{ts}" if isinstance(channel, str) and isinstance(ts, str) else ""


def clean_channel(text: str) -> str:
    """An id or `#name`, from a name, an id, or the link that Slack copies. `BadField` for anything else."""
    words = text.strip().strip("\"'`").strip()
    if found := MENTION.fullmatch(words):
        return found[1]
    if "://" in words:
        parts = urlsplit(words)
        asked = parse_qs(parts.query).get("id", [])
        for piece in [*parts.path.split("/"), *asked]:
            if CHANNEL_ID.fullmatch(piece):
                return piece
        raise BadField("channel", "That link leads to no channel. In Slack: Copy link, in the channel's menu.")
    name = words.removeprefix("#")
    if CHANNEL_ID.fullmatch(name):
        return name
    if not CHANNEL_NAME.fullmatch(name):
        raise BadField("channel", "Give the channel's name such as #data-alerts, its link, or its id.")
    return f"#{name.lower()}"
