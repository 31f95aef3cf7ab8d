"""REST doors of assets."""

from controlplane.wire.doors import Call, delete, get, post
from events.services import assets
from events.wire.assets import Asset, AssetKey, AssetPage, AssetsFilter, NextAssets
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_ARTIFACTS, Permission.MANAGE_ARTIFACTS


@post("assets/filter", needs=SEE)
def filter_assets(call: Call, body: AssetsFilter) -> AssetPage:
    return assets.read_page(call.workspace, body, root_url=call.root_url)


@get("assets/filter/next", needs=SEE)
def read_next_assets(call: Call, query: NextAssets) -> AssetPage:
    return assets.read_next_page(call.workspace, query.page_token, root_url=call.root_url)


@get("assets/key", needs=SEE)
def read_asset(call: Call, query: AssetKey) -> Asset:
    return assets.read_asset(call.workspace, query.key)


@delete("assets/key", needs=MANAGE)
def delete_asset(call: Call, query: AssetKey) -> None:
    assets.delete_asset(call.workspace, query.key, now=call.now)
