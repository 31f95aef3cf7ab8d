"""REST doors of block types, and of the documents of one type."""

from uuid import UUID

from blocks import filters
from blocks.api.secrecy import may_show
from blocks.services import block_documents, block_types, system_types
from blocks.wire.blocks import BlockDocument, BlockType, BlockTypeCreate, BlockTypeUpdate, IncludeSecrets
from controlplane.wire.doors import Call, delete, get, patch, post
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_BLOCKS, Permission.MANAGE_BLOCKS


@post("block_types", needs=MANAGE, status=201)
def create_block_type(call: Call, body: BlockTypeCreate) -> BlockType:
    return block_types.create_block_type(call.workspace, body, now=call.now)


@post("block_types/filter", needs=SEE)
def filter_block_types(call: Call, body: filters.BlockTypesFilter) -> list[BlockType]:
    return block_types.list_block_types(call.workspace, body)


@post("block_types/install_system_block_types", needs=MANAGE)
def install_system_block_types(call: Call) -> None:
    system_types.install_system_block_types(call.workspace, now=call.now)


@get("block_types/<uuid:id>", needs=SEE)
def read_block_type(call: Call, id: UUID) -> BlockType:
    return block_types.read_block_type(call.workspace, id)


@get("block_types/slug/<str:slug>", needs=SEE)
def read_block_type_by_slug(call: Call, slug: str) -> BlockType:
    return system_types.read_block_type_by_slug(call.workspace, slug, now=call.now)


@patch("block_types/<uuid:id>", needs=MANAGE)
def update_block_type(call: Call, id: UUID, body: BlockTypeUpdate) -> None:
    block_types.update_block_type(call.workspace, id, body, now=call.now)


@delete("block_types/<uuid:id>", needs=MANAGE)
def delete_block_type(call: Call, id: UUID) -> None:
    block_types.delete_block_type(call.workspace, id, now=call.now)


@get("block_types/slug/<str:slug>/block_documents", needs=SEE)
def read_block_documents_of_slug(call: Call, slug: str, query: IncludeSecrets) -> list[BlockDocument]:
    shown = may_show(call, query.include_secrets)
    return block_documents.list_block_documents_of_slug(call.workspace, slug, show_secrets=shown)


@get("block_types/slug/<str:slug>/block_documents/name/<str:name>", needs=SEE)
def read_block_document_by_name(call: Call, slug: str, name: str, query: IncludeSecrets) -> BlockDocument:
    shown = may_show(call, query.include_secrets)
    return block_documents.read_block_document_by_name(call.workspace, slug, name, show_secrets=shown)
