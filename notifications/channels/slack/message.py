"""A message as Slack shows it: Block Kit, and a plain text for notifications and screen readers."""

import re
from typing import Any

from msgspec import Struct

from notifications.rules import first_line
from notifications.wire import Message

LONGEST_NAME = 200
LONGEST_DETAIL = 300
# Control characters, and those that turn the writing direction round.
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


class Look(Struct, frozen=True):
    sign: str
    words: str
    color: str
    state: str
    """The key of the same state's colour on our pages."""


LOOKS = {
    "FAILED": Look("❌", "failed", "#cf2231", "failed"),
    "CRASHED": Look("💥", "crashed", "#c2410c", "crashed"),
    "COMPLETED": Look("✅", "completed", "#1a8547", "completed"),
    "CANCELLED": Look("🚫", "was cancelled", "#677181", "cancelled"),
    "PAUSED": Look("⏸️", "is paused", "#5b68a8", "paused"),
    "Late": Look("⏰", "is late", "#c87800", "late"),
}
# Names that Prefect itself gives to states of these types; any other name is a person's own and is told.
USUAL_NAMES = frozenset({"Failed", "Crashed", "Completed", "Cancelled", "Paused", "Suspended", "Late"})


class Draft(Struct, frozen=True):
    """The parts of a message, unescaped: the page's preview is drawn from the same as Slack's blocks."""

    headline: str
    detail: str
    facts: list[tuple[str, str]]
    unix_time: int
    clock: str
    run_url: str
    logs_url: str
    color: str
    state: str


def draft(message: Message) -> Draft:
    look = LOOKS.get(message.state_name) or LOOKS.get(message.state_type)
    state_name = tidy(message.state_name)
    if look is None:
        look = Look("🔔", f"entered {state_name}", "#677181", "cancelled")
    subject = " / ".join(filter(None, (tidy(message.flow), tidy(message.flow_run))))
    aside = "" if message.state_name in USUAL_NAMES or "entered" in look.words else f" ({state_name})"
    facts = (("Deployment", message.deployment), ("Work pool", message.work_pool))
    return Draft(
        headline=f"{'TEST · ' if message.is_test else ''}{look.sign} {subject} {look.words}{aside}",
        detail=tidy(first_line(message.state_message), LONGEST_DETAIL),
        facts=[
            *((name, tidy(value)) for name, value in facts if value),
            ("Workspace", f"{tidy(message.account)}/{tidy(message.workspace)}"),
        ],
        unix_time=int(message.occurred.timestamp()),
        clock=f"{message.occurred:%Y-%m-%d %H:%M:%S} UTC",
        run_url=message.url,
        logs_url=f"{message.url}/logs" if message.flow_run_id else message.url,
        color=look.color,
        state=look.state,
    )


def body_of(message: Message) -> dict[str, Any]:
    """What is posted to the webhook. The colour bar needs an attachment; the headline stands above it."""
    parts = draft(message)
    since = f"<!date^{parts.unix_time}^{{date_short_pretty}} {{time_secs}}|{parts.clock}>"
    facts = " · ".join(f"{name} *{escape(value)}*" for name, value in parts.facts)
    blocks = [section(escape(parts.detail))] if parts.detail else []
    blocks.append({"type": "context", "elements": [text(f"{facts} · since {since}")]})
    blocks.append({"type": "actions", "elements": [button("Open run", parts.run_url), button("Logs", parts.logs_url)]})
    return {
        "text": plain_text(parts),
        "blocks": [section(f"*{escape(parts.headline)}*")],
        "attachments": [{"color": parts.color, "fallback": escape(parts.headline), "blocks": blocks}],
    }


def plain_body_of(message: Message) -> dict[str, Any]:
    """The same without layout, for when Slack does not take the blocks."""
    parts = draft(message)
    return {"text": f"{plain_text(parts)}\n{parts.run_url}"}


def plain_text(parts: Draft) -> str:
    return escape(f"{parts.headline}: {parts.detail}" if parts.detail else parts.headline)


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


def tidy(words: str, longest: int = LONGEST_NAME) -> str:
    return cut(UNSEEN.sub(" ", words).strip(), longest)


def cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: longest - 1] + "…"
