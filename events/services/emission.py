"""Events of the server itself, appended in the transaction of the change they tell of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, Struct, field

from controlplane.ids import uuid7
from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring
from events import queries
from events.services.storage import EVENT
from events.wire.events import Resource


class Emitted(Struct, kw_only=True, frozen=True):
    """An event to append. `resource` has `prefect.resource.id`, each of `related` its role too; values are text."""

    event: str
    resource: Resource
    occurred: datetime
    related: list[Resource] = []
    payload: dict[str, Any] = {}
    id: UUID = field(default_factory=uuid7)
    follows: UUID | None = None


def insert(workspace: UUID, events: Sequence[Emitted], *, now: datetime) -> None:
    """Append events to the open transaction in one statement; the doorbell rings once it is committed."""
    if not events:
        return
    queries.insert_events(workspace=workspace, events=Raw(msgspec.json.encode(events)), now=now)
    announce(workspace)


def announce(workspace: UUID) -> None:
    """Ring once the open transaction is committed: for statements that append their event themselves."""
    after_commit(lambda: ring(workspace, EVENT))
