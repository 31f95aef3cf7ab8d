"""A document's data: sealed when it is stored, opened and put together with what it refers to when it is read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import json

from blocks import queries
from blocks.queries import DocumentRow
from blocks.rules.documents import Opened, assemble
from blocks.rules.secrets import may_hold_secrets
from blocks.services import sealing
from blocks.services.block_schemas import load_block_schemas
from blocks.wire.blocks import BlockDocument, BlockSchema
from workspaces.services import audit

PLACE = {"table": "block_document", "field": "data"}


def seal_data(workspace: UUID, document_id: UUID, data: dict[str, Any]) -> bytes:
    return sealing.seal(workspace, row=document_id, plaintext=json.encode(data), **PLACE)


def open_data(workspace: UUID, row: DocumentRow) -> dict[str, Any]:
    data: dict[str, Any] = json.decode(sealing.open_sealed(workspace, row=row.id, sealed=row.data, **PLACE))
    return data


def show_documents(workspace: UUID, rows: Sequence[DocumentRow], *, show_secrets: bool) -> list[BlockDocument]:
    """Documents as the wire shows them, in a handful of statements for however many there are."""
    if not rows:
        return []
    links = links_below(workspace, [row.id for row in rows])
    family = {row.id: row for row in rows}
    missing = {child for inner in links.values() for child in inner.values()} - family.keys()
    if missing:
        family |= {row.id: row for row in queries.find_block_documents(workspace=workspace, ids=list(missing))}
    schemas = load_block_schemas(workspace, {row.block_schema_id for row in family.values()})
    opened = {
        id: Opened(
            id=id, name=row.name, data=open_data(workspace, row),
            fields=schemas[row.block_schema_id].fields,
            block_type=schemas[row.block_schema_id].block_type, is_anonymous=row.is_anonymous,
            references=links.get(id, {}),
        )
        for id, row in family.items()
    }  # fmt: skip
    return [show(row, schemas[row.block_schema_id], opened, show_secrets) for row in rows]


def disclose(workspace: UUID, rows: Sequence[DocumentRow], *, show_secrets: bool) -> list[BlockDocument]:
    """Documents for somebody outside. Showing secrets leaves an entry for each document that has any, however deep."""
    documents = show_documents(workspace, rows, show_secrets=show_secrets)
    for document in documents if show_secrets else ():
        if document.block_document_references or may_hold_secrets(document.block_schema.fields):
            audit.record(
                workspace, action="secret.read", target_kind="block", target_id=document.id,
                target_name=f"{document.block_type.slug}/{document.name}",
            )  # fmt: skip
    return documents


def show(row: DocumentRow, schema: BlockSchema, opened: dict[UUID, Opened], show_secrets: bool) -> BlockDocument:
    whole = assemble(row.id, opened, show_secrets=show_secrets)
    return BlockDocument(
        id=row.id, created=row.created, updated=row.updated, name=row.name, data=whole.data,
        block_schema_id=row.block_schema_id, block_schema=schema, block_type_id=row.block_type_id,
        block_type_name=schema.block_type.name, block_type=schema.block_type,
        block_document_references=whole.references, is_anonymous=row.is_anonymous,
    )  # fmt: skip


def links_below(workspace: UUID, ids: Iterable[UUID]) -> dict[UUID, dict[str, UUID]]:
    """What documents refer to, by key: theirs, and those of everything below."""
    links: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    for link in queries.read_document_links(workspace=workspace, ids=list(ids)):
        links[link.parent][link.name] = link.child
    return links
