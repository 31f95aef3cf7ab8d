"""Block documents: the blocks that were saved. `show_secrets` is for callers who may see them, and only if they asked.

Events name a document and never say what is in it: they are stored as plain text.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from blocks import models, queries
from blocks.rules.documents import BadReference, merge, reaches, take_references
from blocks.rules.secrets import keep_masked, mask_document
from blocks.services import block_types
from blocks.services.block_contents import disclose, links_below, open_data, seal_data, show_documents
from blocks.services.block_schemas import load_block_schemas
from blocks.wire.blocks import BlockDocument, BlockDocumentCreate, BlockDocumentUpdate, BlockSchema
from controlplane.errors import INTEGRITY_CONFLICT, BadRequest, Conflict, NotFound, Refused
from controlplane.filters import Counting, Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_paths import spell_out
from events.services import emission
from events.services.emission import Emitted
from workspaces.services import audit

NOT_FOUND = "Block document not found"


def create_block_document(workspace: UUID, body: BlockDocumentCreate, *, now: datetime) -> BlockDocument:
    """A new document, shown without its secrets."""
    schema = schema_of(workspace, body.block_schema_id)
    if schema.block_type_id != body.block_type_id:
        raise Conflict(INTEGRITY_CONFLICT)
    data, references = take(body.data)
    document_id = uuid7()
    made = queries.create_block_document(
        workspace=workspace, id=document_id, block_type=body.block_type_id, block_schema=body.block_schema_id,
        name=body.name or f"anonymous-{uuid4()}", data=seal_data(workspace, document_id, data),
        is_anonymous=body.is_anonymous,
    )  # fmt: skip
    if made is None:
        raise Conflict("Block already exists")
    link(workspace, document_id, references)
    document = read_block_document(workspace, document_id, show_secrets=False)
    tell(workspace, "created", document, now)
    return document


def put_block_document(
    workspace: UUID, body: BlockDocumentCreate, *, may_see_secrets: bool, now: datetime
) -> tuple[BlockDocument, bool]:
    """The document of this type and name, made or replaced, and whether it is new."""
    there = models.BlockDocument.objects.of(workspace).filter(block_type_id=body.block_type_id, name=body.name).first()
    if there is None:
        return create_block_document(workspace, body, now=now), True
    replacement = BlockDocumentUpdate(block_schema_id=body.block_schema_id, data=body.data, merge_existing_data=False)
    update_block_document(workspace, there.id, replacement, may_see_secrets=may_see_secrets, now=now)
    return read_block_document(workspace, there.id, show_secrets=False), False


def read_block_document(workspace: UUID, document_id: UUID, *, show_secrets: bool) -> BlockDocument:
    rows = queries.find_block_documents(workspace=workspace, ids=[document_id])
    return one(disclose(workspace, rows, show_secrets=show_secrets))


def read_block_document_by_name(workspace: UUID, slug: str, name: str, *, show_secrets: bool) -> BlockDocument:
    row = queries.find_block_document_by_name(workspace=workspace, slug=slug, name=name)
    return one(disclose(workspace, [row] if row else [], show_secrets=show_secrets))


def open_block_document(workspace: UUID, document_id: UUID) -> BlockDocument:
    """With its secrets, for the control plane's own use: nobody is shown them, so the trail has nothing to tell."""
    rows = queries.find_block_documents(workspace=workspace, ids=[document_id])
    return one(show_documents(workspace, rows, show_secrets=True))


def open_block_document_by_name(workspace: UUID, slug: str, name: str) -> BlockDocument:
    row = queries.find_block_document_by_name(workspace=workspace, slug=slug, name=name)
    return one(show_documents(workspace, [row] if row else [], show_secrets=True))


def block_document_exists(workspace: UUID, document_id: UUID) -> bool:
    return models.BlockDocument.objects.of(workspace).filter(id=document_id).exists()


def list_block_documents(workspace: UUID, body: Listing, *, show_secrets: bool) -> list[BlockDocument]:
    where, page = compile_filter("block_documents", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("block_documents", getattr(body, "sort", None))}
    rows = queries.list_block_documents(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )
    return disclose(workspace, rows, show_secrets=show_secrets)


def list_block_documents_of_slug(workspace: UUID, slug: str, *, show_secrets: bool) -> list[BlockDocument]:
    """All that are not anonymous."""
    block_types.read_block_type_by_slug(workspace, slug)
    rows = queries.find_block_documents_of_slug(workspace=workspace, slug=slug)
    return disclose(workspace, rows, show_secrets=show_secrets)


def count_block_documents(workspace: UUID, body: Counting) -> int:
    where = compile_filter("block_documents", body)
    return int(queries.count_block_documents(extra={"where": where.text}, workspace=workspace, **where.params))


def update_block_document(
    workspace: UUID, document_id: UUID, body: BlockDocumentUpdate, *, may_see_secrets: bool, now: datetime
) -> None:
    """Merge or replace the data. A secret that comes back as it is masked stays what it was."""
    row = queries.lock_block_document(workspace=workspace, id=document_id)
    if row is None:
        raise NotFound(NOT_FOUND)
    before = one(show_documents(workspace, [row], show_secrets=True))
    schema = before.block_schema
    if body.block_schema_id is not None and body.block_schema_id != schema.id:
        schema = next_schema(workspace, before, body.block_schema_id, may_see_secrets)
    shown = mask_document(mask_document(before.data, before.block_schema.fields), schema.fields)
    data, references = take(keep_masked(body.data, before.data, shown))
    if body.merge_existing_data:
        stored = links_below(workspace, [document_id]).get(document_id, {})
        data, references = merge(open_data(workspace, row), stored, data, references)
    queries.update_block_document(
        workspace=workspace, id=document_id, now=now, data=seal_data(workspace, document_id, data),
        block_schema=schema.id,
    )  # fmt: skip
    link(workspace, document_id, references)
    tell(workspace, "updated", before, now, changed=changed_fields(before.data, body))


def delete_block_document(workspace: UUID, document_id: UUID, *, now: datetime) -> None:
    """What refers to it loses the reference."""
    document = read_block_document(workspace, document_id, show_secrets=False)
    models.BlockDocument.objects.of(workspace).filter(id=document_id).delete()
    tell(workspace, "deleted", document, now)


def schema_of(workspace: UUID, schema_id: UUID) -> BlockSchema:
    schema = load_block_schemas(workspace, [schema_id]).get(schema_id)
    if schema is None:
        raise Conflict(INTEGRITY_CONFLICT)
    return schema


def next_schema(workspace: UUID, before: BlockDocument, schema_id: UUID, may_see_secrets: bool) -> BlockSchema:
    schema = schema_of(workspace, schema_id)
    if schema.block_type_id != before.block_type_id:
        raise BadRequest("Must migrate block document to a block schema of the same block type.")
    uncovered = set(spell_out(before.block_schema.fields)) - set(spell_out(schema.fields))
    shown = mask_document(before.data, schema.fields)
    if not may_see_secrets and (uncovered or mask_document(shown, before.block_schema.fields) != shown):
        # Otherwise a schema without secret fields would be a way to read them.
        raise Refused("The other schema shows fields that are secret now, and your role may not see secrets.")
    return schema


def take(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, UUID]]:
    try:
        return take_references(data)
    except BadReference as error:
        raise BadRequest(str(error)) from error


def link(workspace: UUID, document_id: UUID, references: dict[str, UUID]) -> None:
    """Make these the references of a document. BadRequest if one leads back to it."""
    if references:
        queries.lock_references(key=f"block references {workspace}")
        refuse_circles(workspace, document_id, references)
    queries.link_block_documents(
        workspace=workspace, parent=document_id, names=list(references), children=list(references.values()),
        ids=[uuid7() for _ in references],
    )  # fmt: skip


def refuse_circles(workspace: UUID, document_id: UUID, references: dict[str, UUID]) -> None:
    below = links_below(workspace, references.values())
    edges = [(parent, child) for parent, inner in below.items() for child in inner.values()]
    for child in references.values():
        if reaches({child}, document_id, edges):
            raise BadRequest(
                "Cannot create block document reference: it would introduce a cycle into the"
                f" block_document_reference graph (parent={document_id}, reference={child})."
            )


def one(documents: list[BlockDocument]) -> BlockDocument:
    if not documents:
        raise NotFound(NOT_FOUND)
    return documents[0]


def changed_fields(before: dict[str, Any], body: BlockDocumentUpdate) -> list[str]:
    """The names of what was sent to be changed; a replacement also takes away what it leaves out."""
    names = set(body.data) if body.merge_existing_data else {*body.data, *before}
    return sorted(name for name in names if name not in body.data or before.get(name) != body.data[name])


def tell(
    workspace: UUID, what: Literal["created", "updated", "deleted"], document: BlockDocument, now: datetime,
    *, changed: list[str] | None = None,
) -> None:  # fmt: skip
    # Data are sealed whole, so the trail names the fields and says of none what it is.
    audit.record(
        workspace, action=f"block.{what}", target_kind="block", target_id=document.id,
        target_name=f"{document.block_type.slug}/{document.name}", changes=dict.fromkeys(changed or [], audit.CHANGED),
    )  # fmt: skip
    if document.is_anonymous:
        return
    kind, schema = document.block_type, document.block_schema
    event = Emitted(
        event=f"prefect.block-document.{what}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.block-document.{document.id}",
            "prefect.resource.name": document.name,
        },
        related=[
            {
                "prefect.resource.id": f"prefect.block-type.{kind.id}",
                "prefect.resource.name": kind.name,
                "prefect.resource.role": "block-type",
            },
            {
                "prefect.resource.id": f"prefect.block-schema.{schema.id}",
                "prefect.resource.role": "block-schema",
            },
        ],
        payload={
            "name": document.name,
            "block_schema": {
                "block_type": {"id": kind.id, "name": kind.name},
                "capabilities": schema.capabilities,
            },
        },
    )
    emission.insert(workspace, [event], now=now)
