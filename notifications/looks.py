"""How channels, policies and deliveries are shown: their rows, in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from notifications.models import Channel, Outbox, Rule
from notifications.rules.sentences import say
from notifications.services.alert_rules import Fired
from notifications.services.alert_runs import AlertOfRun
from notifications.services.deliveries import message_of
from notifications.wire import Attempt
from notifications.wire.alerts import Alert
from notifications.wire.policies import Policy

CHANNEL_STATUSES = {"OK": ("delivering", ""), "FAILING": ("failing", ""), "DISABLED": ("disabled", "")}


WHATS = {
    "opened": "First message", "more": "Follow-up", "reminder": "Reminder", "escalation": "Escalation",
    "resolved": "Resolved", "edit": "Edit", "summary": "Summary", "fallback": "Fallback", "told": "Message",
    "test": "Test", "resend": "Sent again",
}  # fmt: skip
"""Why a message was sent, by `Outbox.what`."""
SOURCES = {"test": "Test", "resend": "Resent"}


class ChannelRow(Struct, frozen=True):
    channel: Channel
    status: str
    words: str
    rules: int


class PolicyRow(Struct, frozen=True):
    policy: Policy
    sentence: str
    status: str
    words: str
    last: datetime | None
    count: int


class DeliveryRow(Struct, frozen=True):
    delivery: Outbox
    status: str
    words: str
    subject: str
    reason: str
    channel: str
    what: str
    answer: str
    """The receiver's words; our advice is on the delivery's own page."""


def channel_rows(channels: Sequence[Channel], rules: Sequence[Rule]) -> list[ChannelRow]:
    return [
        ChannelRow(channel, *channel_status(channel), sum(channel.id in rule.channel_ids for rule in rules))
        for channel in channels
    ]


def channel_status(channel: Channel) -> tuple[str, str]:
    if channel.status == "OK" and channel.last_delivery is None:
        return "ready", "Not used yet"
    return CHANNEL_STATUSES[channel.status]


def policy_rows(
    policies: Sequence[Policy], names: Mapping[UUID, str], fired: dict[UUID, Fired], now: datetime
) -> list[PolicyRow]:
    never = Fired(None, 0)
    return [
        PolicyRow(policy, say(policy, names), *policy_status(policy, now), *(fired.get(policy.id, never).pair()))
        for policy in policies
    ]


def policy_status(policy: Policy, now: datetime) -> tuple[str, str]:
    if not policy.enabled:
        return "disabled", "Paused"
    if policy.muted_until is not None and policy.muted_until > now:
        return "paused", "Muted"
    return "active", "On"


def delivery_rows(
    deliveries: Sequence[Outbox], channels: Sequence[Channel], rules: Sequence[Rule]
) -> list[DeliveryRow]:
    names = {channel.id: channel.name for channel in channels}
    reasons = {rule.id: rule.name for rule in rules}
    return [
        DeliveryRow(
            delivery,
            *delivery_status(delivery),
            subject_of(delivery),
            reason_of(delivery, reasons),
            names.get(delivery.channel_id, "") if delivery.channel_id else "A notification block",
            WHATS.get(delivery.what, "Message"),
            delivery.answer.partition(". ")[0].removeprefix("Slack answered "),
        )
        for delivery in deliveries
    ]


def delivery_status(delivery: Outbox) -> tuple[str, str]:
    if delivery.delivered is not None:
        return "delivered", ""
    if delivery.dead is not None:
        return ("failed", "") if delivery.attempts else ("disabled", "Not sent")
    if delivery.tries:
        return "pending", "Trying again"
    return "pending", "Waiting"


def subject_of(delivery: Outbox) -> str:
    message = message_of(delivery)
    return message.subject or " / ".join(filter(None, (message.flow, message.flow_run)))


def reason_of(delivery: Outbox, reasons: dict[UUID, str]) -> str:
    if delivery.rule_id is not None:
        return reasons.get(delivery.rule_id, "A deleted rule")
    return SOURCES.get(delivery.key.partition(":")[0], "Automation")


def attempts_of(delivery: Outbox) -> list[Attempt]:
    tries: Any = delivery.tries
    return msgspec.convert(tries, list[Attempt])


def unanswered(delivery: Outbox, attempts: Sequence[Attempt]) -> int:
    """Attempts that were begun and of which nothing was heard, since the message got its tries back last."""
    since = 0
    for index, attempt in enumerate(attempts):
        since = index if attempt.number == 1 else since
    return max(delivery.attempts - len(attempts[since:]), 0)


def indented(body: dict[str, Any]) -> str:
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()


def alert_subject(alert: Alert | AlertOfRun) -> str:
    """What it is about, by its newest event."""
    message = alert.last
    return (
        message.subject
        or message.headline
        or " / ".join(filter(None, (message.flow, message.deployment or message.flow_run)))
        or alert.group_key
    )


ALERT_STATUSES = {
    "OPEN": ("failing", "Open"),
    "ACKNOWLEDGED": ("pending", "Acknowledged"),
    "SNOOZED": ("paused", "Snoozed"),
    "RESOLVED": ("delivered", "Resolved"),
}


def alert_status(alert: Alert) -> tuple[str, str]:
    return ALERT_STATUSES[alert.state]
