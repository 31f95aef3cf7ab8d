"""The list of blocks and the catalogue of their types."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from msgspec import Struct

from blocks import queries_pages
from blocks.queries_pages import BlockRow, TypeRow
from blocks.rules.catalogue import CATEGORIES, category_of, colour_of, letters_of, picture_of
from blocks.services import system_types
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

PAGE = 50
NEEDS_DEVELOPER = "Needs the Developer role"


class Tile(Struct, frozen=True):
    """What stands for a type: a picture or two letters in a colour of its own. Those of other hosts are not loaded."""

    letters: str
    colour: int
    picture: str


class Shown(Struct, frozen=True):
    row: BlockRow
    tile: Tile


class TypeCard(Struct, frozen=True):
    row: TypeRow
    tile: Tile
    category: str


def tile_of(slug: str, name: str) -> Tile:
    return Tile(letters_of(name), colour_of(slug), picture_of(slug))


def refusal(request: PageRequest, permission: Permission) -> str:
    return "" if permission in request.place.grants else NEEDS_DEVELOPER


def asked(request: PageRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:200]


def pattern_of(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%" if text else ""


def offset_of(request: PageRequest) -> int:
    sent = asked(request, "from")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 7 else 0


@workspace_page(needs=Permission.SEE_BLOCKS)
def blocks_page(request: PageRequest) -> HttpResponse:
    query, slug, offset = asked(request, "q"), asked(request, "type"), offset_of(request)
    rows = queries_pages.list_block_names(
        workspace=request.place.workspace_id, slug=slug, pattern=pattern_of(query), limit=PAGE + 1, offset=offset
    )
    shown = [Shown(row, tile_of(row.slug, row.type_name)) for row in rows[:PAGE]]
    asked_for = {name: value for name, value in (("q", query), ("type", slug)) if value}
    context: dict[str, Any] = {
        "rows": shown, "query": query, "type_slug": slug, "narrowed": bool(query or slug or offset),
        "refused": refusal(request, Permission.MANAGE_BLOCKS),
        "older_url": "?" + urlencode({**asked_for, "from": offset + PAGE}) if len(rows) > PAGE else "",
        "newer_url": "?" + urlencode({**asked_for, "from": max(0, offset - PAGE)}) if offset else "",
    }  # fmt: skip
    return page(request, "blocks/blocks.html", context, fragment="blocks/_rows.html")


@workspace_page(needs=Permission.SEE_BLOCKS)
def block_types_page(request: PageRequest) -> HttpResponse:
    """What is in use comes first. Types that come with the server are there from the first visit."""
    workspace = request.place.workspace_id
    query, category = asked(request, "q").lower(), asked(request, "category")
    if Permission.MANAGE_BLOCKS in request.place.grants:
        system_types.install_system_block_types(workspace, now=request.now)
    cards = [
        TypeCard(row, tile_of(row.slug, row.name), category_of(row.slug, row.capabilities))
        for row in queries_pages.list_type_uses(workspace=workspace)
    ]
    present = {card.category for card in cards}
    fitting = [
        card
        for card in cards
        if (not category or card.category == category)
        and query in f"{card.row.name} {card.row.slug} {card.row.description or ''}".lower()
    ]
    context = {
        "used": [card for card in fitting if card.row.documents],
        "unused": [card for card in fitting if not card.row.documents],
        "categories": [name for name in CATEGORIES if name in present], "category": category,
        "query": asked(request, "q"),
        "section": "Blocks", "refused": refusal(request, Permission.MANAGE_BLOCKS),
    }  # fmt: skip
    return page(request, "blocks/types.html", context, fragment="blocks/_types.html")
