"""Actions that reach people and other systems: the block is opened and the words are rendered in the transaction."""

from datetime import datetime

from automations.rules.targets import first_id
from automations.services import receivers, texts
from automations.services.invocations import ActionFailed, Effect, Invocation
from automations.services.receivers import Receiver, related_block
from automations.services.webhook_calls import Call, prepare
from automations.wire.actions import CallWebhook, SendEmail, SendNotification
from blocks.services import block_documents
from blocks.wire.blocks import BlockDocument
from events.services import emission
from events.services.emission import Emitted
from notifications.services import letters, telling

WEBHOOK = "webhook"


def send_notification(invocation: Invocation, action: SendNotification, now: datetime) -> Effect:
    """Into the outbox of notifications, with the action's key: it is sent from there, once, and tried again there.

    The id may be that of a notification channel: channels are offered where clients know blocks.
    """
    subject, body = texts.render_texts(invocation, [action.subject, action.body], now)
    receiver = receivers.find_receiver(invocation.workspace, action.block_document_id)
    if receiver.document is not None:
        tell_loaded(invocation, receiver.document, now)
    return hand_over(invocation, receiver, subject, body, now)


def send_email(invocation: Invocation, action: SendEmail, now: datetime) -> Effect:
    """Through the workspace's e-mail channel to these addresses, which is made if there is none."""
    subject, body = texts.render_texts(invocation, [action.subject, action.body], now)
    channel = letters.channel_to(invocation.workspace, action.emails)
    return hand_over(invocation, receivers.find_receiver(invocation.workspace, channel), subject, body, now)


def hand_over(invocation: Invocation, receiver: Receiver, subject: str, body: str, now: datetime) -> Effect:
    event = invocation.event
    run = None if event is None else first_id("flow-run", [event.resource, *event.related])
    delivery = telling.tell(
        invocation.workspace, key=f"action:{invocation.key}", subject=subject, body=body, flow_run_id=run, now=now,
        **receiver.place,
    )  # fmt: skip
    return Effect(words="Handed to notifications", related=receiver.related, details={"delivery": str(delivery)})


def prepare_webhook(invocation: Invocation, action: CallWebhook, now: datetime) -> Call:
    document = block_documents.read_block_document(invocation.workspace, action.block_document_id, show_secrets=True)
    related = related_block(document)
    block_type = document.block_type
    if block_type is None or block_type.slug != WEBHOOK:
        raise ActionFailed(f"Block {document.name!r} is not a webhook", related=related)
    assert isinstance(action.payload, str)
    (payload,) = texts.render_texts(invocation, [action.payload], now)
    tell_loaded(invocation, document, now)
    return prepare(document.data, payload, invocation.key, related)


def tell_loaded(invocation: Invocation, document: BlockDocument, now: datetime) -> None:
    block, block_type = related_block(document)
    resource = {name: value for name, value in block.items() if name != "prefect.resource.role"}
    slug = document.block_type.slug if document.block_type else ""
    told = Emitted(event=f"prefect.block.{slug}.loaded", resource=resource, related=[block_type], occurred=now)
    emission.insert(invocation.workspace, [told], now=now)
