"""Channels: made, listed, tested and deleted. The secret is sealed at once and never leaves again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db.models import QuerySet

from blocks.services import sealing
from controlplane.errors import Conflict, Invalid, NotFound
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from notifications import queries
from notifications.channels import keeping, kind_of
from notifications.channels.contract import Settings
from notifications.models import Channel
from notifications.services import policies, sending
from notifications.services.matching import to_json
from notifications.wire import Message
from workspaces.services import audit

TEST_SECONDS = 5.0
LONGEST_NAME = 100


def list_channels(workspace: UUID) -> QuerySet[Channel]:
    return Channel.objects.of(workspace).order_by("name")


def read_channel(workspace: UUID, channel_id: UUID) -> Channel:
    channel: Channel | None = Channel.objects.of(workspace).filter(id=channel_id).first()
    if channel is None:
        raise NotFound("There is no such channel in this workspace.")
    return channel


def create_channel(workspace: UUID, *, kind: str, name: str, settings: Mapping[str, Any] | Settings) -> Channel:
    """A channel of a kind. `BadSettings` if the settings cannot be, `Conflict` if the name is taken."""
    name = clean_name(name)
    cleaned = settings if isinstance(settings, Settings) else keeping.read_settings(kind_of(kind), settings)
    if Channel.objects.of(workspace).filter(name=name).exists():
        raise Conflict(f"There is a channel called {name} already.")
    channel = Channel(id=uuid7(), workspace_id=workspace, kind=kind, name=name)
    keep(channel, cleaned)
    channel.save(force_insert=True)
    tell(channel, "created", {"kind": [None, kind], "name": [None, name]})
    return channel


def clean_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(f"Give the channel a name of 1 to {LONGEST_NAME} characters.")
    return name


def keep(channel: Channel, settings: Settings) -> None:
    """Seal the settings into the row, which is still to be saved."""
    settings = kind_of(channel.kind).bind(settings, channel.workspace_id)
    channel.secret = sealing.seal(
        channel.workspace_id,
        table="notification_channel",
        row=channel.id,
        field="secret",
        plaintext=keeping.to_bytes(settings),
    )
    channel.hint = kind_of(channel.kind).hint(settings)


def delete_channel(workspace: UUID, channel_id: UUID) -> Channel:
    """The channel goes with its deliveries, and with the rules that tell nobody else."""
    channel = read_channel(workspace, channel_id)
    policies.forget_channel(workspace, channel_id)
    Channel.objects.of(workspace).filter(id=channel_id).delete()
    tell(channel, "deleted", {})
    return channel


def try_settings(workspace: UUID, kind: str, settings: Mapping[str, Any], message: Message) -> sending.Sent:
    """Send a message with settings that are not stored. Not inside a transaction: the receiver may take seconds."""
    found = kind_of(kind)
    receiver = sending.Receiver(found, found.bind(keeping.read_settings(found, settings), workspace))
    return sending.attempt(receiver, message, f"test:{uuid4()}", TEST_SECONDS)


def send_to_channel(
    workspace: UUID, channel_id: UUID, message: Message, *, reason: str, key: str = "", id: UUID | None = None
) -> sending.Sent:
    """Send a message now and list it among the deliveries. `reason` (test, resend) begins its key.

    Not inside a transaction. A disabled channel is tried too: success enables it again. A key that was used before
    sends nothing (`Conflict`).
    """
    with workspace_transaction(workspace):
        read_channel(workspace, channel_id)
        claimed = queries.insert_claimed_message(
            id=id or uuid7(),
            workspace=workspace,
            channel=channel_id,
            flow_run=message.flow_run_id,
            key=key or f"{reason}:{uuid4()}",
            what=reason,
            payload=to_json(message),
            token=uuid4(),
        )
    if claimed is None:
        raise Conflict("This message was sent already.")
    return sending.send_now(claimed, TEST_SECONDS)


def tell(channel: Channel, what: str, changes: dict[str, Any]) -> None:
    audit.record(
        channel.workspace_id, action=f"notification-channel.{what}", target_kind="notification-channel",
        target_id=channel.id, target_name=channel.name, changes=changes,
    )  # fmt: skip
