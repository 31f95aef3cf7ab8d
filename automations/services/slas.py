"""Service levels of deployments: applied as a whole by a deploy, or one by one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q
from msgspec import to_builtins

from automations import queries_slas as queries
from automations.models import ServiceLevel, ServiceLevelViolation
from automations.rules.targets import id_of
from automations.wire.slas import MOST_LEVELS, Sla, SlaMerge, SlasFilter, SlaSpec, SlaUpdate, ViolatingRuns
from controlplane.errors import Conflict, Invalid, NotFound
from controlplane.ids import uuid7
from controlplane.wire.structs import UNSET
from deployments.models import Deployment
from workspaces.services import audit

NOT_FOUND = "There is no such service level in this workspace."
OWNER = "Service levels belong to a deployment: prefect.deployment.<id>"


def apply_levels(workspace: UUID, resource_id: str, body: Sequence[SlaSpec], *, now: datetime) -> SlaMerge:
    """Exactly these, matched by name: what a deploy does. A level that does not change keeps its violations."""
    deployment = owner(workspace, resource_id)
    if len(body) > MOST_LEVELS:
        raise Invalid(f"A deployment has at most {MOST_LEVELS} service levels.")
    if len({spec.name for spec in body}) < len(body):
        raise Conflict("Names of service levels must be unique.")
    there = {row.name: row for row in ServiceLevel.objects.of(workspace).filter(deployment_id=deployment)}
    gone = [as_wire(row) for name, row in there.items() if name not in {spec.name for spec in body}]
    for row in there.values():
        if row.name not in {spec.name for spec in body}:
            note("deleted", row)
    ServiceLevel.objects.of(workspace).filter(deployment_id=deployment).exclude(
        name__in=[spec.name for spec in body]
    ).delete()
    created, updated = [], []
    for spec in body:
        if (row := there.get(spec.name)) is None:
            created.append(as_wire(insert(workspace, deployment, spec, now)))
        else:
            write(row, spec, now)
            updated.append(as_wire(row))
    return SlaMerge(created=created, updated=updated, deleted=gone)


def create_level(workspace: UUID, body: SlaSpec, *, now: datetime) -> Sla:
    deployment = owner(workspace, body.owner_resource or "")
    rows = ServiceLevel.objects.of(workspace).filter(deployment_id=deployment)
    if rows.filter(name=body.name).exists():
        raise Conflict("A service level with this name already exists.")
    if rows.count() >= MOST_LEVELS:
        raise Invalid(f"A deployment has at most {MOST_LEVELS} service levels.")
    return as_wire(insert(workspace, deployment, body, now))


def owner(workspace: UUID, resource_id: str) -> UUID:
    """The deployment, locked: its levels change one after the other."""
    id = id_of("deployment", resource_id)
    if id is None:
        raise Invalid(OWNER)
    rows = Deployment.objects.of(workspace).select_for_update(no_key=True).filter(id=id)
    if rows.first() is None:
        raise NotFound("Deployment not found")
    return id


def insert(workspace: UUID, deployment: UUID, spec: SlaSpec, now: datetime) -> ServiceLevel:
    row = ServiceLevel(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, deployment_id=deployment, name=spec.name,
        severity=spec.severity, enabled=spec.enabled is not False, kind=spec.kind, seconds=spec.seconds,
        details=to_builtins(spec.details()), watching_since=now,
    )  # fmt: skip
    row.save(force_insert=True)
    note("created", row)
    return row


def write(row: ServiceLevel, spec: SlaSpec, now: datetime) -> None:
    details, enabled = to_builtins(spec.details()), spec.enabled is not False
    if (row.kind, row.details) != (spec.kind, details):
        # Another promise: what was told of the old one is not held against it.
        ServiceLevelViolation.objects.of(row.workspace_id).filter(service_level_id=row.id).delete()
        row.watching_since, row.last_met = now, None
    elif enabled and not row.enabled:
        row.watching_since = now
    changes = audit.differences(
        {"severity": row.severity, "enabled": row.enabled, "details": row.details},
        {"severity": spec.severity, "enabled": enabled, "details": details},
    )
    row.kind, row.details, row.seconds = spec.kind, details, spec.seconds
    row.severity, row.enabled, row.updated = spec.severity, enabled, now
    row.save()
    if changes:
        note("updated", row, changes)


def update_level(workspace: UUID, level_id: UUID, body: SlaUpdate, *, now: datetime) -> None:
    row = find(workspace, level_id)
    before = {"severity": row.severity, "enabled": row.enabled}
    if body.severity is not UNSET:
        row.severity = body.severity
    if body.enabled is not UNSET:
        if body.enabled and not row.enabled:
            row.watching_since = now
        row.enabled = body.enabled
    row.updated = now
    row.save(update_fields=["severity", "enabled", "watching_since", "updated"])
    if changes := audit.differences(before, {"severity": row.severity, "enabled": row.enabled}):
        note("updated", row, changes)


def delete_level(workspace: UUID, level_id: UUID) -> None:
    note("deleted", find(workspace, level_id))
    ServiceLevel.objects.of(workspace).filter(id=level_id).delete()


def note(what: str, row: ServiceLevel, changes: dict[str, Any] | None = None) -> None:
    audit.record(
        row.workspace_id, action=f"service-level.{what}", target_kind="service-level", target_id=row.id,
        target_name=row.name, changes=changes,
    )  # fmt: skip


def read_level(workspace: UUID, level_id: UUID) -> Sla:
    return as_wire(find(workspace, level_id))


def find(workspace: UUID, level_id: UUID) -> ServiceLevel:
    row: ServiceLevel | None = ServiceLevel.objects.of(workspace).filter(id=level_id).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return row


def list_levels(workspace: UUID, body: SlasFilter) -> list[Sla]:
    rows = ServiceLevel.objects.of(workspace).order_by("name", "id")[body.offset : body.offset + body.limit]
    return shown(workspace, list(rows))


def list_levels_of(workspace: UUID, resource_id: str) -> list[Sla]:
    id = id_of("deployment", resource_id)
    rows = ServiceLevel.objects.of(workspace).filter(deployment_id=id).order_by("name") if id else []
    return shown(workspace, list(rows))


def shown(workspace: UUID, rows: list[ServiceLevel]) -> list[Sla]:
    open_ones = ServiceLevelViolation.objects.of(workspace).filter(
        Q(resolved__isnull=True), service_level_id__in=[row.id for row in rows]
    )
    counts = dict(open_ones.values_list("service_level_id").annotate(Count("id")))
    return [as_wire(row, counts.get(row.id, 0)) for row in rows]


def find_violating_runs(workspace: UUID, body: ViolatingRuns) -> list[UUID]:
    rows = queries.find_violating_runs(workspace=workspace, levels=body.sla_ids, since=body.since)
    return [row.flow_run_id for row in rows]


def as_wire(row: ServiceLevel, open_violations: int = 0) -> Sla:
    return Sla(
        id=row.id, created=row.created, updated=row.updated, name=row.name, description="", severity=row.severity,
        enabled=row.enabled, type=row.kind, owner_resource=f"prefect.deployment.{row.deployment_id}",
        details=row.details, open_violations=open_violations,
    )  # fmt: skip
