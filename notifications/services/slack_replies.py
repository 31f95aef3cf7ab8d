"""What Slack shows of a click: to all, under the message and in its thread; or to the clicker alone."""

from typing import Any

from notifications.channels.slack.message import escape, text
from notifications.channels.slack_app import follow_up
from notifications.channels.slack_app.answers import LAYOUT_REFUSED, NOT_EDITABLE, SlackRefused
from notifications.channels.slack_app.buttons import PREFIX
from notifications.channels.slack_app.client import call
from notifications.models import SlackClick
from notifications.services.slack_clicks import Click
from notifications.services.slack_teams import SECONDS

MOST_LINES = 8


def unknown(url: str) -> str:
    return (
        "Nothing was changed: Signalbox does not know who you are in Slack. "
        f"<{url}|Sign in and link your account>, then click again."
    )


def not_allowed(role: str, needed: str) -> str:
    return f"Nothing was changed. Your role here is {role}; this needs the {needed} role. Ask an owner."


def reply(token: str, row: SlackClick, click: Click, words: str, *, is_public: bool) -> None:
    """Raises `DeliveryFailed`. Empty words are not told: the click was answered in another way."""
    if not words or not click.channel:
        return
    key = f"click:{row.id}"
    if not is_public:
        body = {"channel": click.channel, "user": row.slack_user, "text": words}
        call(token, "chat.postEphemeral", body, seconds=SECONDS, key=key)
        return
    if click.message:
        try:
            place = {"channel": click.channel, "ts": click.ts}
            shown = {**place, **with_line(click.message, row.action, words)}
            call(token, "chat.update", shown, seconds=SECONDS, key=key)
        except SlackRefused as refused:  # the thread says it too
            if refused.word not in NOT_EDITABLE | LAYOUT_REFUSED:
                raise
    follow_up(token, click.channel, click.ts, words, key=key, seconds=SECONDS)


def with_line(message: dict[str, Any], action: str, words: str) -> dict[str, Any]:
    """The message as it was, without the button that was pressed, and with a line that says who did what."""
    line = {"type": "context", "elements": [text(escape(words))]}
    attachments = [trimmed(attachment, action, line) for attachment in message.get("attachments", [])[:1]]
    blocks = [without(block, action) for block in message.get("blocks", [])]
    if not attachments:
        blocks = [*blocks, line]
    return {"text": message.get("text", ""), "blocks": list(filter(None, blocks)), "attachments": attachments}


def trimmed(attachment: dict[str, Any], action: str, line: dict[str, Any]) -> dict[str, Any]:
    """Only what may be sent: Slack adds names of its own when it shows an attachment."""
    blocks = [*filter(None, (without(block, action) for block in attachment.get("blocks", []))), line]
    kept: dict[str, Any] = {name: attachment[name] for name in ("color", "fallback") if name in attachment}
    return {**kept, "blocks": blocks[:1] + blocks[1:][-MOST_LINES:]}


def without(block: dict[str, Any], action: str) -> dict[str, Any] | None:
    if block.get("type") != "actions":
        return block
    both = {f"{PREFIX}answer", f"{PREFIX}reject"} if action in ("reject", "resume") else set()
    pressed = {f"{PREFIX}{action}", *both}
    left = [element for element in block.get("elements", []) if element.get("action_id") not in pressed]
    return {**block, "elements": left} if left else None
