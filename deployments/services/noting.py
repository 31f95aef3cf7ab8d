"""For the audit trail: who changed what runs, when and where. Polls, heartbeats and sweeps leave nothing there."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from deployments.models import Deployment, DeploymentSchedule, WorkPool, WorkQueue
from deployments.services import happenings
from workspaces.services import audit

# What a schema may call secret stands in these, so that they changed is all that is said.
SECRET = frozenset({
    "secrets",
    "parameters", "job_variables", "infra_overrides", "pull_steps", "base_job_template", "parameter_openapi_schema",
})  # fmt: skip
# Told by deeds of their own, or nobody's deed at all.
ELSEWHERE = frozenset({"is_paused", "last_polled", "infra_overrides"})


def note(
    workspace: UUID, kind: str, what: str, row: Deployment | WorkPool | WorkQueue,
    changes: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    audit.record(
        workspace, action=f"{kind}.{what}", target_kind=kind, target_id=row.id, target_name=row.name, changes=changes
    )


def note_changes(
    workspace: UUID, kind: str, row: Deployment | WorkPool | WorkQueue, before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:  # fmt: skip
    """Nothing if nothing has changed: a redeploy of the same is no deed."""
    changes = audit.differences(before, after, secret=SECRET)
    changes = {name: change for name, change in changes.items() if name not in ELSEWHERE}
    if changes:
        note(workspace, kind, "updated", row, changes)


def note_deployment(
    workspace: UUID, row: Deployment, before: Mapping[str, Any], planned: list[str], *, created: bool,
    has_other_secrets: bool,
) -> None:  # fmt: skip
    """`planned` are the schedules of before. Secrets stand as masks in the row, before and after."""
    if created:
        note(workspace, "deployment", "created", row)
        return
    after = {**happenings.tracked(row), "schedules": plan_of(workspace, row.id)}
    before = {**before, "schedules": planned, "secrets": ""}
    note_changes(workspace, "deployment", row, before, {**after, "secrets": "others" if has_other_secrets else ""})


def plan_of(workspace: UUID, deployment_id: UUID) -> list[str]:
    """When the deployment runs, as the audit trail tells it: exactly, and without the parameters."""
    rows = DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id)
    return [told(row) for row in rows.order_by("slug", "created", "id")]


def told(row: DeploymentSchedule) -> str:
    fields = ", ".join(f"{name} {value}" for name, value in row.schedule.items() if value is not None)
    return f"{row.slug + ': ' if row.slug else ''}{fields}{'' if row.active else ', off'}"


def note_schedules(workspace: UUID, deployment_id: UUID, what: str, before: list[str]) -> None:
    """One schedule at its own door: `before` is how all of them were."""
    row = Deployment.objects.of(workspace).get(id=deployment_id)
    after = plan_of(workspace, deployment_id)
    if before != after:
        gone = [each for each in before if each not in after]
        come = [each for each in after if each not in before]
        note(workspace, "deployment", f"schedule-{what}", row, {"schedules": [gone, come]})
