"""The kinds of channels, one folder each, and how their settings are read, kept and shown."""

from typing import Any

from controlplane.errors import NotFound
from notifications.channels.apprise import Apprise
from notifications.channels.contract import Kind
from notifications.channels.discord import Discord
from notifications.channels.email import Email
from notifications.channels.mattermost import Mattermost
from notifications.channels.opsgenie import Opsgenie
from notifications.channels.pagerduty import PagerDuty
from notifications.channels.request import Request
from notifications.channels.sendgrid import Sendgrid
from notifications.channels.ses import Ses
from notifications.channels.slack import Slack
from notifications.channels.slack_app import SlackApp
from notifications.channels.sns import Sns
from notifications.channels.teams import Teams
from notifications.channels.telegram import Telegram
from notifications.channels.twilio import Twilio
from notifications.channels.webhook import Webhook

# In the order in which a person is offered them.
OFFERED: tuple[Kind[Any], ...] = (
    Slack(), SlackApp(), Email(), Teams(), Discord(), PagerDuty(), Opsgenie(), Telegram(), Mattermost(), Twilio(),
    Ses(), Sns(), Sendgrid(), Webhook(), Request(), Apprise(),
)  # fmt: skip
KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in OFFERED}


def kind_of(name: str) -> Kind[Any]:
    if name not in KINDS:
        raise NotFound(f"There is no kind of channel called {name}.")
    return KINDS[name]
