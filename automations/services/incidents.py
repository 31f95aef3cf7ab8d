"""Incidents: declared by people and automations, and resolved by people. Both are told as events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import convert, to_builtins

from automations import models
from automations.wire.automations import Automation
from automations.wire.incidents import LONGEST_NAME, Actor, Incident, IncidentCreate, IncidentsFilter
from controlplane.errors import Conflict, NotFound
from controlplane.ids import uuid7
from events.services import emission
from events.services.emission import Emitted
from events.wire.events import RESOURCE_ID, Event, Resource
from workspaces.services import audit
from workspaces.services.callers import Caller

NOT_FOUND = "There is no such incident in this workspace."
KEPT = ("id", "created", "updated", "name", "description", "severity", "resource_id", "event_id", "times",
        "last_declared", "resolved")  # fmt: skip


def declare_incident(workspace: UUID, body: IncidentCreate, *, caller: Caller, now: datetime) -> Incident:
    row = new_row(workspace, uuid7(), actor_of(caller), now)
    row.name, row.description, row.severity, row.resource_id = (
        body.name, body.description, body.severity, body.resource_id
    )  # fmt: skip
    row.save(force_insert=True)
    involved = [{RESOURCE_ID: row.resource_id, "prefect.resource.role": "subject"}] if row.resource_id else []
    tell(row, "declared", involved, now)
    return as_wire(row)


def declare_by_automation(
    workspace: UUID, *, id: UUID, automation: Automation, event: Event | None, now: datetime
) -> tuple[Incident, bool]:
    """The open incident of this automation and the event's resource, and whether it is new."""
    subject = "" if event is None else event.resource[RESOURCE_ID]
    key = f"{automation.id}:{subject}"
    rows = models.Incident.objects.of(workspace).filter(key=key, resolved__isnull=True)
    open_one = rows.select_for_update(no_key=True).first()
    if open_one is not None:
        open_one.times += 1
        open_one.updated = open_one.last_declared = now
        open_one.save(update_fields=["times", "last_declared", "updated"])
        return as_wire(open_one), False
    row = new_row(workspace, id, Actor(type="AUTOMATION", id=str(automation.id), name=automation.name), now)
    about = "" if event is None else event.resource.get("prefect.resource.name") or subject
    row.name = (f"{automation.name}: {about}" if about else automation.name)[:LONGEST_NAME]
    row.key, row.resource_id, row.event_id = key, subject, None if event is None else event.id
    row.save(force_insert=True)
    involved = [] if event is None else [{**event.resource, "prefect.resource.role": "subject"}, *event.related]
    creator = {
        RESOURCE_ID: f"prefect.automation.{automation.id}", "prefect.resource.role": "creator",
        "prefect.resource.name": automation.name,
    }  # fmt: skip
    tell(row, "declared", [*involved, creator], now)
    return as_wire(row), True


def resolve_incident(workspace: UUID, incident_id: UUID, *, caller: Caller, now: datetime) -> Incident:
    """`Conflict` if it is resolved already."""
    row = find(workspace, incident_id, lock=True)
    if row.resolved is not None:
        raise Conflict("This incident is resolved already.")
    row.updated = row.resolved = now
    row.resolved_by = to_builtins(actor_of(caller))
    row.save(update_fields=["resolved", "resolved_by", "updated"])
    tell(row, "resolved", [], now)
    return as_wire(row)


def read_incident(workspace: UUID, incident_id: UUID) -> Incident:
    return as_wire(find(workspace, incident_id))


def list_incidents(workspace: UUID, body: IncidentsFilter) -> list[Incident]:
    rows = models.Incident.objects.of(workspace).order_by("-created", "-id")
    if body.status is not None:
        rows = rows.filter(resolved__isnull=body.status == "OPEN")
    return [as_wire(row) for row in rows[body.offset : body.offset + body.limit]]


def new_row(workspace: UUID, id: UUID, by: Actor, now: datetime) -> models.Incident:
    return models.Incident(
        id=id, workspace_id=workspace, created=now, updated=now, last_declared=now, declared_by=to_builtins(by)
    )


def actor_of(caller: Caller) -> Actor:
    return Actor(type=caller.actor_type, id=str(caller.actor_id), name=caller.name)


def find(workspace: UUID, incident_id: UUID, *, lock: bool = False) -> models.Incident:
    rows = models.Incident.objects.of(workspace).filter(id=incident_id)
    row: models.Incident | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return row


def tell(row: models.Incident, what: str, related: list[Resource], now: datetime) -> None:
    audit.record(
        row.workspace_id, action=f"incident.{what}", target_kind="incident", target_id=row.id, target_name=row.name
    )
    resource = {**resource_of(row.id, row.name), "prefect.incident.severity": row.severity}
    told = Emitted(event=f"prefect-cloud.incident.{what}", resource=resource, related=related, occurred=now)
    emission.insert(row.workspace_id, [told], now=now)


def resource_of(id: UUID, name: str) -> Resource:
    return {RESOURCE_ID: f"prefect-cloud.incident.{id}", "prefect.resource.name": name}


def as_wire(row: models.Incident) -> Incident:
    fields: dict[str, Any] = {name: getattr(row, name) for name in KEPT}
    return Incident(
        **fields, status="OPEN" if row.resolved is None else "RESOLVED", declared_by=convert(row.declared_by, Actor),
        resolved_by=None if row.resolved_by is None else convert(row.resolved_by, Actor),
    )  # fmt: skip
