"""A message as Slack shows it: Block Kit, and a plain text for notifications and screen readers."""

from typing import Any

from notifications.channels.drafts import Draft, draft, fitted
from notifications.wire import Message

LONGEST_TEXT = 2900  # of a block, which Slack refuses above 3000


def body_of(message: Message) -> dict[str, Any]:
    """What is posted to the webhook. The colour bar needs an attachment; the headline stands above it."""
    parts = draft(message)
    since = f"<!date^{parts.unix_time}^{{date_short_pretty}} {{time_secs}}|{parts.clock}>"
    facts = " · ".join(f"{name} *{escape(value)}*" for name, value in parts.facts)
    blocks = [section(fitted(parts.detail, LONGEST_TEXT, escape))] if parts.detail else []
    blocks.append({"type": "context", "elements": [text(" · ".join(filter(None, (facts, f"since {since}"))))]})
    if parts.links:
        blocks.append({"type": "actions", "elements": [button(words, url) for words, url in parts.links]})
    return {
        "text": plain_text(parts),
        "blocks": [section(f"*{escape(parts.headline)}*")],
        "attachments": [{"color": parts.color, "fallback": escape(parts.headline), "blocks": blocks}],
    }


def plain_body_of(message: Message) -> dict[str, Any]:
    """The same without layout, for when Slack does not take the blocks."""
    parts = draft(message)
    return {"text": f"{plain_text(parts)}\n{parts.run_url}".strip()}


def plain_text(parts: Draft) -> str:
    words = f"{parts.headline}: {parts.detail}" if parts.detail else parts.headline
    return fitted(words, LONGEST_TEXT, escape)


def section(mrkdwn: str) -> dict[str, Any]:
    return {"type": "section", "text": text(mrkdwn)}


def text(mrkdwn: str) -> dict[str, Any]:
    """`verbatim`: Slack must not look for links, channels and mentions in a run's own words."""
    return {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}


def button(words: str, url: str) -> dict[str, Any]:
    return {"type": "button", "text": {"type": "plain_text", "text": words}, "url": url, "action_id": words}


def escape(words: str) -> str:
    """Slack's three control characters. Mentions and links (`<!channel>`, `<@U1>`) then stay plain words."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
