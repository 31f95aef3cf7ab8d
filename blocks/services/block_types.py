"""Block types: what kinds of block the clients of a workspace know. Each change is told as an event."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec.structs import asdict

from blocks import models, queries
from blocks.rules.system_types import SYSTEM_TYPES
from blocks.wire.blocks import BlockType, BlockTypeCreate, BlockTypeUpdate
from controlplane.errors import Conflict, NotFound, Refused
from controlplane.filters import Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from events.services import emission
from events.services.emission import Emitted

NOT_FOUND = "Block type not found"


def create_block_type(workspace: UUID, body: BlockTypeCreate, *, now: datetime) -> BlockType:
    """A new type. One of a system type's slug is protected, whoever comes first: the server or a client."""
    if body.name.lower().startswith("prefect"):
        raise Refused("Block type names beginning with 'Prefect' are reserved.")
    made = queries.create_block_type(
        workspace=workspace, id=uuid7(), **asdict(body), is_protected=body.slug in SYSTEM_TYPES
    )
    if made is None:
        raise Conflict(f'Block type with name "{body.name}" already exists')
    tell(workspace, "created", made, now)
    return made


def read_block_type(workspace: UUID, block_type_id: UUID) -> BlockType:
    return found(queries.find_block_types(workspace=workspace, ids=[block_type_id], slugs=[]))


def read_block_type_by_slug(workspace: UUID, slug: str) -> BlockType:
    return found(queries.find_block_types(workspace=workspace, ids=[], slugs=[slug]))


def list_block_types(workspace: UUID, body: Listing) -> list[BlockType]:
    where, page = compile_filter("block_types", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("block_types")}
    return queries.read_block_types(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )


def update_block_type(workspace: UUID, block_type_id: UUID, body: BlockTypeUpdate, *, now: datetime) -> None:
    """Protected types too: a client that is newer than the server brings its own words for them."""
    change(workspace, read_block_type(workspace, block_type_id), present(body), now)


def delete_block_type(workspace: UUID, block_type_id: UUID, *, now: datetime) -> None:
    """With its schemas and documents."""
    gone = read_block_type(workspace, block_type_id)
    if gone.is_protected:
        raise Refused("protected block types cannot be deleted.")
    models.BlockType.objects.of(workspace).filter(id=block_type_id).delete()
    tell(workspace, "deleted", gone, now)


def install_block_type(workspace: UUID, body: BlockTypeCreate, *, now: datetime) -> BlockType:
    """A type that comes with the server: made or protected. Words that a client brought for it stay."""
    made = queries.create_block_type(workspace=workspace, id=uuid7(), **asdict(body), is_protected=True)
    if made is not None:
        tell(workspace, "created", made, now)
        return made
    there = read_block_type_by_slug(workspace, body.slug)
    change(workspace, there, {"is_protected": True}, now)
    return there


def change(workspace: UUID, block_type: BlockType, sent: dict[str, Any], now: datetime) -> None:
    names = ("logo_url", "documentation_url", "description", "code_example", "is_protected")
    fields = {name: getattr(block_type, name) for name in names} | sent
    changed = queries.update_block_type(workspace=workspace, id=block_type.id, now=now, **fields)
    if changed is not None:
        tell(workspace, "updated", changed, now)


def found(types: list[BlockType]) -> BlockType:
    if not types:
        raise NotFound(NOT_FOUND)
    return types[0]


def tell(workspace: UUID, what: Literal["created", "updated", "deleted"], block_type: BlockType, now: datetime) -> None:
    words = ("name", "slug", "logo_url", "documentation_url", "description", "code_example", "is_protected")
    event = Emitted(
        event=f"prefect.block-type.{what}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.block-type.{block_type.id}",
            "prefect.resource.name": block_type.name,
        },
        payload={word: getattr(block_type, word) for word in words},
    )
    emission.insert(workspace, [event], now=now)
