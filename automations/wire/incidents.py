"""Incidents on the wire: ours, since Prefect Cloud's are not in its public schema."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from automations.wire.slas import Severity
from controlplane.wire.structs import Body, Named, Out

LONGEST_NAME = 255
Status = Literal["OPEN", "RESOLVED"]


class Actor(Out, kw_only=True):
    """Who declared or resolved it: a person, a service account or an automation."""

    type: str
    id: str
    name: str


class IncidentCreate(Body, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    description: Annotated[str, Meta(max_length=10_000)] = ""
    severity: Severity = "moderate"
    resource_id: Annotated[str, Meta(max_length=1024)] = ""


class IncidentsFilter(Named, kw_only=True):
    """Newest first."""

    status: Status | None = None
    limit: Annotated[int, Meta(ge=0, le=200)] = 200
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Incident(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str
    severity: str
    status: Status
    resource_id: str
    event_id: UUID | None
    declared_by: Actor
    times: int
    last_declared: datetime
    resolved: datetime | None
    resolved_by: Actor | None
