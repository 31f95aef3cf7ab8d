"""The buttons under a message, and the signed value by which a click says what it is about."""

from typing import Any
from uuid import UUID

import msgspec
from django.core import signing
from msgspec import Struct

from notifications.channels.slack.message import button
from notifications.wire import Message

SALT = "notifications.slack.button"
PREFIX = "signalbox:"
UNFINISHED = frozenset({"SCHEDULED", "PENDING", "RUNNING"})
RETRYABLE = frozenset({"FAILED", "CRASHED"})


class About(Struct, frozen=True, omit_defaults=True):
    """What a button is about; signed, since it names the workspace. Field names are short: it travels a lot."""

    workspace: UUID
    run: UUID | None = None
    alert: UUID | None = None


def sign(about: About) -> str:
    return signing.Signer(salt=SALT).sign(msgspec.json.encode(about).decode())


def read(value: str) -> About | None:
    """None if it was not signed here."""
    try:
        return msgspec.json.decode(signing.Signer(salt=SALT).unsign(value), type=About)
    except (signing.BadSignature, msgspec.DecodeError):
        return None


def actions_of(message: Message) -> list[tuple[str, str]]:
    """Which buttons make sense, as pairs of action and words. A test or sample has none: it must change nothing."""
    if message.workspace_id is None or message.is_test or message.is_resolved:
        return []
    found: list[tuple[str, str]] = []
    if message.flow_run_id is not None:
        if message.state_type in RETRYABLE and message.deployment:
            found.append(("retry", "Retry"))
        if message.state_type in UNFINISHED:
            found.append(("cancel", "Cancel run"))
        if message.state_type == "PAUSED":
            found += [("answer", "Answer…"), ("reject", "Reject")]
        if message.deployment:
            found.append(("pause", "Pause schedule"))
    if alert_of(message) is not None and not any(name == "Acknowledged" for name, _ in message.notes):
        found.append(("acknowledge", "Acknowledge"))
    return found


def alert_of(message: Message) -> UUID | None:
    try:
        return UUID(message.incident) if message.incident else None
    except ValueError:
        return None


def block_of(message: Message, links: list[tuple[str, str]]) -> dict[str, Any] | None:
    """The actions block: what can be done, then what can be opened."""
    elements = []
    if message.workspace_id is not None:
        value = sign(About(message.workspace_id, message.flow_run_id, alert_of(message)))
        elements = [element(action, words, value) for action, words in actions_of(message)]
    elements += [button(words, url) for words, url in links]
    return {"type": "actions", "block_id": "signalbox", "elements": elements} if elements else None


def element(action: str, words: str, value: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "button",
        "text": {"type": "plain_text", "text": words},
        "action_id": f"{PREFIX}{action}",
        "value": value,
    }
    if action in ASKED:
        made["confirm"] = confirmation(words, ASKED[action])
    if action in ("reject", "cancel"):
        made["style"] = "danger"
    return made


ASKED = {
    "cancel": "The run is stopped.",
    "reject": "The paused run is cancelled.",
    "pause": "The deployment starts no more runs by itself until somebody resumes it.",
}


def confirmation(title: str, words: str) -> dict[str, Any]:
    return {
        "title": {"type": "plain_text", "text": f"{title}?"},
        "text": {"type": "plain_text", "text": words},
        "confirm": {"type": "plain_text", "text": title},
        "deny": {"type": "plain_text", "text": "No"},
    }
