"""Telling: a message is written into the outbox in the transaction of what caused it, and sent after the commit."""

from datetime import datetime
from uuid import UUID

from blocks.services import block_documents
from controlplane.errors import NotFound
from controlplane.ids import uuid7
from notifications import queries
from notifications.services.matching import CHANNEL_DISABLED, to_json
from notifications.wire import Message


def tell(
    workspace: UUID,
    *,
    key: str,
    subject: str,
    body: str,
    channel_id: UUID | None = None,
    block_document_id: UUID | None = None,
    flow_run_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Tell a channel, or a notification block, in words of one's own. Returns the delivery's id.

    Inside the caller's transaction. The same `key` again writes nothing and returns the first delivery.
    """
    message = Message(subject=subject or "Signalbox", body=body, occurred=now, received=now, flow_run_id=flow_run_id)
    return enqueue(workspace, message, key=key, channel_id=channel_id, block_document_id=block_document_id)


def enqueue(
    workspace: UUID,
    message: Message,
    *,
    key: str,
    channel_id: UUID | None = None,
    block_document_id: UUID | None = None,
    edits_id: UUID | None = None,
    what: str = "told",
) -> UUID:
    """The same for a message with facts of its own. `NotFound` if there is no such channel or block.

    `edits_id` is an earlier delivery to the same channel: where the kind can, its message is rewritten instead.
    Names and the address of the workspace that the message leaves empty are filled in when it is sent.
    """
    if (channel_id is None) == (block_document_id is None):
        raise ValueError("A message goes to either a channel or a block.")
    if block_document_id is not None and not block_documents.block_document_exists(workspace, block_document_id):
        raise NotFound("There is no such block in this workspace.")
    values = {
        "id": uuid7(), "workspace": workspace, "key": key, "channel": channel_id, "block": block_document_id,
        "flow_run": message.flow_run_id, "what": what, "edits": edits_id, "payload": to_json(message),
        "disabled": CHANNEL_DISABLED,
    }  # fmt: skip
    # Twice: another transaction may have written the key after this statement began.
    delivery: UUID | None = queries.insert_message(**values) or queries.insert_message(**values)
    if delivery is None:
        raise NotFound("There is no such channel in this workspace.")
    return delivery
