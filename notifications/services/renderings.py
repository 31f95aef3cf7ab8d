"""What a message looks like where it arrives: laid out by its kind, from settings without their secrets."""

from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from blocks.services import block_documents
from controlplane.errors import Problem
from notifications.channels import keeping, kind_of
from notifications.channels.blocks import BLOCKS
from notifications.channels.contract import Rendered
from notifications.channels.drafts import draft
from notifications.channels.slack.message import body_of
from notifications.models import Channel, Outbox
from notifications.services import channel_settings, deliveries, sending
from notifications.services.templating import worded
from notifications.wire import Message

SLACK_BLOCKS = ("slack-webhook", "slack-incoming-webhook")


class Rendering(Struct, frozen=True):
    """A message as a person sees it. `title` names the kind of channel, or of block."""

    title: str
    message: Message
    rendered: Rendered


def of_delivery(workspace: UUID, row: Outbox, *, account: str, handle: str) -> Rendering:
    """`account` and `handle` stand in the workspace's address."""
    message = worded(placed(deliveries.message_of(row), workspace, account, handle))
    if row.channel_id is None:
        return of_block(workspace, row.block_document_id, message)
    channel = Channel.objects.of(workspace).get(id=row.channel_id)
    return of_channel(channel, message, row.key)


def of_channel(channel: Channel, message: Message, key: str) -> Rendering:
    """Words alone while the channel's secrets cannot be opened: what is sent depends on them."""
    kind = kind_of(channel.kind)
    try:
        settings = keeping.without_secrets(channel_settings.open_settings(channel))
    except Problem as problem:
        return Rendering(kind.title, message, Rendered(text=f"{words_of(message)}\n({problem.detail})"))
    return Rendering(kind.title, message, kind.render(settings, message, sending.sendable(key)))


def of_block(workspace: UUID, id: UUID | None, message: Message) -> Rendering:
    slug, title = "", "A deleted block"
    if id is not None:
        try:
            block = block_documents.read_block_document(workspace, id, show_secrets=False)
        except Problem:
            pass
        else:
            slug, title = (block.block_type.slug if block.block_type else ""), f"Block {block.name}"
    is_slack = slug in SLACK_BLOCKS and slug in BLOCKS
    return Rendering(title, message, Rendered(body=body_of(message)) if is_slack else Rendered(text=words_of(message)))


def placed(message: Message, workspace: UUID, account: str, handle: str) -> Message:
    """With what is filled in when it is sent."""
    message = replace(message, workspace_id=workspace)
    return message if message.workspace else replace(message, account=account, workspace=handle)


def words_of(message: Message) -> str:
    parts = draft(message)
    return f"{parts.headline}\n{parts.as_text()}"
