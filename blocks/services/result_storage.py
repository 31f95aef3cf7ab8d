"""The block that a workspace's clients store results in when nothing else is said."""

from uuid import UUID

from blocks import models, queries
from blocks.services.block_schemas import load_block_schemas
from blocks.wire.blocks import ResultStorage
from controlplane.errors import Invalid, NotFound
from controlplane.ids import uuid7


def read_result_storage(workspace: UUID) -> ResultStorage:
    chosen = models.ResultStorage.objects.of(workspace).values_list("block_document_id", flat=True).first()
    return ResultStorage(default_result_storage_block_id=chosen)


def set_result_storage(workspace: UUID, document_id: UUID) -> ResultStorage:
    """Only a block that can be written to will do."""
    rows = queries.find_block_documents(workspace=workspace, ids=[document_id])
    if not rows:
        raise NotFound(f"Block document {document_id} not found.")
    schema_id = rows[0].block_schema_id
    if "write-path" not in load_block_schemas(workspace, [schema_id])[schema_id].capabilities:
        raise Invalid(f"Block document {document_id} cannot be used for result storage.")
    queries.set_result_storage(workspace=workspace, id=uuid7(), block=document_id)
    return ResultStorage(default_result_storage_block_id=document_id)


def clear_result_storage(workspace: UUID) -> None:
    models.ResultStorage.objects.of(workspace).delete()
