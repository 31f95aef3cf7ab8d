"""The events that this room makes: what happened to deployments, work pools and work queues."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from deployments import queries
from deployments.models import Deployment, WorkPool, WorkQueue
from events.services.emission import Emitted, insert

TRACKED = (
    "description", "tags", "parameters", "parameter_openapi_schema", "enforce_parameter_schema", "entrypoint", "path",
    "pull_steps", "work_queue_id", "paused", "labels", "version", "concurrency_limit_id", "concurrency_options",
)  # fmt: skip
READINESS = {"READY": "ready", "NOT_READY": "not-ready", "PAUSED": "paused"}


def pool_changed(
    workspace: UUID, pool: WorkPool, what: str, *, now: datetime, payload: dict[str, Any] | None = None
) -> None:
    resource = pool_resource(pool)
    if what in ("created", "deleted", "updated"):
        resource["prefect.resource.role"] = "work-pool"
    related = default_queue(workspace, pool) if what in ("created", "deleted") else []
    told = Emitted(
        event=f"prefect.work-pool.{what}", resource=resource, related=related, occurred=now, payload=payload or {}
    )
    insert(workspace, [told], now=now)


def default_queue(workspace: UUID, pool: WorkPool) -> list[dict[str, str]]:
    queue = WorkQueue.objects.of(workspace).filter(id=pool.default_queue_id).first()
    return (
        []
        if queue is None
        else [{**part("work-queue", queue.id, queue.name), "prefect.resource.role": "default-queue"}]
    )


def pool_resource(pool: WorkPool) -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.work-pool.{pool.id}",
        "prefect.resource.name": pool.name,
        "prefect.work-pool.type": pool.type,
    }


def queue_changed(
    workspace: UUID,
    pool: WorkPool,
    queue: WorkQueue,
    what: str,
    *,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> None:
    resource = {
        "prefect.resource.id": f"prefect.work-queue.{queue.id}",
        "prefect.resource.name": queue.name,
        "prefect.resource.role": "work-queue",
    }
    related = [{**pool_resource(pool), "prefect.resource.role": "work-pool"}]
    insert(
        workspace,
        [
            Emitted(
                event=f"prefect.work-queue.{what}",
                resource=resource,
                related=related,
                occurred=now,
                payload=payload or {},
            )
        ],
        now=now,
    )


def queues_changed(workspace: UUID, ids: list[UUID], what: str, *, now: datetime) -> None:
    """The same for many queues, which are looked up."""
    queues = WorkQueue.objects.of(workspace).filter(id__in=ids)
    pools = {
        pool.id: pool for pool in WorkPool.objects.of(workspace).filter(id__in={queue.work_pool_id for queue in queues})
    }
    for queue in queues:
        queue_changed(workspace, pools[queue.work_pool_id], queue, what, now=now)


def deployment_changed(
    workspace: UUID, deployment_id: UUID, what: str, *, now: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Say what happened to a deployment that is still there."""
    plan = queries.read_plan(workspace=workspace, deployment=deployment_id)
    if plan is None:
        return
    resource = {"prefect.resource.id": f"prefect.deployment.{plan.id}", "prefect.resource.name": plan.name}
    related = [part("flow", plan.flow_id, plan.flow_name)]
    if plan.work_queue_id is not None and plan.pool_id is not None:
        related.append(part("work-queue", plan.work_queue_id, plan.queue_name))
        related.append(
            {**part("work-pool", plan.pool_id, plan.pool_name), "prefect.work-pool.type": plan.pool_type or ""}
        )
    related += attached(workspace, deployment_id)
    event = Emitted(
        event=f"prefect.deployment.{what}", resource=resource, related=related, occurred=now, payload=payload or {}
    )
    insert(workspace, [event], now=now)


def attached(workspace: UUID, deployment_id: UUID) -> list[dict[str, str]]:
    """The blocks that it stores and runs with, and its limit, as far as it has them."""
    names = ("storage_document_id", "infrastructure_document_id", "concurrency_limit_id")
    row = Deployment.objects.of(workspace).filter(id=deployment_id).values_list(*names).first()
    kinds = (("block-document", "storage"), ("block-document", "infrastructure"), ("concurrency-limit",) * 2)
    return [
        {"prefect.resource.id": f"prefect.{kind}.{id}", "prefect.resource.role": role}
        for (kind, role), id in zip(kinds, row or (), strict=False)
        if id is not None
    ]


def part(kind: str, id: UUID, name: str | None) -> dict[str, str]:
    return {
        "prefect.resource.id": f"prefect.{kind}.{id}",
        "prefect.resource.name": name or "",
        "prefect.resource.role": kind,
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload of an update, None if nothing that is tracked has changed."""
    changed = [name for name in after if before.get(name) != after[name]]
    if not changed:
        return None
    updates = {name: {"from": before.get(name), "to": after[name]} for name in changed}
    plain: dict[str, Any] = msgspec.to_builtins({"updated_fields": changed, "updates": updates})
    return plain


def tracked(deployment: Deployment) -> dict[str, Any]:
    fields = {name: getattr(deployment, name) for name in TRACKED}
    return {**fields, "infra_overrides": deployment.job_variables}
