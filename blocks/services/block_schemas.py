"""Block schemas: the JSON Schemas of block types, found by the checksum that clients compute themselves."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from msgspec import json

from blocks import models, queries
from blocks.rules.checksums import checksum_of
from blocks.rules.schemas import (
    Link,
    Part,
    ReferenceSent,
    definition_of,
    fields_to_store,
    references_of,
    whole_fields,
)
from blocks.wire.blocks import BlockSchema, BlockSchemaCreate, BlockType
from controlplane.errors import BadRequest, Conflict, NotFound, Refused
from controlplane.filters import Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7

NOT_FOUND = "Block schema not found"
UNVERSIONED = "non-versioned"


def create_block_schema(workspace: UUID, body: BlockSchemaCreate) -> tuple[BlockSchema, bool]:
    """The schema of these fields and this version, and whether it is new."""
    if not queries.find_block_types(workspace=workspace, ids=[body.block_type_id], slugs=[]):
        raise NotFound(f"Block type {body.block_type_id} not found.")
    schema_id, is_new = Registration(workspace).register(
        body.fields, body.block_type_id, body.capabilities, body.version
    )
    return read_block_schema(workspace, schema_id), is_new


class Registration:
    """The making of one schema and of those in it that nobody registered before."""

    def __init__(self, workspace: UUID) -> None:
        self.workspace = workspace
        self.made: dict[str, UUID | None] = {}

    def register(
        self, fields: dict[str, Any], block_type: UUID, capabilities: list[str], version: str
    ) -> tuple[UUID, bool]:
        checksum = checksum_of(fields)
        there = self.find(checksum, version)
        if there is not None:
            return there, False
        children = self.find_children(fields)
        schema_id: UUID = uuid7()
        made = queries.create_block_schema(
            workspace=self.workspace, id=schema_id, block_type=block_type, checksum=checksum, version=version,
            fields=json.encode(fields_to_store(fields)).decode(), capabilities=list(dict.fromkeys(capabilities)),
        )  # fmt: skip
        if made is None:
            # Somebody else was faster.
            there = self.find(checksum, version)
            assert there is not None
            return there, False
        if children:
            queries.link_block_schemas(
                workspace=self.workspace, parent=schema_id, names=[name for name, _ in children],
                children=[child for _, child in children], ids=sorted(uuid7() for _ in children),
            )  # fmt: skip
        return schema_id, True

    def find(self, checksum: str, version: str | None) -> UUID | None:
        found: UUID | None = queries.find_block_schema(workspace=self.workspace, checksum=checksum, version=version)
        return found

    def find_children(self, fields: dict[str, Any]) -> list[tuple[str, UUID]]:
        try:
            references = references_of(fields)
        except ValueError as error:
            raise BadRequest(str(error)) from error
        slugs = sorted({reference.slug for reference in references})
        types = {kind.slug: kind for kind in self.types_of(slugs)}
        for slug in slugs:
            if slug not in types:
                raise Conflict(
                    f"Cannot create block schema because block type '{slug}' was not found."
                    "Did you forget to register the block type?"
                )
        return [(reference.name, self.find_child(fields, reference, types[reference.slug])) for reference in references]

    def types_of(self, slugs: list[str]) -> list[BlockType]:
        return queries.find_block_types(workspace=self.workspace, ids=[], slugs=slugs) if slugs else []

    def find_child(self, fields: dict[str, Any], reference: ReferenceSent, block_type: BlockType) -> UUID:
        child = self.find(reference.checksum, None)
        if child is not None:
            return child
        definition = definition_of(fields, reference)
        if definition is None:
            raise Conflict(f"The definition of the block in the field {reference.name!r} is missing.")
        name, child_fields = definition
        if name not in self.made:
            # A definition that leads back to itself finds this None.
            self.made[name] = None
            self.made[name], _ = self.register(child_fields, block_type.id, [], UNVERSIONED)
        child = self.made[name]
        if child is None:
            raise Conflict(f"The definition {name!r} holds itself.")
        return child


def read_block_schema(workspace: UUID, schema_id: UUID) -> BlockSchema:
    schema = load_block_schemas(workspace, [schema_id]).get(schema_id)
    if schema is None:
        raise NotFound(NOT_FOUND)
    return schema


def read_block_schema_by_checksum(workspace: UUID, checksum: str, version: str | None) -> BlockSchema:
    schema_id = queries.find_block_schema(workspace=workspace, checksum=checksum, version=version)
    if schema_id is None:
        raise NotFound(NOT_FOUND)
    return read_block_schema(workspace, schema_id)


def list_block_schemas(workspace: UUID, body: Listing) -> list[BlockSchema]:
    where, page = compile_filter("block_schemas", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("block_schemas")}
    rows = queries.list_block_schemas(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )
    schemas = load_block_schemas(workspace, [row.id for row in rows])
    return [schemas[row.id] for row in rows]


def delete_block_schema(workspace: UUID, schema_id: UUID) -> None:
    """With the documents that are made by it."""
    schema = read_block_schema(workspace, schema_id)
    if schema.block_type.is_protected:
        raise Refused("Block schemas for protected block types cannot be deleted.")
    models.BlockSchema.objects.of(workspace).filter(id=schema_id).delete()


def read_block_capabilities(workspace: UUID) -> list[str]:
    capabilities: list[str] = queries.read_block_capabilities(workspace=workspace)
    return capabilities


def load_block_schemas(workspace: UUID, ids: Iterable[UUID]) -> dict[UUID, BlockSchema]:
    """Schemas with their types, put together from what they refer to: three statements, however many there are."""
    wanted = set(ids)
    if not wanted:
        return {}
    links: dict[UUID, list[Link]] = defaultdict(list)
    for link in queries.read_schema_links(workspace=workspace, ids=list(wanted)):
        links[link.parent].append(link)
    below = {link.child for inner in links.values() for link in inner}
    rows = {row.id: row for row in queries.read_block_schemas(workspace=workspace, ids=list(wanted | below))}
    type_ids = list({row.block_type_id for row in rows.values()})
    types = {kind.id: kind for kind in queries.find_block_types(workspace=workspace, ids=type_ids, slugs=[])}
    parts = {
        row.id: Part(json.decode(row.fields), row.checksum, types[row.block_type_id].slug) for row in rows.values()
    }
    return {
        id: BlockSchema(
            id=id, created=row.created, updated=row.updated, checksum=row.checksum,
            fields=whole_fields(id, parts, links), block_type_id=row.block_type_id,
            block_type=types[row.block_type_id], capabilities=row.capabilities, version=row.version,
        )
        for id, row in rows.items()
        if id in wanted
    }  # fmt: skip
