"""Assets on the wire: what runs made or read, as their events tell it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from controlplane.wire.structs import Body, Named, Out

Words = Annotated[list[Annotated[str, Meta(max_length=512)]], Meta(max_length=50)]


class AssetKeyFilter(Body):
    """Every list is alternatives; both lists have to hold."""

    prefix: Words | None = None
    search: Words | None = None


class AssetFilter(Body):
    key: AssetKeyFilter | None = None


class AssetsFilter(Named):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    filter: AssetFilter | None = None


class NextAssets(Struct, rename={"page_token": "page-token"}):
    """The query of a next page."""

    page_token: str


class AssetKey(Struct):
    """A query string that names one asset."""

    key: str


class AssetsToken(Body):
    """Where the next page begins: after this key."""

    body: AssetsFilter
    after: str


class AssetProperties(Out):
    name: str | None
    url: str | None
    description: str | None
    owners: list[str]


class AssetReference(Out):
    event_id: UUID
    occurred: datetime
    flow_run_id: UUID | None
    task_run_id: UUID | None
    originating_workspace_id: UUID
    metadata: Any


class AssetMaterialization(AssetReference):
    by_tools: list[str]
    status: str


class Asset(Out):
    key: str
    properties: AssetProperties
    last_seen: datetime
    latest_reference: AssetReference
    latest_materialization: AssetMaterialization | None


class AssetPage(Out):
    """`dependencies` belongs to the lineage, which has pages of its own."""

    assets: list[Asset]
    dependencies: list[Any]
    total: int
    next_page: str | None
