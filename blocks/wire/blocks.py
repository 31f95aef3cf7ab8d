"""Block types, schemas and documents on the wire."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from controlplane.wire.structs import UNSET, BadField, Body, Named, Out, UnsetType

DASHED = re.compile(r"[a-z0-9-]*")
Name = Annotated[str, Meta(pattern="^[^/%&><]+$")]


class BlockTypeCreate(Body, kw_only=True):
    name: Name
    slug: str
    logo_url: str | None = None
    documentation_url: str | None = None
    description: str | None = None
    code_example: str | None = None

    def __post_init__(self) -> None:
        if not DASHED.fullmatch(self.slug):
            raise BadField("slug", "Block type slug must only contain lowercase letters, numbers, and dashes.")
        check_urls(self)


class BlockTypeUpdate(Body, kw_only=True):
    """A PATCH: what is left out stays as it is."""

    logo_url: str | UnsetType | None = UNSET
    documentation_url: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    code_example: str | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        check_urls(self)


class BlockType(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    slug: str
    logo_url: str | None
    documentation_url: str | None
    description: str | None
    code_example: str | None
    is_protected: bool


class BlockSchemaCreate(Body, kw_only=True):
    block_type_id: UUID
    fields: dict[str, Any] = field(default_factory=dict)
    capabilities: list[str] = []
    version: str = "non-versioned"


class BlockSchema(Out, kw_only=True):
    """`fields` is the JSON Schema with its references and definitions rebuilt; `checksum` is of what was sent."""

    id: UUID
    created: datetime
    updated: datetime
    checksum: str
    fields: dict[str, Any]
    block_type_id: UUID
    block_type: BlockType
    capabilities: list[str]
    version: str


class BlockDocumentCreate(Body, kw_only=True):
    confidential = frozenset({"data"})

    block_schema_id: UUID
    block_type_id: UUID
    name: Name | None = None
    data: dict[str, Any] = field(default_factory=dict)
    is_anonymous: bool = False

    def __post_init__(self) -> None:
        if self.name is None and not self.is_anonymous:
            raise ValueError("Names must be provided for block documents.")
        if self.name is not None and not DASHED.fullmatch(self.name):
            raise BadField("name", "Block document name must only contain lowercase letters, numbers, and dashes.")


class BlockDocumentUpdate(Body, kw_only=True):
    """With `merge_existing_data` the top-level keys that are sent replace theirs; without it, all of them go."""

    confidential = frozenset({"data"})

    block_schema_id: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    merge_existing_data: bool = True


class BlockDocument(Out, kw_only=True):
    """`data` holds the data of the documents it refers to; `block_document_references` says which keys are theirs."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    data: dict[str, Any]
    block_schema_id: UUID
    block_schema: BlockSchema
    block_type_id: UUID
    block_type_name: str
    block_type: BlockType
    block_document_references: dict[str, Any]
    is_anonymous: bool


class ConnectionTest(Out, kw_only=True):
    """What the service that a block is for answered; `message` is for people and holds no secret."""

    works: bool
    message: str


class IncludeSecrets(Named, kw_only=True):
    """The query of routes that show documents."""

    include_secrets: bool = False


class SchemaVersion(Named, kw_only=True):
    version: str | None = None


class ResultStorage(Out, kw_only=True):
    """The block that clients store results in when nothing else is said."""

    default_result_storage_block_id: UUID | None = None


class ResultStorageUpdate(Struct, kw_only=True):
    default_result_storage_block_id: UUID


def check_urls(body: BlockTypeCreate | BlockTypeUpdate) -> None:
    """A client refuses the whole list of types for the sake of one address that is relative or empty."""
    for name in ("logo_url", "documentation_url"):
        url = getattr(body, name)
        if isinstance(url, str) and not url.startswith(("http://", "https://")):
            raise BadField(name, "An address must be absolute, beginning with http:// or https://, or null.")
