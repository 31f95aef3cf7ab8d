"""A policy's own words for its messages."""

from notifications.rules.deciding import Alert, What
from notifications.wire import Message
from notifications.wire.policies import Policy


def told_by_templates(policy: Policy, alert: Alert, what: What, message: Message) -> Message:
    """The message in the policy's own words, if it has any."""
    return message
