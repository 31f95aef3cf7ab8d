"""Branches of deployments: copies that are changed and run beside the one they come from."""

from datetime import datetime
from uuid import UUID

from controlplane.errors import Conflict
from controlplane.ids import uuid7
from deployments import queries
from deployments.models import Deployment as Row
from deployments.models import DeploymentSchedule
from deployments.services import deployments, happenings, noting, secrecy, versions
from deployments.wire.makers import Maker
from deployments.wire.versions import BranchCreate

COPIED = (
    "flow_id", "version", "description", "paused", "paused_since", "parameters", "parameter_openapi_schema",
    "enforce_parameter_schema", "tags", "labels", "work_queue_id", "work_queue_name", "path", "entrypoint",
    "pull_steps", "job_variables", "storage_document_id", "infrastructure_document_id", "concurrency_options",
    "version_info",
)  # fmt: skip


def branch_deployment(
    workspace: UUID, deployment_id: UUID, body: BranchCreate, *, now: datetime, maker: Maker
) -> UUID:  # fmt: skip
    """The new deployment: `<name>@<branch>`, with a limit of its own if the overrides give it one."""
    source = versions.find_deployment(workspace, deployment_id)
    name = f"{source.name.partition('@')[0]}@{body.branch.strip()}"
    if Row.objects.of(workspace).filter(flow_id=source.flow_id, name=name).exists():
        raise Conflict(f"The deployment already has a branch {body.branch.strip()!r}.")
    copy = Row(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, name=name, branch=body.branch.strip(),
        base=source.id, root=source.root or source.id, **{key: getattr(source, key) for key in COPIED},
    )  # fmt: skip
    secrecy.copy_secrets(workspace, source, copy)
    deployments.sign(copy, maker, created=True)
    copy.save(force_insert=True)
    versions.record_version(workspace, copy, now=now)
    copy.save(update_fields=["version_id"])
    queries.retag_deployment(workspace=workspace, deployment=copy.id, tags=copy.tags)
    if body.options.schedule_handling != "remove":
        copy_schedules(workspace, source.id, copy.id, active=body.options.schedule_handling == "keep", now=now)
    happenings.deployment_changed(workspace, copy.id, "created", now=now)
    noting.note(workspace, "deployment", "created", copy, {"branch_of": [None, source.name]})
    if body.overrides is not None:
        deployments.update_deployment(workspace, copy.id, body.overrides, now=now, maker=maker)
    return copy.id


def copy_schedules(workspace: UUID, source: UUID, target: UUID, *, active: bool, now: datetime) -> None:
    """With `active` False none of the copies makes runs until someone wants it."""
    copies = []
    for each in DeploymentSchedule.objects.of(workspace).filter(deployment_id=source):
        copy = DeploymentSchedule(
            id=uuid7(), workspace_id=workspace, created=now, updated=now, deployment_id=target, schedule=each.schedule,
            active=active and each.active, max_scheduled_runs=each.max_scheduled_runs, parameters=each.parameters,
            slug=each.slug,
        )  # fmt: skip
        secrecy.copy_secrets(workspace, each, copy)
        copies.append(copy)
    DeploymentSchedule.objects.bulk_create(copies)
