"""Alerts: one trouble, however many events it has."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from controlplane.filters.bodies import Listing
from controlplane.wire.structs import Body, Out
from notifications.wire import Message

AlertState = Literal["OPEN", "ACKNOWLEDGED", "SNOOZED", "RESOLVED"]


class Alert(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    policy_id: UUID
    state: AlertState
    severity: str
    group_key: str
    opened: datetime
    last_event: datetime
    count: int
    """How many events it has; `told` of them are in a message."""
    told: int
    acknowledged: datetime | None
    acknowledged_by: str
    snoozed_until: datetime | None
    snoozed: datetime | None
    snoozed_by: str
    resolved: datetime | None
    resolved_by: str
    """Who resolved it: a person, `event` or `silence`."""
    escalated: datetime | None
    next_due: datetime | None
    first: Message
    last: Message


class AlertFilter(Body):
    state: list[AlertState] | None = None
    policy_id: list[UUID] | None = None
    deployment_id: UUID | None = None


class AlertListing(Listing):
    alerts: AlertFilter | None = None


class Snooze(Body):
    """Until when an alert tells nothing more."""

    until: datetime


class Note(Body):
    """Why, in a person's words."""

    note: Annotated[str, Meta(max_length=500)] = ""
