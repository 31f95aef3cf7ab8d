"""Where a run that a client makes by itself belongs: pool and queue by name."""

from uuid import UUID

from controlplane.errors import NotFound
from runs import queries
from runs.services import secrecy
from runs.services.announcing import NOWHERE, Origin
from runs.services.flow_runs import NewFlowRun
from runs.wire.flow_runs import CreatedBy, FlowRunCreate


def place(workspace: UUID, body: FlowRunCreate, created_by: CreatedBy | None = None) -> NewFlowRun:
    """The run to make. NotFound if the named pool or queue does not exist.

    A queue name without a pool is only kept as a name.
    """
    queue_id, origin = find_queue(workspace, body.work_pool_name, body.work_queue_name)
    parts = secrecy.hide_new(workspace, body, queue_id)
    return NewFlowRun(
        flow_id=body.flow_id, name=body.name, state=body.state, parameters=body.parameters, context=body.context,
        empirical_policy=body.empirical_policy, tags=body.tags, labels=body.labels,
        idempotency_key=body.idempotency_key, deployment_id=body.deployment_id, work_queue_id=queue_id,
        work_queue_name=body.work_queue_name,
        flow_version=body.flow_version, infrastructure_document_id=body.infrastructure_document_id,
        parent_task_run_id=body.parent_task_run_id, job_variables=body.job_variables, origin=origin,
        created_by=created_by, parts=parts,
    )  # fmt: skip


def find_queue(workspace: UUID, pool_name: str | None, queue_name: str | None) -> tuple[UUID | None, Origin]:
    if pool_name is None:
        return None, NOWHERE
    pool = queries.find_work_pool(workspace=workspace, pool=pool_name, queue=queue_name)
    if pool is None:
        raise NotFound(f'Work pool "{pool_name}" not found.')
    if pool.queue_id is None:
        raise NotFound(f"Work pool queue '{pool_name}/{queue_name}' not found.")
    origin = Origin(
        work_queue_id=pool.queue_id, work_queue_name=pool.queue_name, work_pool_id=pool.pool_id,
        work_pool_name=pool_name, work_pool_type=pool.pool_type,
    )  # fmt: skip
    return pool.queue_id, origin
