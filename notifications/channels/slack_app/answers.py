"""What the words of Slack's Web API mean, and whether it is worth trying again."""

from collections.abc import Mapping
from typing import Any

from notifications.channels.contract import DeliveryFailed
from notifications.channels.slack.answers import (
    FORBIDDEN,
    SLACK_BROKEN,
    SLOW_DOWN,
    UNKNOWN,
    WORD,
    Meaning,
    seconds,
)

UNREADABLE = "Slack could not read the message. Please report this, with the payload shown on the delivery's page."
REVOKED = "The app was removed from Slack, or its token revoked. Press Add to Slack again, or paste a new token."
NOT_FOUND = (
    "The channel is gone, or it is private and the app is not in it: write /invite @Signalbox there, or choose another."
)
ARCHIVED = "The Slack channel is archived. Choose another channel."
NOT_IN_CHANNEL = "The app is not in that channel. Write /invite @Signalbox there."
NOT_SLACK = "Something else than Slack has answered. Is there a proxy in between?"
SCOPE = "The app lacks a permission. Give it the scopes of our app manifest and install it again."

LAYOUT_REFUSED = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_attachments",
        "no_text",
        "msg_too_long",
        "msg_blocks_too_long",
        "too_many_attachments",
        "invalid_arguments",
    }
)
# The message that was to be rewritten is not there, or may not be rewritten any more.
NOT_EDITABLE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
WORDS = {
    **dict.fromkeys(LAYOUT_REFUSED | NOT_EDITABLE, Meaning(UNREADABLE, "message")),
    "channel_not_found": Meaning(NOT_FOUND, "channel"),
    "is_archived": Meaning(ARCHIVED, "channel"),
    "not_in_channel": Meaning(NOT_IN_CHANNEL, "channel"),
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "no_permission"),
        Meaning(REVOKED, "channel"),
    ),
    **dict.fromkeys(("missing_scope", "not_allowed_token_type"), Meaning(SCOPE, "channel")),
    **dict.fromkeys(
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "team_access_not_granted",
            "ekm_access_denied",
            "org_login_required",
        ),
        Meaning(FORBIDDEN, "channel", patience=3),
    ),
    **dict.fromkeys(("ratelimited", "rate_limited", "message_limit_exceeded"), Meaning(SLOW_DOWN)),
    **dict.fromkeys(
        ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "accesslimited"),
        Meaning(SLACK_BROKEN),
    ),
}


class SlackRefused(DeliveryFailed):
    """Slack's own `word` goes with it."""

    word: str = ""


def failure(status: int, data: object, headers: Mapping[str, Any]) -> SlackRefused:
    """The failure that an answer without `ok` stands for."""
    told = data.get("error") if isinstance(data, dict) else None
    word = told if isinstance(told, str) and WORD.fullmatch(told) else ""
    meaning = WORDS.get(word) or by_status(status, word)
    words = f"Slack answered HTTP {status} {word}".rstrip()
    retry_after = None
    if status == 429 or meaning.advice == SLOW_DOWN:
        retry_after = seconds(str(headers.get("Retry-After") or headers.get("retry-after") or ""))
        words += f" (wait {retry_after:.0f} s)"
    failed = SlackRefused(
        f"{words}. {meaning.advice}",
        permanent=meaning.permanent,
        patience=meaning.patience,
        retry_after=retry_after,
    )
    failed.word = word
    return failed


def by_status(status: int, word: str) -> Meaning:
    if status == 429:
        return Meaning(SLOW_DOWN)
    if status >= 500 or status == 408:
        return Meaning(SLACK_BROKEN)
    return Meaning(UNKNOWN, "message") if word else Meaning(NOT_SLACK, "channel")
