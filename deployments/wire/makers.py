"""Who made or changed something."""

from typing import Any
from uuid import UUID

from msgspec import Struct


class Maker(Struct, frozen=True, kw_only=True):
    """`type`: USER, SERVICE_ACCOUNT or AUTOMATION."""

    id: UUID | None = None
    type: str | None = None
    display_value: str | None = None


def maker_of(caller: Any) -> Maker:
    """The caller of a door."""
    type = "SERVICE_ACCOUNT" if "service" in caller.actor_type.lower() else "USER"
    return Maker(id=caller.actor_id, type=type, display_value=caller.name or caller.email)
