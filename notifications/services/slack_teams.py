"""Slack workspaces in which the app is installed: through Slack's own dialog, or by pasting the bot's token."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from msgspec import Struct

from blocks.services import sealing
from controlplane.errors import NotFound
from controlplane.sql.transactions import workspace_transaction
from notifications import queries
from notifications.channels.contract import DeliveryFailed
from notifications.channels.slack_app import clean_channel
from notifications.channels.slack_app.answers import SlackRefused
from notifications.channels.slack_app.client import call
from notifications.models import Channel, SlackLink, SlackTeam
from notifications.services import channel_settings, channels, sending
from workspaces.services import audit

SECONDS = 8.0
CALLBACK = "/oauth/slack/callback"
INTERACTIONS = "/slack/interactions"
SCOPES = (
    "chat:write", "chat:write.public", "channels:read", "groups:read", "users:read", "users:read.email",
    "incoming-webhook",
)  # fmt: skip
TEAM_ID = re.compile(r"[TE][A-Z0-9]{1,30}")
FORGOTTEN = "xoxb-disconnected"
"""Stands where a channel's token was."""
DISCONNECTED = "Slack was disconnected here. Press Reconnect to connect it again."
TABLE = "notification_slack_team"


class Installed(Struct, frozen=True):
    """What Slack tells when the app is installed."""

    token: str
    team_id: str
    name: str
    bot_user: str = ""
    scopes: str = ""
    channel: str = ""


def why_no_button() -> str:
    """Why Add to Slack cannot be pressed; empty if it can."""
    if not (settings.SLACK_CLIENT_ID and settings.SLACK_CLIENT_SECRET):
        return "The operator of this Signalbox has not connected a Slack app yet."
    if not settings.PUBLIC_URL.startswith("https://") and settings.SLACK_URL == "https://slack.com":
        return "Slack leads back to https:// addresses only, and this Signalbox is at an http:// address."
    return ""


def authorize_url(state: str) -> str:
    query = {
        "client_id": settings.SLACK_CLIENT_ID,
        "scope": ",".join(SCOPES),
        "redirect_uri": f"{settings.PUBLIC_URL}{CALLBACK}",
        "state": state,
    }
    return f"{settings.SLACK_URL}/oauth/v2/authorize?{urlencode(query)}"


def exchange(code: str) -> Installed:
    """The installation that a code of Slack's dialog stands for. `DeliveryFailed` if Slack does not know it."""
    form = {
        "client_id": settings.SLACK_CLIENT_ID,
        "client_secret": settings.SLACK_CLIENT_SECRET,
        "code": code,
        "redirect_uri": f"{settings.PUBLIC_URL}{CALLBACK}",
    }
    told = call(None, "oauth.v2.access", form=form, seconds=SECONDS)
    team, hook = part(told, "team"), part(told, "incoming_webhook")
    return checked(
        Installed(
            token=text(told, "access_token"),
            team_id=text(team, "id"),
            name=text(team, "name"),
            bot_user=text(told, "bot_user_id"),
            scopes=text(told, "scope"),
            channel=text(hook, "channel_id"),
        )
    )


def ask_about(token: str) -> Installed:
    """Whose token it is. `DeliveryFailed` if Slack does not take it."""
    told = call(token, "auth.test", seconds=SECONDS)
    return checked(Installed(token, text(told, "team_id"), text(told, "team"), text(told, "user_id")))


def checked(installed: Installed) -> Installed:
    if not installed.token or not TEAM_ID.fullmatch(installed.team_id):
        raise DeliveryFailed("Slack's answer names no workspace or no bot. Install the app into one workspace.")
    return installed


def keep_team(workspace: UUID, installed: Installed) -> SlackTeam:
    """Store the installation, sealed. Channels of the team get the new token, and those that failed begin anew."""
    row = SlackTeam.objects.of(workspace).filter(team_id=installed.team_id).first()
    is_new = row is None
    row = row or SlackTeam(workspace_id=workspace, team_id=installed.team_id)
    row.name, row.bot_user, row.scopes = installed.name[:200], installed.bot_user[:40], installed.scopes[:1000]
    row.suggested_channel = installed.channel[:40]
    row.secret = sealing.seal(workspace, table=TABLE, row=row.id, field="secret", plaintext=installed.token.encode())
    row.updated = datetime.now(UTC)
    row.save(force_insert=is_new, force_update=not is_new)
    renewed = [channel.name for channel in app_channels(workspace) if renew(channel, installed)]
    audit.record(
        workspace, action=f"slack-team.{'connected' if is_new else 'reconnected'}", target_kind="slack-team",
        target_id=row.id, target_name=row.name, changes={"token": audit.CHANGED, "channels": [None, renewed]},
    )  # fmt: skip
    return row


def app_channels(workspace: UUID) -> list[Channel]:
    return list(Channel.objects.of(workspace).filter(kind="slack-app").order_by("name"))


def renew(channel: Channel, installed: Installed) -> bool:
    before: Any = channel_settings.open_settings(channel)
    if before.team_id != installed.team_id or before.token == installed.token:
        return False
    before.token = installed.token
    channels.keep(channel, before)
    channel.status, channel.status_reason, channel.failing_since, channel.owners_told = "OK", "", None, None
    channel.updated = datetime.now(UTC)
    channel.save(force_update=True)
    return True


def channels_of(workspace: UUID, team_id: str) -> list[Channel]:
    """The channels that speak with the token of a Slack workspace."""
    found: list[tuple[Channel, Any]] = [(one, channel_settings.open_settings(one)) for one in app_channels(workspace)]
    return [channel for channel, settings in found if settings.team_id == team_id]


def disconnect_team(workspace: UUID, id: UUID, *, now: datetime) -> None:
    """Forget a Slack workspace: its token, also in the channels, which are disabled, and who is who there.

    The token itself stays good: another workspace here may use the same. It is revoked by removing the app in Slack.
    """
    row = read_team(workspace, id)
    disabled = channels_of(workspace, row.team_id)
    for channel in disabled:
        settings: Any = channel_settings.open_settings(channel)
        settings.token = FORGOTTEN
        channels.keep(channel, settings)
        channel.status, channel.status_reason, channel.updated = "DISABLED", DISCONNECTED, now
        channel.failing_since, channel.owners_told = channel.failing_since or now, now
        channel.save(force_update=True)
        answer = f"Not sent: the channel was disabled. {DISCONNECTED}"
        sending.note_failures(queries.bury_channel(workspace=workspace, channel=channel.id, answer=answer))
    links = SlackLink.objects.of(workspace).filter(team_id=row.team_id)
    people, _ = links.delete()
    SlackTeam.objects.of(workspace).filter(id=id).delete()
    changes = {"token": audit.CHANGED, "channels": [[one.name for one in disabled], []], "people": [people, 0]}
    audit.record(
        workspace, action="slack-team.disconnected", target_kind="slack-team", target_id=id, target_name=row.name,
        changes=changes,
    )  # fmt: skip


def list_teams(workspace: UUID) -> list[SlackTeam]:
    return list(SlackTeam.objects.of(workspace).order_by("name", "id"))


def read_team(workspace: UUID, id: UUID) -> SlackTeam:
    row: SlackTeam | None = SlackTeam.objects.of(workspace).filter(id=id).first()
    if row is None:
        raise NotFound("This Slack workspace is not connected here.")
    return row


def token_of(row: SlackTeam) -> str:
    opened: bytes = sealing.open_sealed(row.workspace_id, table=TABLE, row=row.id, field="secret", sealed=row.secret)
    return opened.decode()


def find_channel(token: str, channel: str) -> tuple[str, str]:
    """Id and name of a channel that is given by its id. A name is left to the first message: listing takes minutes."""
    if channel.startswith("#"):
        return channel, channel.removeprefix("#")
    try:
        found = part(call(token, "conversations.info", form={"channel": channel}, seconds=SECONDS), "channel")
    except SlackRefused as refused:
        if refused.word in ("missing_scope", "channel_not_found"):  # a test message says more
            return channel, ""
        raise
    return text(found, "id") or channel, text(found, "name")


def settings_for(workspace: UUID, id: UUID, channel: str) -> dict[str, Any]:
    """Settings of a channel in this team. Not inside a transaction: Slack is asked for the channel's name."""
    with workspace_transaction(workspace):
        row = read_team(workspace, id)
        token = token_of(row)
    found, name = find_channel(token, clean_channel(channel))
    return {"token": token, "channel": found, "channel_name": name, "team_id": row.team_id, "team": row.name}


def part(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = told.get(name)
    return found if isinstance(found, Mapping) else {}


def text(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    return found if isinstance(found, str) else ""


def manifest() -> dict[str, Any]:
    """What an operator pastes into api.slack.com/apps to make this installation's app."""
    is_socket = bool(settings.SLACK_APP_TOKEN) or not settings.PUBLIC_URL.startswith("https://")
    interactivity: dict[str, Any] = {"is_enabled": True}
    oauth: dict[str, Any] = {"scopes": {"bot": list(SCOPES)}}
    if settings.PUBLIC_URL.startswith("https://"):
        interactivity["request_url"] = f"{settings.PUBLIC_URL}{INTERACTIONS}"
        oauth["redirect_urls"] = [f"{settings.PUBLIC_URL}{CALLBACK}"]
    return {
        "display_information": {
            "name": "Signalbox",
            "description": "Tells you when flows fail, and lets you act.",
            "background_color": "#1f2a44",
        },
        "features": {"bot_user": {"display_name": "Signalbox", "always_online": True}},
        "oauth_config": oauth,
        "settings": {
            "interactivity": interactivity,
            "org_deploy_enabled": False,
            "socket_mode_enabled": is_socket,
            "token_rotation_enabled": False,
        },
    }
