"""Deliveries: what was told, to whom, and what they answered."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from controlplane.errors import Conflict, NotFound
from controlplane.sql.transactions import workspace_transaction
from notifications import queries
from notifications.models import Outbox
from notifications.services import channels, sending, telling
from notifications.wire import Message
from workspaces.services import audit

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


class Resent(Struct, frozen=True):
    """The new delivery; `sent` is None if it was made before, or waits for the sender."""

    id: UUID
    sent: sending.Sent | None = None


def resend(workspace: UUID, delivery_id: UUID, *, press: UUID) -> Resent:
    """Send the same words again, as a delivery of its own. Not inside a transaction.

    `press` is made with the button: pressed twice, it is one delivery.
    """
    key, id = f"resend:{delivery_id}:{press}", uuid5(delivery_id, str(press))
    with workspace_transaction(workspace):
        delivery = read_delivery(workspace, delivery_id)
        message = msgspec.structs.replace(message_of(delivery), received=datetime.now(UTC))
        note_resent(workspace, delivery, key)
        if delivery.channel_id is None:
            block = delivery.block_document_id
            return Resent(telling.enqueue(workspace, message, key=key, block_document_id=block, what="resend"))
    try:
        sent = channels.send_to_channel(workspace, delivery.channel_id, message, reason="resend", key=key, id=id)
    except Conflict:
        return Resent(id)
    return Resent(id, sent)


def note_resent(workspace: UUID, delivery: Outbox, key: str) -> None:
    """Once for each press."""
    if Outbox.objects.of(workspace).filter(key=key).exists():
        return
    audit.record(
        workspace, action="notification-delivery.resent", target_kind="notification-delivery", target_id=delivery.id,
        target_name=key,
    )  # fmt: skip


def is_failure_told(workspace: UUID) -> bool:
    """Whether anybody hears of a failing run."""
    return bool(queries.count_rules_on_failure(workspace=workspace))
