"""Inbound webhooks: made, read, changed, rotated and deleted. Each change is told as an event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.budget import OverBudget, spend
from controlplane.errors import Invalid, NotFound
from controlplane.ids import uuid7
from controlplane.wire.structs import UNSET
from events import models
from events.rules.webhook_requests import find_fault
from events.services import emission, webhook_slugs
from events.services.emission import Emitted
from events.wire.events import Resource
from events.wire.webhooks import Webhook, WebhookCreate, WebhookReplace, WebhooksFilter
from workspaces.models import ServiceAccount
from workspaces.services import audit

NOT_FOUND = "Webhook not found"
MASKED = "********"
SORTS = {"CREATED": "created", "UPDATED": "updated", "NAME": "name", "KEY_EXPIRATION": "created"}


def create_webhook(workspace: UUID, account: UUID, body: WebhookCreate, *, now: datetime) -> Webhook:
    check_template(body.template)
    check_service_account(account, body.service_account_id)
    row = models.Webhook(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, name=body.name, description=body.description,
        enabled=body.enabled, template=body.template, service_account_id=body.service_account_id,
    )  # fmt: skip
    webhook_slugs.keep(row, webhook_slugs.new_slug())
    row.save(force_insert=True)
    tell(row, "created", now)
    return as_wire(row, account, may_send=True)


def list_webhooks(workspace: UUID, account: UUID, body: WebhooksFilter, *, may_send: bool) -> list[Webhook]:
    field, _, direction = body.sort.rpartition("_")
    order = f"{'-' if direction == 'DESC' else ''}{SORTS[field]}"
    rows = models.Webhook.objects.of(workspace).order_by(order, "id")[body.offset : body.offset + body.limit]
    return [as_wire(row, account, may_send=may_send) for row in rows]


def read_webhook(workspace: UUID, account: UUID, webhook_id: UUID, *, may_send: bool) -> Webhook:
    """Who may not manage webhooks does not see the slug: knowing it is the right to send."""
    return as_wire(found(workspace, webhook_id), account, may_send=may_send)


def replace_webhook(workspace: UUID, account: UUID, webhook_id: UUID, body: WebhookReplace, *, now: datetime) -> None:
    check_template(body.template)
    row = found(workspace, webhook_id, lock=True)
    row.name, row.description, row.template = body.name, body.description, body.template
    if body.enabled is not UNSET:
        row.enabled = body.enabled
    if body.service_account_id is not UNSET:
        assert not isinstance(body.service_account_id, type(UNSET))
        check_service_account(account, body.service_account_id)
        row.service_account_id = body.service_account_id
    write(row, "updated", now)


def enable_webhook(workspace: UUID, webhook_id: UUID, enabled: bool, *, now: datetime) -> None:
    row = found(workspace, webhook_id, lock=True)
    row.enabled = enabled
    write(row, "updated", now)


def rotate_webhook(workspace: UUID, account: UUID, webhook_id: UUID, *, now: datetime) -> Webhook:
    """A new address; the old one is gone at once."""
    row = found(workspace, webhook_id, lock=True)
    webhook_slugs.keep(row, webhook_slugs.new_slug())
    write(row, "rotated", now)
    return as_wire(row, account, may_send=True)


def delete_webhook(workspace: UUID, webhook_id: UUID, *, now: datetime) -> None:
    row = found(workspace, webhook_id, lock=True)
    tell(row, "deleted", now)
    models.Webhook.objects.of(workspace).filter(id=webhook_id).delete()


def found(workspace: UUID, webhook_id: UUID, *, lock: bool = False) -> models.Webhook:
    rows = models.Webhook.objects.of(workspace).filter(id=webhook_id)
    row: models.Webhook | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return row


def write(row: models.Webhook, what: str, now: datetime) -> None:
    row.updated = now
    fields = ["name", "description", "template", "enabled", "service_account_id", "updated"]
    row.save(update_fields=[*fields, *webhook_slugs.FIELDS])
    tell(row, what, now)


def check_template(template: str) -> None:
    try:
        fault = spend(find_fault, template)
    except OverBudget:
        fault = "it takes too much time or memory"
    if fault is not None:
        raise Invalid(f"The template is not valid: {fault}")


def check_service_account(account: UUID, service_account_id: UUID | None) -> None:
    if service_account_id is None:
        return
    if not ServiceAccount.objects.filter(account_id=account, id=service_account_id).exists():
        raise Invalid("There is no such service account in this account.")


def list_service_accounts(account: UUID) -> list[tuple[str, str]]:
    """Who a webhook can be kept for: (id, name)."""
    rows = ServiceAccount.objects.filter(account_id=account).order_by("name").values_list("id", "name")
    return [(str(id), name) for id, name in rows]


def tell(row: models.Webhook, what: str, now: datetime) -> None:
    audit.record(
        row.workspace_id, action=f"webhook.{what}", target_kind="webhook", target_id=row.id, target_name=row.name
    )
    event = Emitted(event=f"prefect-cloud.webhook.{what}", resource=resource_of(row.id, row.name), occurred=now)
    emission.insert(row.workspace_id, [event], now=now)


def resource_of(id: UUID, name: str) -> Resource:
    return {"prefect.resource.id": f"prefect-cloud.webhook.{id}", "prefect.resource.name": name}


def as_wire(row: models.Webhook, account: UUID, *, may_send: bool) -> Webhook:
    names = ("id", "created", "updated", "name", "description", "enabled", "template", "service_account_id")
    fields: dict[str, Any] = {name: getattr(row, name) for name in names}
    return Webhook(
        **fields, slug=webhook_slugs.read(row) if may_send else MASKED, account=account, workspace=row.workspace_id,
        service_account=service_account_of(account, row.service_account_id),
    )  # fmt: skip


def service_account_of(account: UUID, id: UUID | None) -> dict[str, Any] | None:
    if id is None:
        return None
    there = ServiceAccount.objects.filter(account_id=account, id=id).first()
    return None if there is None else {"id": str(there.id), "name": there.name}
