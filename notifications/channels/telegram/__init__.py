"""Telegram, through a bot."""

import re
from typing import Annotated, Any

from controlplane.egress.http import Reply
from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, DeliveryFailed, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import draft
from notifications.channels.posting import GONE, clean_url, failure, is_success, post_json, read_object
from notifications.wire import Message

API = "https://api.telegram.org"
LONGEST_TEXT = 4096  # UTF-16 units
TOKEN = re.compile(r"\d{1,20}:[\w-]{20,100}")
CHAT = re.compile(r"-?\d{1,20}|@\w{3,64}")
SILENT = "The bot may not write there. Add it to the chat, or give another chat."


class TelegramSettings(Settings):
    token: Annotated[str, secret("Bot token", "From @BotFather, like 123456:ABC…")]
    chat_id: Annotated[str, told("Chat", "The chat's number, or @name of a public channel.")]
    thread_id: Annotated[int, told("Topic", "The number of a forum's topic; 0 for none.", ge=0)] = 0
    api_url: Annotated[str, told("API address", "Of a Bot API server of yours; empty for Telegram's own.")] = ""

    def __post_init__(self) -> None:
        if not TOKEN.fullmatch(self.token):
            raise BadField("token", "A bot token looks like 123456:ABC…")
        if not CHAT.fullmatch(self.chat_id):
            raise BadField("chat_id", "A chat is a number, or @name of a public channel.")


class Telegram(Kind[TelegramSettings]):
    name = "telegram"
    title = "Telegram"
    help = "Make a bot with @BotFather, add it to your chat, and give the chat's number."
    settings = TelegramSettings
    can_edit = True

    def clean(self, settings: TelegramSettings) -> TelegramSettings:
        if settings.api_url:
            settings.api_url = clean_url("api_url", settings.api_url).rstrip("/")
        return settings

    def hint(self, settings: TelegramSettings) -> str:
        return f"Telegram {settings.chat_id}"

    def render(self, settings: TelegramSettings, message: Message, key: str) -> Rendered:
        thread = {"message_thread_id": settings.thread_id} if settings.thread_id else {}
        return Rendered(body={**thread, "chat_id": settings.chat_id, **text_of(message)})

    def deliver(self, settings: TelegramSettings, message: Message, key: str, *, seconds: float) -> Answer:
        body = self.render(settings, message, key).body
        reply = post_json(address(settings, "sendMessage"), body, {"Webhook-Id": key}, seconds=seconds)
        if not is_success(reply):
            raise explain(reply)
        result = read_object(reply).get("result")
        number = result.get("message_id") if isinstance(result, dict) else None
        return Answer(f"HTTP {reply.status}", str(number) if isinstance(number, int) else "")

    def edit(self, settings: TelegramSettings, reference: str, message: Message, key: str, *, seconds: float) -> Answer:
        body = {"chat_id": settings.chat_id, "message_id": int(reference), **text_of(message)}
        reply = post_json(address(settings, "editMessageText"), body, {"Webhook-Id": key}, seconds=seconds)
        if reply.status == 400 and "not modified" in description(reply):
            return Answer("HTTP 200, unchanged", reference)
        if reply.status == 400 and "message" in description(reply):  # deleted, or too old to be edited
            return self.deliver(settings, message, key, seconds=seconds)
        if not is_success(reply):
            raise explain(reply)
        return Answer(f"HTTP {reply.status}, edited", reference)


def address(settings: TelegramSettings, method: str) -> str:
    return f"{settings.api_url or API}/bot{settings.token}/{method}"


def text_of(message: Message) -> dict[str, Any]:
    """Plain text without a parse mode: nothing in it is markup. Only the headline is marked, by its length."""
    parts = draft(message)
    bold = {"type": "bold", "offset": 0, "length": units(parts.headline)}
    longest = LONGEST_TEXT
    while units(text := f"{parts.headline}\n{parts.as_text(longest)}") > LONGEST_TEXT:
        longest -= units(text) - LONGEST_TEXT
    return {
        "text": text,
        "entities": [bold],
        "link_preview_options": {"is_disabled": True},
    }


def units(text: str) -> int:
    """Telegram counts in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def description(reply: Reply) -> str:
    return str(read_object(reply).get("description", "")).lower()


def explain(reply: Reply) -> DeliveryFailed:
    if reply.status == 429:
        asked = read_object(reply).get("parameters")
        wait = asked.get("retry_after") if isinstance(asked, dict) else None
        return failure("Telegram", reply, retry_after=float(wait) if isinstance(wait, int) else None)
    if reply.status == 403:
        return failure("Telegram", reply, advice=SILENT, permanent="channel")
    if reply.status == 400 and "chat not found" in description(reply):
        return failure("Telegram", reply, advice=f"Chat not found. {GONE}", permanent="channel")
    return failure("Telegram", reply)
