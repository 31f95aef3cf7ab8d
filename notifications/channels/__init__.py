"""The kinds of channels, one folder each. A kind checks an address, hides it, and delivers a message to it."""

from typing import Protocol

from controlplane.errors import NotFound
from notifications.channels import slack
from notifications.channels.contract import Answer
from notifications.wire import Message


class Kind(Protocol):
    def clean(self, secret: str) -> str:
        """The secret without what a paste brings along. `Invalid` says what is wrong with it."""

    def hint(self, secret: str) -> str:
        """What a person may see of the secret."""

    def deliver(self, secret: str, message: Message, key: str, *, seconds: float) -> Answer:
        """Send it, with `key` as its idempotency key. Raises `DeliveryFailed` for anything but success."""


KINDS: dict[str, Kind] = {"slack": slack.Slack()}


def kind_of(name: str) -> Kind:
    if name not in KINDS:
        raise NotFound(f"There is no kind of channel called {name}.")
    return KINDS[name]
