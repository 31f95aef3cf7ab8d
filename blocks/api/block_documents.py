"""REST doors of block documents."""

from uuid import UUID

from blocks import filters
from blocks.api.secrecy import may_show
from blocks.services import block_documents, connection_tests
from blocks.wire.blocks import BlockDocument, BlockDocumentCreate, BlockDocumentUpdate, ConnectionTest, IncludeSecrets
from controlplane.wire.doors import Call, Reply, delete, get, patch, post, put
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_BLOCKS, Permission.MANAGE_BLOCKS


@post("block_documents", needs=MANAGE, status=201)
def create_block_document(call: Call, body: BlockDocumentCreate) -> BlockDocument:
    return block_documents.create_block_document(call.workspace, body, now=call.now)


@put("block_documents", needs=MANAGE)
def put_block_document(call: Call, body: BlockDocumentCreate) -> Reply[BlockDocument]:
    """Create or replace, by type and name: only Prefect Cloud has this one."""
    may_see = Permission.SEE_SECRET_BLOCKS in call.grants
    document, is_new = block_documents.put_block_document(call.workspace, body, may_see_secrets=may_see, now=call.now)
    return Reply(document, 201 if is_new else 200)


@post("block_documents/filter", needs=SEE)
def filter_block_documents(call: Call, body: filters.BlockDocumentsFilter) -> list[BlockDocument]:
    shown = may_show(call, body.include_secrets)
    return block_documents.list_block_documents(call.workspace, body, show_secrets=shown)


@post("block_documents/count", needs=SEE)
def count_block_documents(call: Call, body: filters.BlockDocumentsCount) -> int:
    return block_documents.count_block_documents(call.workspace, body)


@get("block_documents/<uuid:id>", needs=SEE)
def read_block_document(call: Call, id: UUID, query: IncludeSecrets) -> BlockDocument:
    shown = may_show(call, query.include_secrets)
    return block_documents.read_block_document(call.workspace, id, show_secrets=shown)


@patch("block_documents/<uuid:id>", needs=MANAGE)
def update_block_document(call: Call, id: UUID, body: BlockDocumentUpdate) -> None:
    may_see = Permission.SEE_SECRET_BLOCKS in call.grants
    block_documents.update_block_document(call.workspace, id, body, may_see_secrets=may_see, now=call.now)


@delete("block_documents/<uuid:id>", needs=MANAGE)
def delete_block_document(call: Call, id: UUID) -> None:
    block_documents.delete_block_document(call.workspace, id, now=call.now)


@post("block_documents/<uuid:id>/test", needs=MANAGE, transaction=False)
def try_block_document(call: Call, id: UUID) -> ConnectionTest:
    """Ask the service that the block is for, as the control plane. 200 whatever it answers."""
    return connection_tests.try_block_document(call.workspace, id)
