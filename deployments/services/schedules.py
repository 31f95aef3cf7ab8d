"""The schedules of a deployment. A change takes away the runs that lie ahead; the scheduler makes new ones."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from msgspec import UNSET, to_builtins

from controlplane.errors import INTEGRITY_CONFLICT, Conflict, Invalid, NotFound
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_places import Part
from controlplane.wire.structs import present
from deployments.models import Deployment, DeploymentSchedule
from deployments.rules.schedules import complete_schedule
from deployments.services import noting, secrecy
from deployments.wire import schedules as wire
from deployments.wire.schedules import DeploymentScheduleCreate, DeploymentScheduleUpdate, read_schedule
from runs.services.scheduled import remove_scheduled
from workspaces.services import data_boundary

DUPLICATE = "Schedule slugs must be unique within a deployment."
NO_SLUG = "Please provide a slug for each schedule in your request to ensure schedules are updated correctly."
NO_SCHEDULE = "Unable to create new deployment schedules without a schedule configuration."

Change = DeploymentScheduleCreate | DeploymentScheduleUpdate


def list_schedules(workspace: UUID, deployment_id: UUID) -> list[wire.DeploymentSchedule]:
    check_deployment(workspace, deployment_id)
    rows = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id).order_by("-updated", "-id")
    return [as_wire(row) for row in rows]


def create_schedules(
    workspace: UUID, deployment_id: UUID, body: Sequence[DeploymentScheduleCreate], *, now: datetime
) -> list[wire.DeploymentSchedule]:
    """Add schedules. Only here `max_scheduled_runs` is kept."""
    check_deployment(workspace, deployment_id, lock=True)
    planned = noting.plan_of(workspace, deployment_id)
    slugs = [schedule.slug for schedule in body if schedule.slug is not None]
    taken = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id, slug__in=slugs).exists()
    if taken or len(set(slugs)) < len(slugs):
        raise Conflict(DUPLICATE)
    rows = [
        new_row(workspace, deployment_id, schedule, moment)
        for schedule, moment in zip(body, moments(now), strict=False)
    ]
    for row, schedule in zip(rows, body, strict=True):
        row.max_scheduled_runs = schedule.max_scheduled_runs
    secrecy.hide_schedules(workspace, deployment_id, rows)
    DeploymentSchedule.objects.bulk_create(rows)
    touch(workspace, deployment_id, now)
    noting.note_schedules(workspace, deployment_id, "created", planned)
    return [as_wire(row) for row in rows]


def update_schedule(
    workspace: UUID, deployment_id: UUID, schedule_id: UUID, body: DeploymentScheduleUpdate, *, now: datetime
) -> None:
    check_deployment(workspace, deployment_id, lock=True)
    row = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id, id=schedule_id).first()
    if row is None:
        raise NotFound("Schedule not found.")
    others = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id).exclude(id=schedule_id)
    if isinstance(body.slug, str) and others.filter(slug=body.slug).exists():
        raise Conflict(DUPLICATE)
    planned = noting.plan_of(workspace, deployment_id)
    write(row, body, now)
    remove_scheduled(workspace, deployment_id, future_after=now)
    touch(workspace, deployment_id, now)
    noting.note_schedules(workspace, deployment_id, "updated", planned)


def switch_schedule(workspace: UUID, schedule_id: UUID, *, active: bool, now: datetime) -> UUID:
    """Pause or resume one schedule, whose other fields stay. Returns its deployment."""
    row = DeploymentSchedule.objects.of(workspace).filter(id=schedule_id).first()
    if row is None:
        raise NotFound("Schedule not found.")
    deployment: UUID = row.deployment_id
    check_deployment(workspace, deployment, lock=True)
    DeploymentSchedule.objects.of(workspace).filter(id=schedule_id).update(active=active, updated=now)
    remove_scheduled(workspace, deployment, future_after=now)
    touch(workspace, deployment, now)
    return deployment


def delete_schedule(workspace: UUID, deployment_id: UUID, schedule_id: UUID, *, now: datetime) -> None:
    check_deployment(workspace, deployment_id, lock=True)
    planned = noting.plan_of(workspace, deployment_id)
    gone, _ = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id, id=schedule_id).delete()
    if not gone:
        raise NotFound("Schedule not found.")
    remove_scheduled(workspace, deployment_id)
    touch(workspace, deployment_id, now)
    noting.note_schedules(workspace, deployment_id, "deleted", planned)


def replace_all(workspace: UUID, deployment_id: UUID, body: Sequence[Change], *, now: datetime) -> None:
    """What a redeploy does: the schedules that are given, and no others. Those without dates are dropped."""
    before = list(DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id))
    DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id).delete()
    rows = [
        new_row(workspace, deployment_id, schedule, moment)
        for schedule, moment in zip(body, moments(now), strict=False)
        if isinstance(schedule.schedule, dict)
    ]
    slugs = [row.slug for row in rows if row.slug is not None]
    if len(set(slugs)) < len(slugs):
        raise Conflict(INTEGRITY_CONFLICT)
    secrecy.hide_schedules(workspace, deployment_id, rows, find_predecessors(workspace, rows, before))
    DeploymentSchedule.objects.bulk_create(rows)


def find_predecessors(
    workspace: UUID, rows: Sequence[DeploymentSchedule], before: Sequence[DeploymentSchedule]
) -> dict[UUID, list[Part]]:
    """The secrets that masks in new schedules stand for: of the old one of the same slug, or of the same dates."""
    found = {}
    for row in rows:
        for old in before:
            same = old.slug == row.slug if row.slug else without_anchor(old.schedule) == without_anchor(row.schedule)
            if same and old.secrets is not None:
                found[row.id] = secrecy.parts_of(workspace, old)
    return found


def without_anchor(schedule: dict[str, Any]) -> dict[str, Any]:
    """An interval that names no anchor gets the moment when it was stored."""
    return {key: value for key, value in schedule.items() if key != "anchor_date"}


def merge(workspace: UUID, deployment_id: UUID, body: Sequence[DeploymentScheduleUpdate], *, now: datetime) -> None:
    """What a PATCH does: by slug if every schedule, sent or stored, has one; otherwise all are replaced."""
    stored = {row.id: row for row in DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id)}
    all_slugged = bool(stored) and all(row.slug for row in stored.values())
    if not all_slugged:
        replace_all(workspace, deployment_id, body, now=now)
        return
    if any(not isinstance(schedule.slug, str) for schedule in body):
        raise Invalid(NO_SLUG)
    by_slug = {row.slug: row for row in stored.values()}
    renamed = rename(by_slug, body)
    for schedule, moment in zip(body, moments(now), strict=False):
        row = renamed.get(str(schedule.slug)) or by_slug.get(str(schedule.slug))
        if row is not None:
            write(row, schedule, moment)
        elif isinstance(schedule.schedule, dict):
            made = new_row(workspace, deployment_id, schedule, moment)
            secrecy.hide_schedules(workspace, deployment_id, [made])
            DeploymentSchedule.objects.bulk_create([made])
        else:
            raise Invalid(NO_SCHEDULE)


def rename(
    by_slug: dict[str | None, DeploymentSchedule], body: Sequence[DeploymentScheduleUpdate]
) -> dict[str, DeploymentSchedule]:
    """The rows that get a new slug, by that slug. All old slugs are let go first, so that two may be swapped."""
    wishes = [(schedule.replaces, str(schedule.slug)) for schedule in body if schedule.replaces in by_slug]
    replaced = [old for old, _ in wishes]
    for old, new in wishes:
        if replaced.count(old) > 1:
            raise Invalid(f"Multiple schedules have 'replaces' targeting the same slug: {old}")
        if new in by_slug and new != old and new not in replaced:
            raise Invalid(
                f"Cannot rename schedule from '{old}' to '{new}': a schedule with slug '{new}' already exists."
            )
    rows = {new: by_slug[old] for old, new in wishes}
    for row in rows.values():
        row.slug = None
        row.save(update_fields=["slug"])
    return rows


def write(row: DeploymentSchedule, body: DeploymentScheduleUpdate, now: datetime) -> None:
    """The fields that were sent. Parameters that were not become `{}`: clients know it so."""
    sent = {key: value for key, value in present(body).items() if key in ("active", "max_scheduled_runs", "slug")}
    for key, value in sent.items():
        if value is not None or key != "active":
            setattr(row, key, value)
    stored = secrecy.parts_of(row.workspace_id, row)
    data_boundary.check_parameters_kept(row.workspace_id, body.parameters)
    row.parameters = body.parameters
    secrecy.hide_schedules(row.workspace_id, row.deployment_id, [row], {row.id: stored})
    if isinstance(body.schedule, dict):
        row.schedule = stored_schedule(body.schedule, now)
    row.updated = now
    row.save()


def moments(now: datetime) -> Iterator[datetime]:
    """A moment for each schedule of a request: they are listed by it, the last one first."""
    return (now + timedelta(microseconds=number) for number in count())


def new_row(workspace: UUID, deployment_id: UUID, schedule: Change, now: datetime) -> DeploymentSchedule:
    assert isinstance(schedule.schedule, dict)
    data_boundary.check_parameters_kept(workspace, schedule.parameters)
    return DeploymentSchedule(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, deployment_id=deployment_id,
        schedule=stored_schedule(schedule.schedule, now), active=schedule.active in (True, None, UNSET),
        parameters=schedule.parameters, slug=schedule.slug if isinstance(schedule.slug, str) else None,
    )  # fmt: skip


def stored_schedule(value: dict[str, Any], now: datetime) -> dict[str, Any]:
    made: dict[str, Any] = to_builtins(complete_schedule(read_schedule(value), now))
    return made


def as_wire(row: DeploymentSchedule) -> wire.DeploymentSchedule:
    return wire.DeploymentSchedule(**{name: getattr(row, name) for name in wire.DeploymentSchedule.__struct_fields__})


def check_deployment(workspace: UUID, deployment_id: UUID, *, lock: bool = False) -> None:
    rows = Deployment.objects.of(workspace).filter(id=deployment_id)
    if (rows.select_for_update(no_key=True) if lock else rows).first() is None:
        raise NotFound("Deployment not found.")


def touch(workspace: UUID, deployment_id: UUID, now: datetime) -> None:
    """The scheduler's quick pass looks for deployments that changed just now."""
    Deployment.objects.of(workspace).filter(id=deployment_id).update(updated=now)
