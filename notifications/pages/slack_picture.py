"""A Slack message drawn from what is posted: Block Kit as far as our messages use it. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from msgspec import Struct

from notifications.channels.drafts import LOOKS, NEUTRAL

# `<!date^1^{date}|words>`, `<https://address|words>`, `*bold*`
MARKUP = re.compile(
    r"<!date\^[^|>]*\|(?P<date>[^>]*)>|<(?P<url>https?://[^|>]+)(?:\|(?P<words>[^>]*))?>|\*(?P<bold>[^*\n]+)\*"
)
STATES = {look.color: look.state for look in (*LOOKS.values(), NEUTRAL)}


class Piece(Struct, frozen=True):
    """Words in one look."""

    words: str
    is_bold: bool = False
    url: str = ""


class Button(Struct, frozen=True):
    words: str
    url: str
    """Empty for one that acts in Slack only."""
    style: str


class Block(Struct, frozen=True):
    """`section`, `context` or `actions`."""

    kind: str
    pieces: tuple[Piece, ...] = ()
    buttons: tuple[Button, ...] = ()


class Picture(Struct, frozen=True):
    """`bar` is the key of the state whose colour the bar beside the attachment has."""

    blocks: tuple[Block, ...]
    attached: tuple[Block, ...]
    bar: str


def picture_of(body: object) -> Picture | None:
    """None for what is no message in blocks."""
    if not isinstance(body, Mapping) or "blocks" not in body:
        return None
    attachment: Mapping[str, Any] = next(iter(body.get("attachments") or []), {})
    return Picture(
        tuple(blocks_of(body["blocks"])), tuple(blocks_of(attachment.get("blocks", []))),
        STATES.get(attachment.get("color", ""), NEUTRAL.state),
    )  # fmt: skip


def blocks_of(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    for block in blocks:
        match block["type"]:
            case "section":
                yield Block("section", tuple(pieces_of(block["text"]["text"])))
            case "context":
                texts = (pieces_of(element["text"]) for element in block["elements"])
                yield Block("context", tuple(piece for text in texts for piece in text))
            case "actions":
                yield Block("actions", buttons=tuple(button_of(element) for element in block["elements"]))


def button_of(element: Mapping[str, Any]) -> Button:
    return Button(element["text"]["text"], element.get("url", ""), element.get("style", ""))


def pieces_of(mrkdwn: str) -> Iterator[Piece]:
    done = 0
    for found in MARKUP.finditer(mrkdwn):
        if found.start() > done:
            yield Piece(unescape(mrkdwn[done : found.start()]))
        done = found.end()
        if found["bold"] is not None:
            yield Piece(unescape(found["bold"]), is_bold=True)
        elif found["url"] is not None:
            yield Piece(unescape(found["words"] or found["url"]), url=unescape(found["url"]))
        else:
            yield Piece(unescape(found["date"]))
    if done < len(mrkdwn):
        yield Piece(unescape(mrkdwn[done:]))
