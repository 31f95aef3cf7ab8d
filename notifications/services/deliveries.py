"""Deliveries: what was told, to whom, and what they answered."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import Conflict, NotFound
from controlplane.sql.transactions import workspace_transaction
from notifications import queries
from notifications.models import Outbox
from notifications.services import channels, sending
from notifications.wire import Message

LISTED = 50


def list_deliveries(workspace: UUID) -> list[Outbox]:
    """The newest fifty."""
    return list(Outbox.objects.of(workspace).order_by("-created", "-id")[:LISTED])


def read_delivery(workspace: UUID, delivery_id: UUID) -> Outbox:
    delivery: Outbox | None = Outbox.objects.of(workspace).filter(id=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery in this workspace.")
    return delivery


def message_of(delivery: Outbox) -> Message:
    payload: Any = delivery.payload
    return msgspec.convert(payload, Message)


def resend(workspace: UUID, delivery_id: UUID) -> sending.Sent:
    """Send the same words again, as a delivery of its own. Not inside a transaction."""
    with workspace_transaction(workspace):
        delivery = read_delivery(workspace, delivery_id)
    message = msgspec.structs.replace(message_of(delivery), received=datetime.now(UTC))
    if delivery.channel_id is None:
        raise Conflict("A message to a notification block is sent again by its automation.")
    return channels.send_to_channel(workspace, delivery.channel_id, message, reason="resend")


def is_failure_told(workspace: UUID) -> bool:
    """Whether anybody hears of a failing run."""
    return bool(queries.count_rules_on_failure(workspace=workspace))
