"""The notification blocks of Prefect, as channels: which kind sends what a block of 3.x would have sent itself.

Blocks bring settings that only shape their own client's messages (`notify_type`, pictures); these are not used.
`allow_private_urls` is the client's wish: what may be reached from here is the operator's.
"""

from collections.abc import Callable, Mapping
from typing import Any

from controlplane.errors import NotFound

Data = Mapping[str, Any]
Mapped = tuple[str, dict[str, Any]]


def slack(data: Data) -> Mapped:
    return "slack", {"url": data.get("url")}


BLOCKS: dict[str, Callable[[Data], Mapped]] = {
    "slack-webhook": slack,
    "slack-incoming-webhook": slack,
}


def channel_of(slug: str, data: Data) -> Mapped:
    """Kind and settings that stand for a block's data. `NotFound` if nothing can be told through such a block."""
    if slug not in BLOCKS:
        raise NotFound(f"Signalbox cannot send messages through a block of the type {slug}.")
    return BLOCKS[slug](data)
