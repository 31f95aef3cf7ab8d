"""An action under way: what was claimed, decoded; and how it can end."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from automations import queries_actions as queries
from automations.wire.actions import Action
from automations.wire.automations import Automation
from automations.wire.firings import Firing
from events.wire.events import Event, Resource

decode_action: Any = msgspec.json.Decoder(Action).decode
decode_firing = msgspec.json.Decoder(Firing).decode
decode_automation = msgspec.json.Decoder(Automation).decode
decode_event = msgspec.json.Decoder(Event).decode


class Invocation(Struct, kw_only=True, frozen=True):
    """One action, with what triggered it and where its pages are."""

    workspace: UUID
    id: UUID
    key: str
    kind: str
    action_index: int
    attempts: int
    token: UUID
    action: Any
    automation: Automation
    firing: Firing
    event: Event | None
    pages: str


class Effect(Struct, kw_only=True, frozen=True):
    """What an action did: in words, and for its event."""

    words: str
    related: list[Resource] = []
    details: dict[str, Any] = {}


class ActionFailed(Exception):
    """The action cannot be done; the reason is told. With `wait`, it may be tried again."""

    def __init__(
        self, reason: str, *, details: dict[str, Any] | None = None, related: list[Resource] | None = None,
        is_transient: bool = False, retry_after: float | None = None,
    ) -> None:  # fmt: skip
        super().__init__(reason)
        self.reason = reason
        self.details = details or {}
        self.related = related or []
        self.is_transient = is_transient
        self.retry_after = retry_after


def as_invocation(claimed: queries.Claimed, pages: str) -> Invocation:
    return Invocation(
        workspace=claimed.workspace_id, id=claimed.id, key=claimed.key, kind=claimed.kind,
        action_index=claimed.action_index, attempts=claimed.attempts, token=claimed.lease_token,
        action=decode_action(claimed.action), automation=decode_automation(claimed.automation),
        firing=decode_firing(claimed.firing),
        event=None if claimed.event is None else decode_event(claimed.event), pages=pages,
    )  # fmt: skip


def part(kind: str, id: UUID | str, role: str, name: str | None = None) -> Resource:
    """A related resource of an action's event."""
    made = {"prefect.resource.id": f"prefect.{kind}.{id}", "prefect.resource.role": role}
    return made if name is None else {**made, "prefect.resource.name": name}
