"""Assets: nothing makes one but the events of the runs that made or read it."""

import base64
from datetime import datetime
from uuid import UUID

import msgspec

from controlplane.errors import NotFound, Refused
from events.models import ForgottenAsset
from events.queries_assets import AssetRow, list_assets
from events.rules.assets import read_labels, related_ids, status_of, tools_of
from events.wire.assets import (
    Asset,
    AssetMaterialization,
    AssetPage,
    AssetReference,
    AssetsFilter,
    AssetsToken,
)

NOT_FOUND = "Asset not found"
token_decoder = msgspec.json.Decoder(AssetsToken)
labels = msgspec.json.Decoder(dict[str, str])
resources = msgspec.json.Decoder(list[dict[str, str]])


def read_page(workspace: UUID, body: AssetsFilter, *, root_url: str, after: str = "") -> AssetPage:
    """Assets by key, with how many there are in all and the address of the next page."""
    key = body.filter.key if body.filter else None
    rows = list_assets(
        workspace=workspace, after=after, limit=body.limit + 1, keys=None,
        prefixes=patterns(key.prefix, "", "%") if key else None, words=patterns(key.search, "%", "%") if key else None,
    )  # fmt: skip
    assets = [as_wire(workspace, row) for row in rows[: body.limit]]
    more = len(rows) > body.limit
    token = encode_token(AssetsToken(body=body, after=assets[-1].key)) if more else None
    next_page = f"{root_url}/assets/filter/next?page-token={token}" if token else None
    return AssetPage(assets=assets, dependencies=[], total=rows[0].total if rows else 0, next_page=next_page)


def read_next_page(workspace: UUID, token: str, *, root_url: str) -> AssetPage:
    """The page that a token of ours begins. Refused for any other token."""
    try:
        place = token_decoder.decode(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError as error:
        raise Refused("Forbidden") from error
    if "\x00" in place.after:
        raise Refused("Forbidden")
    return read_page(workspace, place.body, root_url=root_url, after=place.after)


def read_asset(workspace: UUID, key: str) -> Asset:
    rows = list_assets(workspace=workspace, after="", limit=1, keys=[key], prefixes=None, words=None)
    if not rows:
        raise NotFound(NOT_FOUND)
    return as_wire(workspace, rows[0])


def delete_asset(workspace: UUID, key: str, *, now: datetime) -> None:
    """Forget an asset until it is made or read again; what happened stays in the events. NotFound if it is unknown."""
    asset = read_asset(workspace, key)
    ForgottenAsset.objects.update_or_create(
        workspace_id=workspace, key=key, defaults={"forgotten": max(now, asset.last_seen)}
    )


def patterns(texts: list[str] | None, before: str, behind: str) -> list[str] | None:
    """LIKE patterns of plain texts; an empty list is no condition."""
    escaped = (text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for text in texts or ())
    return [f"{before}{text}{behind}" for text in escaped] or None


def encode_token(token: AssetsToken) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def as_wire(workspace: UUID, row: AssetRow) -> Asset:
    related, made_related = resources.decode(row.related), resources.decode(row.made_related or b"[]")
    flow_run, task_run = related_ids(related)
    made = None
    if row.made_id is not None and row.made_at is not None:
        maker_flow_run, maker_task_run = related_ids(made_related)
        made = AssetMaterialization(
            event_id=row.made_id, occurred=row.made_at, flow_run_id=maker_flow_run, task_run_id=maker_task_run,
            originating_workspace_id=workspace, metadata=row.made_payload, by_tools=tools_of(made_related),
            status=status_of(row.made_event or ""),
        )  # fmt: skip
    return Asset(
        key=row.key, properties=read_labels(labels.decode(row.resource)), last_seen=row.occurred,
        latest_materialization=made,
        latest_reference=AssetReference(
            event_id=row.id, occurred=row.occurred, flow_run_id=flow_run, task_run_id=task_run,
            originating_workspace_id=workspace, metadata=row.payload,
        ),
    )  # fmt: skip
