"""Deliveries as the management API has them: filtered, with their payload, and tried again."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from controlplane.errors import Conflict
from controlplane.filters import page_limits
from notifications.models import Outbox
from notifications.services import deliveries
from notifications.wire import Attempt
from notifications.wire.channels import Delivery, DeliveryListing, Status
from workspaces.services import audit

NOT_GIVEN_UP = "Only a message that was given up can be tried again."


def list_deliveries(workspace: UUID, body: DeliveryListing) -> list[Delivery]:
    """The newest first."""
    limits = page_limits(body)
    rows = wanted(Outbox.objects.of(workspace), body).order_by("-created", "-id")
    return [shown(row) for row in rows[limits.offset : limits.offset + limits.limit]]


def wanted(rows: QuerySet[Outbox], body: DeliveryListing) -> QuerySet[Outbox]:
    conditions: dict[str, Any] = {
        "channel_id": body.channel_id,
        "flow_run_id": body.flow_run_id,
        "created__gte": body.created_after,
        "created__lt": body.created_before,
    }
    if body.status is not None:
        conditions |= STATUSES[body.status]
    return rows.filter(**{name: value for name, value in conditions.items() if value is not None})


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
    audit.record(
        workspace, action="notification-delivery.retried", target_kind="notification-delivery", target_id=delivery_id
    )
    return read_delivery(workspace, delivery_id)


def shown(row: Outbox) -> Delivery:
    tries: Any = row.tries
    status = status_of(row)
    return Delivery(
        id=row.id, created=row.created, key=row.key, status=status, channel_id=row.channel_id,
        block_document_id=row.block_document_id, rule_id=row.rule_id, flow_run_id=row.flow_run_id,
        attempts=row.attempts, answer=row.answer,
        next_attempt=row.next_attempt if status == "WAITING" else None, delivered=row.delivered, given_up=row.dead,
        latency_seconds=row.latency_seconds, message=row.payload, tries=msgspec.convert(tries, list[Attempt]),
    )  # fmt: skip


def list_rows(workspace: UUID, body: DeliveryListing, *, rule: UUID | None = None) -> list[Outbox]:
    """As `list_deliveries`, for pages; of one policy."""
    limits = page_limits(body)
    rows = wanted(Outbox.objects.of(workspace), body).order_by("-created", "-id")
    rows = rows if rule is None else rows.filter(rule_id=rule)
    return list(rows[limits.offset : limits.offset + limits.limit])


def list_of_alert(workspace: UUID, alert: UUID) -> list[Outbox]:
    """The newest fifty messages about one alert."""
    return list(Outbox.objects.of(workspace).filter(alert_id=alert).order_by("-created", "-id")[:50])


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
