"""Who made or changed something."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from runs.wire.creators import automation_of


class Maker(Struct, frozen=True, kw_only=True):
    """`type`: USER, SERVICE_ACCOUNT or AUTOMATION."""

    id: UUID | None = None
    type: str | None = None
    display_value: str | None = None


def maker_of(caller: Any, headers: Mapping[str, str]) -> Maker:
    """The automation that a request comes from, or else the caller of the door."""
    automation = automation_of(headers)
    if automation is not None:
        return Maker(id=automation.id, type=automation.type, display_value=automation.display_value)
    type = "SERVICE_ACCOUNT" if "service" in caller.actor_type.lower() else "USER"
    return Maker(id=caller.actor_id, type=type, display_value=caller.name or caller.email)
