"""What Slack's answers mean: its own words, our advice, and whether it is worth trying again."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from notifications.channels.contract import DeliveryFailed

# Slack's answers are single words. Anything else is not shown: it may be a page of another, internal server.
WORD = re.compile(r"[a-z0-9_]{1,60}")
DEFAULT_RETRY_AFTER = 30.0

UNREADABLE = (
    "Slack could not read the message. Nothing is wrong with your webhook: please report this, "
    "with the payload shown on the delivery's page."
)
REMOVED = "The webhook was removed or its Slack app uninstalled. Create a new webhook in Slack and paste it here."
FORBIDDEN = "A Slack admin forbids posting there. Ask them, or make a webhook for another channel."
ARCHIVED = "The Slack channel is archived or gone. Create a webhook for another channel."
NOT_SLACK = "That address is not a Slack webhook: it answers, but not as Slack does."
SLOW_DOWN = "Slack asks to slow down; the message is sent again when it allows it."
SLACK_BROKEN = "Slack has a problem of its own; the message is tried again."
UNKNOWN = "Slack refused the message with a word that Signalbox does not know."


class Meaning(Struct, frozen=True):
    advice: str
    permanent: Literal["", "message", "channel"] = ""
    patience: int = 1


LAYOUT_REFUSED = frozenset(
    {"invalid_payload", "invalid_blocks", "invalid_blocks_format", "invalid_attachments", "no_text"}
)
WORDS = {
    **dict.fromkeys(LAYOUT_REFUSED, Meaning(UNREADABLE, "message")),
    **dict.fromkeys(
        ("invalid_token", "no_service", "no_service_id", "no_team", "team_disabled", "no_active_hooks"),
        Meaning(REMOVED, "channel"),
    ),
    **dict.fromkeys(
        ("action_prohibited", "posting_to_general_channel_denied"), Meaning(FORBIDDEN, "channel", patience=3)
    ),
    **dict.fromkeys(("channel_not_found", "channel_is_archived"), Meaning(ARCHIVED, "channel")),
    "rollup_error": Meaning(SLACK_BROKEN),
    "rate_limited": Meaning(SLOW_DOWN),
}


def is_delivered(status: int, body: str) -> bool:
    return status == 200 and body.strip() == "ok"


def is_layout_refused(status: int, body: str) -> bool:
    return 400 <= status < 500 and body.strip() in LAYOUT_REFUSED


def failure(status: int, body: str, headers: Mapping[str, str]) -> DeliveryFailed:
    """The failure that an answer other than `200 ok` stands for."""
    word = body.strip() if WORD.fullmatch(body.strip()) else ""
    meaning = WORDS.get(word) or by_status(status, word)
    words = f"Slack answered HTTP {status} {word}".rstrip()
    retry_after = None
    if status == 429:
        retry_after = seconds(headers.get("Retry-After") or headers.get("retry-after") or "")
        words += f" (wait {retry_after:.0f} s)"
    return DeliveryFailed(
        f"{words}. {meaning.advice}",
        permanent=meaning.permanent,
        patience=meaning.patience,
        retry_after=retry_after,
    )


def by_status(status: int, word: str) -> Meaning:
    if status == 429:
        return Meaning(SLOW_DOWN)
    if status >= 500 or status == 408:
        return Meaning(SLACK_BROKEN)
    if 400 <= status < 500 and word:
        return Meaning(UNKNOWN, "message")
    return Meaning(NOT_SLACK, "channel")


def seconds(header: str) -> float:
    return float(header) if re.fullmatch(r"\d{1,6}", header.strip()) else DEFAULT_RETRY_AFTER
