"""Slack, through an incoming webhook."""

from notifications.channels.contract import Answer
from notifications.channels.slack import address, webhook
from notifications.wire import Message


class Slack:
    """The secret is the webhook's address: whoever has it can post."""

    def clean(self, secret: str) -> str:
        return address.clean(secret)

    def hint(self, secret: str) -> str:
        return address.hint(secret)

    def deliver(self, secret: str, message: Message, key: str, *, seconds: float) -> Answer:
        return webhook.deliver(secret, message, key, seconds=seconds)
