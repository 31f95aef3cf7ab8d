"""Clicks in Slack, from the envelope to a stored row: the row stands before Slack hears that the click arrived."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from controlplane.sql.transactions import after_commit, workspace_transaction
from controlplane.streams.doorbell import ring
from notifications.channels.slack_app import buttons
from notifications.channels.slack_app.buttons import PREFIX, About
from notifications.models import SlackClick, SlackTeam

RUNG = "slack_click"
RESUME = f"{PREFIX}resume"
ACTIONS = frozenset({"retry", "cancel", "pause", "acknowledge", "answer", "reject"})


class Click(Struct, frozen=True, kw_only=True):
    """What a row's payload holds. `message` is what the clicked message shows, to be shown again with one line more."""

    about: About
    user_name: str = ""
    channel: str = ""
    ts: str = ""
    trigger: str = ""
    message: dict[str, Any] = {}
    values: dict[str, Any] = {}
    is_public: bool = False


class Metadata(Struct, frozen=True):
    """What a modal remembers of the message that opened it."""

    value: str
    channel: str
    ts: str


class Envelope(Struct, frozen=True):
    key: str
    team: str
    user: str
    action: str
    click: Click


def receive(payload: object) -> bool:
    """Keep a click, once however often it is delivered. False if it is none of ours, or was kept before.

    Whoever calls this has proved that the payload comes from Slack.
    """
    envelope = read_envelope(payload) if isinstance(payload, Mapping) else None
    if envelope is None:
        return False
    workspace = envelope.click.about.workspace
    with workspace_transaction(workspace):
        # Values are signed, but a message that was copied elsewhere must not act from there.
        if not SlackTeam.objects.of(workspace).filter(team_id=envelope.team).exists():
            return False
        row = SlackClick(
            workspace_id=workspace,
            key=envelope.key,
            team_id=envelope.team,
            slack_user=envelope.user,
            action=envelope.action,
            payload=msgspec.to_builtins(envelope.click),
            next_attempt=datetime.now(UTC),
        )
        SlackClick.objects.bulk_create([row], ignore_conflicts=True)
        is_new: bool = SlackClick.objects.of(workspace).filter(id=row.id).exists()
        if is_new:
            after_commit(lambda: ring(workspace, RUNG))
    return is_new


def read_envelope(payload: Mapping[str, Any]) -> Envelope | None:
    """None for what is not about our buttons, such as a click on a link."""
    kind = payload.get("type")
    if kind == "block_actions":
        return read_button(payload)
    return read_modal(payload) if kind == "view_submission" else None


def read_button(payload: Mapping[str, Any]) -> Envelope | None:
    pressed = payload.get("actions")
    first = pressed[0] if isinstance(pressed, list) and pressed and isinstance(pressed[0], Mapping) else {}
    action = str(first.get("action_id", "")).removeprefix(PREFIX)
    about = buttons.read(str(first.get("value", "")))
    if action not in ACTIONS or about is None:
        return None
    shown = inner(payload, "message")
    place = inner(payload, "container")
    message = {name: shown[name] for name in ("text", "blocks", "attachments") if name in shown}
    click = Click(
        about=about,
        user_name=name_of(payload),
        channel=str(place.get("channel_id") or inner(payload, "channel").get("id") or ""),
        ts=str(place.get("message_ts") or shown.get("ts") or ""),
        trigger=str(payload.get("trigger_id", "")),
        message=message,
    )
    return enveloped(payload, action, click)


def read_modal(payload: Mapping[str, Any]) -> Envelope | None:
    view = inner(payload, "view")
    if view.get("callback_id") != RESUME:
        return None
    try:
        metadata = msgspec.json.decode(str(view.get("private_metadata", "")), type=Metadata)
    except msgspec.DecodeError:
        return None
    about = buttons.read(metadata.value)
    if about is None:
        return None
    values = inner(inner(view, "state"), "values")
    click = Click(
        about=about, user_name=name_of(payload), channel=metadata.channel, ts=metadata.ts, values=dict(values)
    )
    return enveloped(payload, "resume", click)


def enveloped(payload: Mapping[str, Any], action: str, click: Click) -> Envelope | None:
    team, user = str(inner(payload, "team").get("id", "")), str(inner(payload, "user").get("id", ""))
    if not team or not user:
        return None
    return Envelope(key_of(payload, team), team, user, action, click)


def key_of(payload: Mapping[str, Any], team: str) -> str:
    """Slack's own name of this one click: the same however it arrives, and however often."""
    trigger = payload.get("trigger_id")
    if isinstance(trigger, str) and trigger:
        return f"{team}:{trigger}"[:200]
    return f"{team}:{sha256(msgspec.json.encode(payload, order='sorted')).hexdigest()}"


def inner(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, Mapping) else {}


def name_of(payload: Mapping[str, Any]) -> str:
    user = inner(payload, "user")
    return str(user.get("name") or user.get("username") or "")[:100]
