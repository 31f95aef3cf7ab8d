"""Slack, through an incoming webhook."""

from typing import Annotated

import msgspec

from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret
from notifications.channels.slack import address, webhook
from notifications.channels.slack.message import body_of
from notifications.wire import Message


class SlackSettings(Settings):
    url: Annotated[str, secret("Webhook URL", "Starts with https://hooks.slack.com/services/.", max_length=2000)]


class Slack(Kind[SlackSettings]):
    """The secret is the webhook's address: whoever has it can post."""

    name = "slack"
    title = "Slack"
    help = "In your Slack app: Incoming Webhooks, Add New Webhook to Workspace, choose the channel, copy the URL."
    settings = SlackSettings

    def clean(self, settings: SlackSettings) -> SlackSettings:
        return msgspec.structs.replace(settings, url=address.clean(settings.url))

    def hint(self, settings: SlackSettings) -> str:
        return address.hint(settings.url)

    def deliver(self, settings: SlackSettings, message: Message, key: str, *, seconds: float) -> Answer:
        return webhook.deliver(settings.url, message, key, seconds=seconds)

    def render(self, settings: SlackSettings, message: Message, key: str) -> Rendered:
        return Rendered(body=body_of(message))
