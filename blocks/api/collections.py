"""REST doors of collections: what clients know the pool types from."""

from typing import Any

from blocks.services import collections
from controlplane.wire.doors import Call, get
from workspaces.permissions import Permission


@get("collections/work_pool_types", needs=Permission.SEE_WORK_POOLS, transaction=False)
def read_pool_types(call: Call) -> dict[str, Any]:
    return collections.read_pool_types()


@get("collections/views/<str:view>", needs=Permission.SEE_WORK_POOLS, transaction=False)
def read_view(call: Call, view: str) -> dict[str, Any]:
    return collections.read_view(view)
