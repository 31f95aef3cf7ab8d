"""REST doors of block schemas."""

from uuid import UUID

from blocks import filters
from blocks.services import block_schemas
from blocks.wire.blocks import BlockSchema, BlockSchemaCreate, SchemaVersion
from controlplane.wire.doors import Call, Reply, delete, get, post
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_BLOCKS, Permission.MANAGE_BLOCKS


@post("block_schemas", needs=MANAGE, status=201)
def create_block_schema(call: Call, body: BlockSchemaCreate) -> Reply[BlockSchema]:
    schema, is_new = block_schemas.create_block_schema(call.workspace, body)
    return Reply(schema, 201 if is_new else 200)


@post("block_schemas/filter", needs=SEE)
def filter_block_schemas(call: Call, body: filters.BlockSchemasFilter) -> list[BlockSchema]:
    return block_schemas.list_block_schemas(call.workspace, body)


@get("block_schemas/<uuid:id>", needs=SEE)
def read_block_schema(call: Call, id: UUID) -> BlockSchema:
    return block_schemas.read_block_schema(call.workspace, id)


@get("block_schemas/checksum/<str:checksum>", needs=SEE)
def read_block_schema_by_checksum(call: Call, checksum: str, query: SchemaVersion) -> BlockSchema:
    return block_schemas.read_block_schema_by_checksum(call.workspace, checksum, query.version)


@delete("block_schemas/<uuid:id>", needs=MANAGE)
def delete_block_schema(call: Call, id: UUID) -> None:
    block_schemas.delete_block_schema(call.workspace, id)


@get("block_capabilities", needs=SEE)
def read_block_capabilities(call: Call) -> list[str]:
    return block_schemas.read_block_capabilities(call.workspace)
