"""Where a message goes that names "a notification block": a block, or a channel, which is offered in its place."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from automations.services.invocations import ActionFailed, part
from blocks.services import block_documents
from blocks.wire.blocks import BlockDocument
from events.wire.events import Resource
from notifications.models import Channel


class Receiver(Struct, frozen=True):
    """`place` is what `notifications.services.telling.tell` takes."""

    place: dict[str, Any]
    related: list[Resource]
    document: BlockDocument | None = None


def find_receiver(workspace: UUID, id: UUID) -> Receiver:
    """`NotFound` for neither a block nor a channel; `ActionFailed` for a block that cannot notify."""
    if Channel.objects.of(workspace).filter(id=id).exists():
        resource_id = f"signalbox.notification-channel.{id}"
        related = {"prefect.resource.id": resource_id, "prefect.resource.role": "channel"}
        return Receiver({"channel_id": id}, [related])
    document = block_documents.read_block_document(workspace, id, show_secrets=False)
    if "notify" not in document.block_schema.capabilities:
        raise ActionFailed(f"Block {document.name!r} is not a notification block")
    return Receiver({"block_document_id": document.id}, related_block(document), document)


def related_block(document: BlockDocument) -> list[Resource]:
    slug = document.block_type.slug if document.block_type else ""
    return [
        part("block-document", document.id, "block", document.name),
        part("block-type", slug, "block-type", document.block_type_name),
    ]
