"""Deliveries as the management API has them: filtered, with their payload, and tried again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from controlplane.errors import Conflict
from controlplane.filters import page_limits
from notifications.models import Channel, Outbox
from notifications.services import deliveries
from notifications.wire import Attempt
from notifications.wire.channels import Delivery, DeliveryListing, Status
from workspaces.services import audit

ARRIVED = "It has arrived. Send it again instead."
NOT_GIVEN_UP = "Only a message that was given up can be tried again."


def list_deliveries(workspace: UUID, body: DeliveryListing) -> list[Delivery]:
    """The newest first."""
    return [shown(row) for row in list_rows(workspace, body)]


def wanted(workspace: UUID, body: DeliveryListing) -> QuerySet[Outbox]:
    rows: QuerySet[Outbox] = Outbox.objects.of(workspace)
    conditions: dict[str, Any] = {
        "channel_id": body.channel_id,
        "flow_run_id": body.flow_run_id,
        "alert_id": body.alert_id,
        "rule_id": body.policy_id,
        "what": body.what,
        "created__gte": body.created_after,
        "created__lt": body.created_before,
    }
    if body.status is not None:
        conditions |= STATUSES[body.status]
    rows = rows.filter(**{name: value for name, value in conditions.items() if value is not None})
    if body.kind is not None:
        rows = rows.filter(channel_id__in=Channel.objects.of(workspace).filter(kind=body.kind).values("id"))
    return rows


STATUSES: dict[Status, dict[str, Any]] = {
    "DELIVERED": {"delivered__isnull": False},
    "WAITING": {"delivered__isnull": True, "dead__isnull": True},
    "FAILED": {"dead__isnull": False, "attempts__gt": 0},
    "NOT_SENT": {"dead__isnull": False, "attempts": 0},
}


def status_of(row: Outbox) -> Status:
    if row.delivered is not None:
        return "DELIVERED"
    if row.dead is None:
        return "WAITING"
    return "FAILED" if row.attempts else "NOT_SENT"


def read_delivery(workspace: UUID, delivery_id: UUID) -> Delivery:
    return shown(deliveries.read_delivery(workspace, delivery_id))


def retry_delivery(workspace: UUID, delivery_id: UUID, *, now: datetime) -> Delivery:
    """Give a message that was given up its tries back. It keeps its key. `Conflict` for any other."""
    revived = (
        Outbox.objects.of(workspace)
        .filter(id=delivery_id, dead__isnull=False, delivered__isnull=True)
        .update(dead=None, attempts=0, next_attempt=now, updated=now)
    )
    if not revived:
        deliveries.read_delivery(workspace, delivery_id)
        raise Conflict(NOT_GIVEN_UP)
    tell_retried(workspace, delivery_id)
    return read_delivery(workspace, delivery_id)


def retry_now(workspace: UUID, delivery_id: UUID, *, now: datetime) -> bool:
    """Send a message without waiting any longer, or once more after it was given up. False if it is at it already.

    Again changes nothing. `Conflict` if it has arrived.
    """
    row = deliveries.read_delivery(workspace, delivery_id)
    if row.delivered is not None:
        raise Conflict(ARRIVED)
    if row.dead is not None:
        retry_delivery(workspace, delivery_id, now=now)
        return True
    waiting = Outbox.objects.of(workspace).filter(
        id=delivery_id, delivered__isnull=True, dead__isnull=True, lease_token__isnull=True, next_attempt__gt=now
    )
    if not waiting.update(next_attempt=now, updated=now):
        return False
    tell_retried(workspace, delivery_id)
    return True


def tell_retried(workspace: UUID, delivery_id: UUID) -> None:
    audit.record(
        workspace, action="notification-delivery.retried", target_kind="notification-delivery", target_id=delivery_id
    )


def shown(row: Outbox) -> Delivery:
    tries: Any = row.tries
    status = status_of(row)
    return Delivery(
        id=row.id, created=row.created, key=row.key, status=status, channel_id=row.channel_id,
        block_document_id=row.block_document_id, rule_id=row.rule_id, alert_id=row.alert_id,
        flow_run_id=row.flow_run_id, what=row.what, attempts=row.attempts, answer=row.answer,
        next_attempt=row.next_attempt if status == "WAITING" else None, delivered=row.delivered, given_up=row.dead,
        latency_seconds=row.latency_seconds, message=row.payload, tries=msgspec.convert(tries, list[Attempt]),
    )  # fmt: skip


def list_rows(workspace: UUID, body: DeliveryListing) -> list[Outbox]:
    """As `list_deliveries`, for pages."""
    limits = page_limits(body)
    rows = wanted(workspace, body).order_by("-created", "-id")
    return list(rows[limits.offset : limits.offset + limits.limit])


def list_of_alert(workspace: UUID, alert: UUID) -> list[Outbox]:
    """The newest fifty messages about one alert."""
    return list(Outbox.objects.of(workspace).filter(alert_id=alert).order_by("-created", "-id")[:50])


def count_waiting(workspace: UUID, channel: UUID) -> int:
    return Outbox.objects.of(workspace).filter(channel_id=channel, **STATUSES["WAITING"]).count()


def retry_given_up(workspace: UUID, *, now: datetime) -> int:
    """Give every message that was tried in vain its tries back. They keep their keys."""
    dead = Outbox.objects.of(workspace).filter(**STATUSES["FAILED"])
    count: int = dead.update(dead=None, attempts=0, next_attempt=now, updated=now)
    if count:
        audit.record(
            workspace, action="notification-delivery.retried", target_kind="notification-delivery",
            target_id=workspace, target_name=f"{count} given up",
        )  # fmt: skip
    return count
