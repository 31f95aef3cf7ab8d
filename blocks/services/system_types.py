"""The protected block types, brought into a workspace when somebody asks for them."""

from datetime import datetime
from uuid import UUID

from blocks.rules.system_types import SYSTEM_TYPES
from blocks.services import block_types
from blocks.services.block_schemas import UNVERSIONED, Registration
from blocks.wire.blocks import BlockType
from controlplane.errors import NotFound


def install_system_block_types(workspace: UUID, *, now: datetime) -> None:
    """All of them with their schemas, where they are missing."""
    for slug in SYSTEM_TYPES:
        install_system_block_type(workspace, slug, now=now)


def install_system_block_type(workspace: UUID, slug: str, *, now: datetime) -> BlockType:
    system = SYSTEM_TYPES[slug]
    block_type = block_types.install_block_type(workspace, system.type, now=now)
    Registration(workspace).register(system.fields, block_type.id, system.capabilities, UNVERSIONED)
    return block_type


def read_block_type_by_slug(workspace: UUID, slug: str, *, now: datetime) -> BlockType:
    """A system type is always there: tools that register nothing themselves rely on it."""
    try:
        return block_types.read_block_type_by_slug(workspace, slug)
    except NotFound:
        if slug not in SYSTEM_TYPES:
            raise
        return install_system_block_type(workspace, slug, now=now)
