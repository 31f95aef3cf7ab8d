"""The concurrency limit of one deployment: `deployment:<id>`, an ordinary limit that the deployment names."""

from datetime import datetime
from uuid import UUID

from controlplane.errors import NotFound
from runs.models import ConcurrencyLimit


def set_deployment_limit(workspace: UUID, deployment_id: UUID, limit: int | None, *, now: datetime) -> UUID | None:
    """Make or change the limit and give its id; None takes it away."""
    own = ConcurrencyLimit.objects.of(workspace).filter(name=f"deployment:{deployment_id}")
    if limit is None:
        own.delete()
        return None
    if own.update(limit=limit, active=True, updated=now):
        existing: ConcurrencyLimit = own.get()
        return existing.id
    made = ConcurrencyLimit(
        workspace_id=workspace, created=now, updated=now, name=f"deployment:{deployment_id}", limit=limit
    )
    made.save(force_insert=True)
    return made.id


def check_limit_exists(workspace: UUID, limit_id: UUID) -> None:
    if not ConcurrencyLimit.objects.of(workspace).filter(id=limit_id).exists():
        raise NotFound("Concurrency limit not found")
