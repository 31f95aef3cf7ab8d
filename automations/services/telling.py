"""Actions that reach people and other systems: the block is opened and the words are rendered in the transaction."""

from datetime import datetime
from typing import Any

from automations.rules.targets import first_id
from automations.services import texts
from automations.services.invocations import ActionFailed, Effect, Invocation, part
from automations.services.webhook_calls import Call, prepare
from automations.wire.actions import CallWebhook, SendNotification
from blocks.services import block_documents
from blocks.wire.blocks import BlockDocument
from events.services import emission
from events.services.emission import Emitted
from events.wire.events import Resource
from notifications.models import Channel
from notifications.services import telling

WEBHOOK = "webhook"


def send_notification(invocation: Invocation, action: SendNotification, now: datetime) -> Effect:
    """Into the outbox of notifications, with the action's key: it is sent from there, once, and tried again there.

    The id may be that of a notification channel: channels are offered where clients know blocks.
    """
    subject, body = texts.render_texts(invocation, [action.subject, action.body], now)
    event = invocation.event
    run = None if event is None else first_id("flow-run", [event.resource, *event.related])
    place: dict[str, Any] = {"channel_id": action.block_document_id}
    if Channel.objects.of(invocation.workspace).filter(id=action.block_document_id).exists():
        related = [part("", "", "channel")]
        related[0]["prefect.resource.id"] = f"signalbox.notification-channel.{action.block_document_id}"
    else:
        document = open_block(invocation, action.block_document_id, show_secrets=False)
        if "notify" not in document.block_schema.capabilities:
            raise ActionFailed(f"Block {document.name!r} is not a notification block")
        place, related = {"block_document_id": document.id}, related_block(document)
        tell_loaded(invocation, document, now)
    delivery = telling.tell(
        invocation.workspace, key=f"action:{invocation.key}", subject=subject, body=body, flow_run_id=run, now=now,
        **place,
    )  # fmt: skip
    return Effect(words="Handed to notifications", related=related, details={"delivery": str(delivery)})


def prepare_webhook(invocation: Invocation, action: CallWebhook, now: datetime) -> Call:
    document = open_block(invocation, action.block_document_id, show_secrets=True)
    related = related_block(document)
    block_type = document.block_type
    if block_type is None or block_type.slug != WEBHOOK:
        raise ActionFailed(f"Block {document.name!r} is not a webhook", related=related)
    assert isinstance(action.payload, str)
    (payload,) = texts.render_texts(invocation, [action.payload], now)
    tell_loaded(invocation, document, now)
    return prepare(document.data, payload, invocation.key, related)


def open_block(invocation: Invocation, id: Any, *, show_secrets: bool) -> BlockDocument:
    return block_documents.read_block_document(invocation.workspace, id, show_secrets=show_secrets)


def related_block(document: BlockDocument) -> list[Resource]:
    slug = document.block_type.slug if document.block_type else ""
    return [
        part("block-document", document.id, "block", document.name),
        part("block-type", slug, "block-type", document.block_type_name),
    ]


def tell_loaded(invocation: Invocation, document: BlockDocument, now: datetime) -> None:
    block, block_type = related_block(document)
    resource = {name: value for name, value in block.items() if name != "prefect.resource.role"}
    slug = document.block_type.slug if document.block_type else ""
    told = Emitted(event=f"prefect.block.{slug}.loaded", resource=resource, related=[block_type], occurred=now)
    emission.insert(invocation.workspace, [told], now=now)
