"""What tests of notifications need made: notification blocks."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from blocks.services import block_documents, block_schemas, block_types
from blocks.wire.blocks import BlockDocumentCreate, BlockSchemaCreate, BlockTypeCreate
from controlplane.sql.transactions import workspace_transaction
from tests.world import Tenant


def make_block(tenant: Tenant, slug: str, data: dict[str, Any]) -> UUID:
    """A document of a block type with that slug, whose schema takes anything."""
    now, workspace = datetime.now(UTC), tenant.workspace_id
    with workspace_transaction(workspace):
        kind = block_types.install_block_type(workspace, BlockTypeCreate(name=slug, slug=slug), now=now)
        fields = {"type": "object", "title": slug, "properties": {}, "block_type_slug": slug}
        schema, _ = block_schemas.create_block_schema(
            workspace, BlockSchemaCreate(block_type_id=kind.id, fields=fields, capabilities=["notify"])
        )
        body = BlockDocumentCreate(
            name=f"block-{uuid4().hex[:8]}", data=data, block_schema_id=schema.id, block_type_id=kind.id
        )
        return block_documents.create_block_document(workspace, body, now=now).id
