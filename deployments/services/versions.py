"""Versions of deployments: recorded when a deployment says its version, and brought back by promoting them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.errors import Conflict, NotFound
from controlplane.ids import uuid7
from controlplane.wire.structs import Page, make_page
from deployments import queries
from deployments.models import Deployment as Row
from deployments.models import DeploymentVersion, WorkPool, WorkQueue
from deployments.services import happenings, noting, secrecy
from deployments.services.polling import check_limit
from deployments.wire.versions import ListVersions, Version
from runs.services.scheduled import remove_scheduled

KEPT = (
    "description", "entrypoint", "pull_steps", "parameters", "parameter_openapi_schema", "enforce_parameter_schema",
    "job_variables", "tags", "labels", "work_queue_id", "work_queue_name",
)  # fmt: skip


def record_version(workspace: UUID, row: Row, *, now: datetime) -> None:
    """The deployment as it is now becomes its version of that name, and the active one. The caller saves the row."""
    info = row.version_info or {}
    type, version = info.get("type"), info.get("version")
    if not isinstance(type, str) or not isinstance(version, str):
        return
    found = DeploymentVersion.objects.of(workspace).filter(deployment_id=row.id, type=type, version=version).first()
    kept = found or DeploymentVersion(
        id=uuid7(), workspace_id=workspace, created=now, deployment_id=row.id, type=type, version=version,
        created_by=row.updated_by,
    )  # fmt: skip
    for name in KEPT:
        setattr(kept, name, getattr(row, name))
    secrecy.copy_secrets(workspace, row, kept)
    kept.version_info, kept.updated, kept.last_active = info, now, now
    kept.save(force_insert=found is None)
    row.version_id = kept.id


def list_versions(workspace: UUID, deployment_id: UUID, body: ListVersions) -> Page:
    """The newest first."""
    find_deployment(workspace, deployment_id)
    limit = check_limit(body.limit)
    rows = DeploymentVersion.objects.of(workspace).filter(deployment_id=deployment_id).order_by("-created", "-id")
    start = (body.page - 1) * limit
    shown = [shape(workspace, row) for row in rows[start : start + limit]]
    return make_page(shown, count=rows.count(), limit=limit, page=body.page)


def read_version(workspace: UUID, deployment_id: UUID, version_id: UUID) -> Version:
    return shape(workspace, find(workspace, deployment_id, version_id))


def delete_version(workspace: UUID, deployment_id: UUID, version_id: UUID) -> None:
    """Not the active one: it is what the deployment is."""
    if find_deployment(workspace, deployment_id).version_id == version_id:
        raise Conflict("The active version of a deployment cannot be deleted.")
    version = find(workspace, deployment_id, version_id)
    DeploymentVersion.objects.of(workspace).filter(id=version_id).delete()
    note(workspace, deployment_id, "version-deleted", {"version": [version.version, None]})


def promote_version(workspace: UUID, deployment_id: UUID, version_id: UUID, *, by: Any, now: datetime) -> None:
    """The deployment becomes what it was in that version; its runs that lie ahead are made anew."""
    row = find_deployment(workspace, deployment_id, lock=True)
    version = find(workspace, deployment_id, version_id)
    before = happenings.tracked(row)
    for name in KEPT:
        setattr(row, name, getattr(version, name))
    secrecy.copy_secrets(workspace, version, row)
    row.version_id, row.version_info, row.version = version.id, version.version_info, version.version
    row.updated_by, row.updated = by, now
    row.save()
    version.last_active = version.updated = now
    version.save(update_fields=["last_active", "updated"])
    queries.retag_deployment(workspace=workspace, deployment=row.id, tags=row.tags)
    remove_scheduled(workspace, row.id, future_after=now)
    payload = happenings.changes(before, happenings.tracked(row))
    if payload is not None:
        happenings.deployment_changed(workspace, row.id, "updated", now=now, payload=payload)
    note(workspace, deployment_id, "version-promoted", {"version": [None, version.version]})


def set_disabled(workspace: UUID, deployment_id: UUID, disabled: bool, *, by: Any, now: datetime) -> None:
    """A disabled deployment is not run, neither by schedules nor by people."""
    row = find_deployment(workspace, deployment_id, lock=True)
    if row.disabled != disabled:
        note(workspace, deployment_id, "disabled" if disabled else "enabled", {})
    row.disabled, row.updated, row.updated_by = disabled, now, by
    row.save(update_fields=["disabled", "updated", "updated_by"])
    if disabled:
        remove_scheduled(workspace, deployment_id)


def note(workspace: UUID, deployment_id: UUID, what: str, changes: dict[str, Any]) -> None:
    row = find_deployment(workspace, deployment_id)
    noting.note(workspace, "deployment", what, row, changes)


def find_deployment(workspace: UUID, deployment_id: UUID, *, lock: bool = False) -> Row:
    rows = Row.objects.of(workspace).filter(id=deployment_id)
    row: Row | None = (rows.select_for_update(no_key=True) if lock else rows).first()
    if row is None:
        raise NotFound("Deployment not found")
    return row


def find(workspace: UUID, deployment_id: UUID, version_id: UUID) -> DeploymentVersion:
    row: DeploymentVersion | None = (
        DeploymentVersion.objects.of(workspace).filter(deployment_id=deployment_id, id=version_id).first()
    )
    if row is None:
        raise NotFound("Deployment version not found")
    return row


def shape(workspace: UUID, row: DeploymentVersion) -> Version:
    queue = WorkQueue.objects.of(workspace).filter(id=row.work_queue_id).first() if row.work_queue_id else None
    pool = WorkPool.objects.of(workspace).filter(id=queue.work_pool_id).first() if queue else None
    return Version(
        id=row.id, created=row.created, updated=row.updated, deployment_id=row.deployment_id,
        version_info=row.version_info, work_pool_name=pool.name if pool else None, created_by=row.created_by,
        last_active=row.last_active, **{name: getattr(row, name) for name in KEPT},
    )  # fmt: skip
