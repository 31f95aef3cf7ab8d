"""REST doors of inbound webhooks."""

from uuid import UUID

from controlplane.wire.doors import Call, delete, get, patch, post, put
from events.services import webhooks
from events.wire.webhooks import Webhook, WebhookCreate, WebhookReplace, WebhooksFilter, WebhookUpdate
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_WEBHOOKS, Permission.MANAGE_WEBHOOKS


@post("webhooks", needs=MANAGE, status=201)
def create_webhook(call: Call, body: WebhookCreate) -> Webhook:
    return webhooks.create_webhook(call.workspace, call.place.account_id, body, now=call.now)


@post("webhooks/filter", needs=SEE)
def filter_webhooks(call: Call, body: WebhooksFilter) -> list[Webhook]:
    return webhooks.list_webhooks(call.workspace, call.place.account_id, body, may_send=MANAGE in call.grants)


@get("webhooks", needs=SEE)
def list_webhooks(call: Call) -> list[Webhook]:
    return webhooks.list_webhooks(
        call.workspace, call.place.account_id, WebhooksFilter(), may_send=MANAGE in call.grants
    )


@get("webhooks/<uuid:id>", needs=SEE)
def read_webhook(call: Call, id: UUID) -> Webhook:
    return webhooks.read_webhook(call.workspace, call.place.account_id, id, may_send=MANAGE in call.grants)


@put("webhooks/<uuid:id>", needs=MANAGE, status=204)
def replace_webhook(call: Call, id: UUID, body: WebhookReplace) -> None:
    webhooks.replace_webhook(call.workspace, call.place.account_id, id, body, now=call.now)


@patch("webhooks/<uuid:id>", needs=MANAGE)
def enable_webhook(call: Call, id: UUID, body: WebhookUpdate) -> None:
    webhooks.enable_webhook(call.workspace, id, body.enabled, now=call.now)


@post("webhooks/<uuid:id>/rotate", needs=MANAGE)
def rotate_webhook(call: Call, id: UUID) -> Webhook:
    return webhooks.rotate_webhook(call.workspace, call.place.account_id, id, now=call.now)


@delete("webhooks/<uuid:id>", needs=MANAGE)
def delete_webhook(call: Call, id: UUID) -> None:
    webhooks.delete_webhook(call.workspace, id, now=call.now)
