"""Deployments: what should run, made and changed as a whole by a redeploy or in parts by a PATCH."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from msgspec import json, to_builtins

from controlplane.errors import INTEGRITY_CONFLICT, Conflict, Invalid, NotFound
from controlplane.filters import Counting, Listing, Paging, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_places import Part
from controlplane.wire.structs import Page, make_page, present
from deployments import queries
from deployments.models import Deployment as Row
from deployments.models import WorkPool
from deployments.rules.pausing import paused_since
from deployments.services import checks, happenings, noting, schedules, secrecy, versions
from deployments.services.work_pools import AGENT_POOL, ensure_agent_pool, find_work_pool
from deployments.services.work_queues import ensure_queue
from deployments.wire.deployments import Deployment, DeploymentCreate, DeploymentUpdate
from deployments.wire.makers import Maker
from deployments.wire.schedules import DeploymentScheduleCreate, DeploymentScheduleUpdate
from runs.services.deployment_limits import check_limit_exists, set_deployment_limit
from runs.services.scheduled import remove_scheduled
from runs.wire.bulk import Bulk, Deleted
from workspaces.services import data_boundary

# Written as they come.
PLAIN = (
    "version", "description", "path", "entrypoint", "pull_steps", "parameter_openapi_schema", "storage_document_id",
    "infrastructure_document_id", "version_info",
)  # fmt: skip


def upsert_deployment(
    workspace: UUID, body: DeploymentCreate, *, now: datetime, maker: Maker | None = None
) -> tuple[Deployment, bool]:
    """The deployment of that flow and name, and whether it is new. What is not sent stays, but for parameters."""
    pool = named_pool(workspace, body.work_pool_name, now=now)
    secrecy.keep_masked_of(workspace, body)
    variables = job_variables(body)
    if pool is not None:
        template = secrecy.open_template(workspace, pool)
        checks.check_variables(template, variables or {}, {}, ignore_required=True, prefix="Error creating deployment")
    check_own_parameters(body)
    data_boundary.check_parameters_kept(workspace, body.parameters)
    if isinstance(body.global_concurrency_limit_id, UUID):
        check_limit_exists(workspace, body.global_concurrency_limit_id)
    named_blocks = (("infrastructure", body.infrastructure_document_id), ("storage", body.storage_document_id))
    checks.check_blocks(workspace, named_blocks)
    labels = queries.read_flow_labels(workspace=workspace, flow=body.flow_id)
    if labels is None:
        raise Conflict(INTEGRITY_CONFLICT)
    row, created = get_or_make(workspace, body.flow_id, body.name, now)
    before, planned = happenings.tracked(row), noting.plan_of(workspace, row.id)
    stored = secrecy.open_deployment(workspace, row)
    set_plain(row, body)
    row.parameters = body.parameters or {}
    row.paused = bool(body.paused) or body.is_schedule_active is False
    row.labels = {**json.decode(labels), "prefect.flow.id": str(body.flow_id), **(body.labels or {})}
    if body.tags is not None:
        row.tags = list(dict.fromkeys(body.tags))
    if variables is not None:
        row.job_variables = variables
    if isinstance(body.enforce_parameter_schema, bool):
        row.enforce_parameter_schema = body.enforce_parameter_schema
    place(workspace, row, pool, body.work_queue_name, now=now)
    sign(row, maker, created=created)
    finish(workspace, row, body, now, stored)
    given: Sequence[DeploymentScheduleCreate] = body.schedules or ()
    if body.schedule is not None and not given:
        given = [DeploymentScheduleCreate(schedule=body.schedule)]
    schedules.replace_all(workspace, row.id, given, now=now)
    tell(workspace, row, before, created, now)
    has_other_secrets = secrecy.parts_of(workspace, row) != stored
    noting.note_deployment(workspace, row, before, planned, created=created, has_other_secrets=has_other_secrets)
    return read_deployment(workspace, row.id, now=now), created


def sign(row: Row, maker: Maker | None, *, created: bool) -> None:
    """Who made it, and who changed it last."""
    by = None if maker is None else to_builtins(maker)
    if created:
        row.created_by = by
    row.updated_by = by


def check_own_parameters(body: DeploymentCreate) -> None:
    """A deployment that says it enforces its schema must fit it itself; what is required may come with the run."""
    checks.check_size(body.parameters or {})
    if body.enforce_parameter_schema is True and body.parameters and isinstance(body.parameter_openapi_schema, dict):
        checks.check_parameters(
            body.parameters, body.parameter_openapi_schema, ignore_required=True, prefix="Error creating deployment",
            error=Invalid,
        )  # fmt: skip


def get_or_make(workspace: UUID, flow_id: UUID, name: str, now: datetime) -> tuple[Row, bool]:
    """The row, locked; a new one is written at once, so that two redeploys at the same time find each other."""
    found = Row.objects.of(workspace).select_for_update(no_key=True).filter(flow_id=flow_id, name=name)
    if (row := found.first()) is not None:
        return row, False
    row = Row(id=uuid7(), workspace_id=workspace, created=now, updated=now, flow_id=flow_id, name=name)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return found.get(), False
    return row, True


def named_pool(workspace: UUID, name: Any, *, now: datetime) -> WorkPool | None:
    if not isinstance(name, str):
        return None
    return ensure_agent_pool(workspace, now=now) if name == AGENT_POOL else find_work_pool(workspace, name)


def job_variables(body: DeploymentCreate | DeploymentUpdate) -> dict[str, Any] | None:
    """What 2.x clients call `infra_overrides`; None keeps what is stored."""
    if isinstance(body.job_variables, dict):
        return body.job_variables
    return body.infra_overrides if isinstance(body.infra_overrides, dict) else None


def set_plain(row: Row, body: DeploymentCreate | DeploymentUpdate) -> None:
    sent = present(body)
    for name in PLAIN:
        if name in sent:
            setattr(row, name, sent[name])
    if "concurrency_options" in sent:
        row.concurrency_options = to_builtins(sent["concurrency_options"])


def place(workspace: UUID, row: Row, pool: WorkPool | None, queue_name: Any, *, now: datetime) -> None:
    """Which queue its runs wait in: named ones are made if missing; a name without a pool means the agents' pool."""
    if isinstance(queue_name, str):
        queue = ensure_queue(workspace, pool or ensure_agent_pool(workspace, now=now), queue_name, now=now)
        row.work_queue_id, row.work_queue_name = queue.id, queue.name
    elif pool is not None:
        row.work_queue_id, row.work_queue_name = pool.default_queue_id, "default"


def finish(
    workspace: UUID, row: Row, body: DeploymentCreate | DeploymentUpdate, now: datetime, stored: Sequence[Part]
) -> None:
    """Limit, tags and row are written, its secrets hidden (`stored` are those that it had), and the runs that lie ahead
    are taken away: they would have the old values.
    """
    sent = present(body)
    if "concurrency_limit" in sent:
        limit = body.concurrency_limit
        row.concurrency_limit_id = set_deployment_limit(
            workspace, row.id, limit if isinstance(limit, int) else None, now=now
        )
    if isinstance(body.global_concurrency_limit_id, UUID):
        check_limit_exists(workspace, body.global_concurrency_limit_id)
        row.concurrency_limit_id = body.global_concurrency_limit_id
    row.paused_since = paused_since(row.paused, row.paused_since, now)
    if isinstance(body.branch, str):
        row.branch = body.branch
    if isinstance(body.disabled, bool):
        row.disabled = body.disabled
    secrecy.hide_deployment(workspace, row, stored)
    if isinstance(body.version_info, dict):
        versions.record_version(workspace, row, now=now)
    row.updated = now
    row.save()
    queries.retag_deployment(workspace=workspace, deployment=row.id, tags=row.tags)
    remove_scheduled(workspace, row.id, future_after=now)


def tell(workspace: UUID, row: Row, before: dict[str, Any], created: bool, now: datetime) -> None:
    if created:
        happenings.deployment_changed(workspace, row.id, "created", now=now)
        return
    payload = happenings.changes(before, happenings.tracked(row))
    if payload is not None:
        happenings.deployment_changed(workspace, row.id, "updated", now=now, payload=payload)


def update_deployment(
    workspace: UUID, deployment_id: UUID, body: DeploymentUpdate, *, now: datetime, maker: Maker | None = None
) -> None:
    """Write the fields that were sent. Parameters are stored without templates."""
    row = Row.objects.of(workspace).select_for_update(no_key=True).filter(id=deployment_id).first()
    if row is None:
        raise NotFound("Deployment not found.")
    before, planned, sent = happenings.tracked(row), noting.plan_of(workspace, row.id), present(body)
    stored = secrecy.open_deployment(workspace, row)
    secrecy.keep_masked(body, stored)
    set_plain(row, body)
    if isinstance(body.paused, bool):
        row.paused = body.paused
    elif isinstance(body.is_schedule_active, bool):
        row.paused = not body.is_schedule_active
    if isinstance(body.enforce_parameter_schema, bool):
        row.enforce_parameter_schema = body.enforce_parameter_schema
    if isinstance(body.tags, list):
        row.tags = list(dict.fromkeys(body.tags))
    if isinstance(body.labels, dict):
        row.labels = {**row.labels, **body.labels}
    if isinstance(body.parameters, dict):
        row.parameters = new_parameters(workspace, row, body.parameters)
    variables = job_variables(body)
    pool = named_pool(workspace, body.work_pool_name, now=now)
    if pool is not None:
        checks.check_variables(
            secrecy.open_template(workspace, pool), row.job_variables if variables is None else variables, {},
            ignore_required=True, prefix="Error creating deployment", error=Conflict,
        )  # fmt: skip
    if variables is not None:
        row.job_variables = variables
    if "work_pool_name" in sent and body.work_pool_name is None:
        row.work_queue_id = None
    elif pool is not None or isinstance(body.work_queue_name, str):
        place(workspace, row, pool or pool_of(workspace, row), body.work_queue_name, now=now)
    sign(row, maker, created=False)
    finish(workspace, row, body, now, stored)
    given = patched_schedules(body)
    if given is not None:
        schedules.merge(workspace, row.id, given, now=now)
    if "parameter_openapi_schema" in sent:
        secrecy.hide_stored_schedules(workspace, row.id)
    tell(workspace, row, before, False, now)
    has_other_secrets = secrecy.parts_of(workspace, row) != stored
    noting.note_deployment(workspace, row, before, planned, created=False, has_other_secrets=has_other_secrets)


def new_parameters(workspace: UUID, row: Row, sent: dict[str, Any]) -> dict[str, Any]:
    parameters = checks.hydrate_parameters(workspace, sent, "deployment")
    checks.check_size(parameters)
    data_boundary.check_parameters_kept(workspace, parameters)
    if row.enforce_parameter_schema:
        schema = {} if row.parameter_openapi_schema is None else row.parameter_openapi_schema
        checks.check_parameters(parameters, schema, ignore_required=True, prefix="Error updating deployment")
    return parameters


def pool_of(workspace: UUID, row: Row) -> WorkPool | None:
    """The pool of the queue that a deployment has now."""
    plan = queries.read_plan(workspace=workspace, deployment=row.id)
    if plan is None or plan.pool_name is None:
        return None
    return find_work_pool(workspace, plan.pool_name)


def patched_schedules(body: DeploymentUpdate) -> Sequence[DeploymentScheduleUpdate] | None:
    """The schedules that a PATCH sends, or the single one of 2.x clients; None leaves them alone."""
    if isinstance(body.schedules, list):
        return body.schedules
    return [DeploymentScheduleUpdate(schedule=body.schedule)] if isinstance(body.schedule, dict) else None


def pause_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime) -> None:
    set_paused(workspace, deployment_id, True, now=now)
    remove_scheduled(workspace, deployment_id)


def resume_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime) -> None:
    """The scheduler's next quick pass makes its runs."""
    set_paused(workspace, deployment_id, False, now=now)


def set_paused(workspace: UUID, deployment_id: UUID, paused: bool, *, now: datetime) -> None:
    row = Row.objects.of(workspace).select_for_update(no_key=True).filter(id=deployment_id).first()
    if row is None:
        raise NotFound("Deployment not found")
    before = happenings.tracked(row)
    if row.paused != paused:
        noting.note(workspace, "deployment", "paused" if paused else "resumed", row)
    row.paused, row.paused_since, row.updated = paused, paused_since(paused, row.paused_since, now), now
    row.save(update_fields=["paused", "paused_since", "updated"])
    tell(workspace, row, before, False, now)


def delete_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime) -> None:
    """Its runs that have not begun go with it, and so does its own limit; other runs keep existing."""
    row = Row.objects.of(workspace).select_for_update().filter(id=deployment_id).first()
    if row is None:
        raise NotFound("Deployment not found")
    happenings.deployment_changed(workspace, deployment_id, "deleted", now=now)
    noting.note(workspace, "deployment", "deleted", row)
    remove_scheduled(workspace, deployment_id, auto_only=False)
    Row.objects.of(workspace).filter(id=deployment_id).delete()
    set_deployment_limit(workspace, deployment_id, None, now=now)


def delete_deployments(workspace: UUID, body: Bulk, *, now: datetime) -> Deleted:
    """Those that a filter finds, as many as the body allows."""
    where = compile_filter("deployments", body)
    rows = queries.select_deployments(
        extra={"where": where.text}, workspace=workspace, limit=body.limit, **where.params
    )
    for row in rows:
        delete_deployment(workspace, row.id, now=now)
    return Deleted(deleted=[row.id for row in rows])


# --- reading ---------------------------------------------------------------------------------------------------------


def read_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime) -> Deployment:
    extra = {"where": "deployment.workspace_id = %(workspace)s::uuid", "order": "deployment.id"}
    found = queries.read_deployments(
        extra=extra, workspace=workspace, deployment=deployment_id, now=now, limit=1, offset=0
    )
    if not found:
        raise NotFound("Deployment not found")
    return found[0]


def read_by_name(workspace: UUID, flow: str, name: str, *, now: datetime) -> Deployment:
    found: UUID | None = queries.find_deployment(workspace=workspace, flow=flow, name=name)
    if found is None:
        raise NotFound("Deployment not found")
    return read_deployment(workspace, found, now=now)


def list_deployments(workspace: UUID, body: Listing | Paging, *, now: datetime) -> list[Deployment]:
    limits, where = page_limits(body), compile_filter("deployments", body)
    extra = {"where": where.text, "order": order_by("deployments", getattr(body, "sort", None))}
    return queries.read_deployments(
        extra=extra,
        workspace=workspace,
        deployment=None,
        now=now,
        limit=limits.limit,
        offset=limits.offset,
        **where.params,
    )


def count_deployments(workspace: UUID, body: Counting | Paging) -> int:
    where = compile_filter("deployments", body)
    return int(queries.count_deployments(extra={"where": where.text}, workspace=workspace, **where.params))


def paginate_deployments(workspace: UUID, body: Paging, *, now: datetime) -> Page:
    results = list_deployments(workspace, body, now=now)
    limit = page_limits(body).limit
    return make_page(results, count=count_deployments(workspace, body), limit=limit, page=body.page or 1)
