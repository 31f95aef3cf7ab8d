"""What is secret in deployments, their schedules and work pools: masks in the columns, the secrets sealed beside them.

A row is opened in memory to be changed and checked in the clear, and hidden again before it is written.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from blocks.services.disclosures import note_disclosure
from blocks.services.sealed_parts import Sealer, hide, open_parts, seal_parts
from controlplane.schema_forms.secret_places import (
    Part,
    below,
    find_secret_defaults,
    keep,
    outermost,
    put_back,
    take_out,
    unchanged,
    within,
)
from controlplane.wire.structs import UNSET
from deployments import queries
from deployments.models import Deployment, DeploymentSchedule, DeploymentVersion, WorkPool
from deployments.rules.job_templates import variables_of
from deployments.wire.deployments import Deployment as Shown
from deployments.wire.deployments import DeploymentCreate, DeploymentUpdate
from deployments.wire.work_pools import WorkPool as ShownPool
from runs.services.secrecy import is_masked
from workspaces.permissions import Permission

FIELDS = ("parameters", "job_variables", "parameter_openapi_schema")
SCHEMA = "parameter_openapi_schema"
TEMPLATE = "base_job_template"

Row = Deployment | DeploymentSchedule | DeploymentVersion | WorkPool


def parts_of(workspace: UUID, row: Row) -> list[Part]:
    return open_parts(workspace, row._meta.db_table, row.id, row.secrets)


def copy_secrets(workspace: UUID, source: Row, target: Row) -> None:
    """A copy of a row has the masks of the other; its secrets are sealed for itself."""
    target.secrets = seal_parts(workspace, target._meta.db_table, target.id, parts_of(workspace, source))


# --- deployments -----------------------------------------------------------------------------------------------------


def open_deployment(workspace: UUID, row: Deployment) -> list[Part]:
    """Put the secrets in their places, in memory only. What they are is needed to hide them again."""
    parts = parts_of(workspace, row)
    if parts:
        for name, value in put_back({name: getattr(row, name) for name in FIELDS}, parts).items():
            setattr(row, name, value)
    return parts


def hide_deployment(workspace: UUID, row: Deployment, stored: Sequence[Part]) -> None:
    """Take out what the schemas of the deployment and of its pool mark, and what was secret before and is the same."""
    schema = row.parameter_openapi_schema
    values = {"parameters": row.parameters, "job_variables": row.job_variables}
    fields, parts = hide(values, {"parameters": schema, "job_variables": variables_for(workspace, row)}, stored)
    places = outermost([*find_secret_defaults(schema), *unchanged(schema, below(stored, SCHEMA))])
    row.parameter_openapi_schema, defaults = take_out(schema, places)
    row.parameters, row.job_variables = fields["parameters"], fields["job_variables"]
    row.secrets = seal_parts(workspace, "deployment", row.id, [*parts, *within(defaults, SCHEMA)])


def variables_for(workspace: UUID, row: Deployment) -> dict[str, Any]:
    """The schema of the job variables of the pool that the deployment runs in."""
    if not row.job_variables or row.work_queue_id is None:
        return {}
    found = queries.read_variables_schema(workspace=workspace, queue=row.work_queue_id)
    return json.decode(found) if isinstance(found, Raw) else found or {}


def keep_masked(body: DeploymentCreate | DeploymentUpdate, stored: Sequence[Part]) -> None:
    """Where masks come back that stand for stored secrets, those are what is meant."""
    for name, field in (*((name, name) for name in FIELDS), ("infra_overrides", "job_variables")):
        value = getattr(body, name)
        if isinstance(value, dict):
            setattr(body, name, keep(value, below(stored, field)))


def keep_masked_of(workspace: UUID, body: DeploymentCreate) -> None:
    """The same for a redeploy, which finds its deployment by name."""
    sent = [getattr(body, name) for name in (*FIELDS, "infra_overrides")]
    if any(value is not UNSET and is_masked(value) for value in sent):
        row = Deployment.objects.of(workspace).filter(flow_id=body.flow_id, name=body.name).first()
        keep_masked(body, [] if row is None else parts_of(workspace, row))


def reveal_deployment(workspace: UUID, deployment: Shown, grants: Collection[str]) -> None:
    """Put the secrets in for a caller who may see them, and note that in the trail. Schedules show masks."""
    if Permission.SEE_SECRET_BLOCKS not in grants or not any(is_masked(getattr(deployment, name)) for name in FIELDS):
        return
    row = Deployment.objects.of(workspace).filter(id=deployment.id).only("id", "secrets").get()
    if row.secrets is None:
        return
    shown = {name: getattr(deployment, name) for name in FIELDS}
    for name, value in put_back(shown, parts_of(workspace, row)).items():
        setattr(deployment, name, value)
    note_disclosure(workspace, kind="deployment", id=deployment.id, name=deployment.name)


# --- schedules -------------------------------------------------------------------------------------------------------


def hide_schedules(
    workspace: UUID, deployment_id: UUID, rows: Sequence[DeploymentSchedule],
    stored: Mapping[UUID, Sequence[Part]] | None = None,
) -> None:  # fmt: skip
    """Before they are written. `stored` are the secrets that masks may stand for, by row."""
    schema = None
    if any(row.parameters for row in rows):
        found = Deployment.objects.of(workspace).filter(id=deployment_id)
        schema = found.values_list(SCHEMA, flat=True).first()
    sealer = Sealer(workspace)
    for row in rows:
        known = (stored or {}).get(row.id, ())
        given = keep(row.parameters, below(known, "parameters"))
        fields, parts = hide({"parameters": given}, {"parameters": schema}, known)
        row.parameters, row.secrets = fields["parameters"], sealer.seal("deployment_schedule", row.id, parts)


def hide_stored_schedules(workspace: UUID, deployment_id: UUID) -> None:
    """The deployment has another schema: what it marks is secret in the schedules too."""
    rows = list(DeploymentSchedule.objects.of(workspace).filter(deployment_id=deployment_id).exclude(parameters={}))
    stored = {row.id: parts_of(workspace, row) for row in rows}
    hide_schedules(workspace, deployment_id, rows, stored)
    DeploymentSchedule.objects.bulk_update(rows, ["parameters", "secrets"])


# --- work pools ------------------------------------------------------------------------------------------------------


def hide_template(template: dict[str, Any], stored: Sequence[Part] = ()) -> tuple[dict[str, Any], list[Part]]:
    """A base job template without the defaults of its secret variables."""
    marked = [("variables", *path) for path in find_secret_defaults(variables_of(template))]
    places = outermost([*marked, *unchanged(template, stored)])
    return take_out(template, places) if places else (template, [])


def open_template(workspace: UUID, pool: WorkPool) -> dict[str, Any]:
    return open_raw_template(workspace, pool.id, pool.base_job_template, pool.secrets)


def open_raw_template(workspace: UUID, pool_id: UUID, template: Any, secrets: bytes | None) -> dict[str, Any]:
    """A base job template with its secret defaults, whether it was decoded before or not."""
    decoded: dict[str, Any] = json.decode(template) if isinstance(template, Raw) else template
    parts = open_parts(workspace, "work_pool", pool_id, secrets)
    return put_back(decoded, parts) if parts else decoded


def reveal_pool(workspace: UUID, pool: ShownPool, grants: Collection[str]) -> None:
    """As for a deployment."""
    if Permission.SEE_SECRET_BLOCKS not in grants or not is_masked(pool.base_job_template):
        return
    row = WorkPool.objects.of(workspace).filter(id=pool.id).only("id", "secrets").get()
    if row.secrets is not None:
        pool.base_job_template = open_raw_template(workspace, pool.id, pool.base_job_template, row.secrets)
        note_disclosure(workspace, kind="work-pool", id=pool.id, name=pool.name)


def hide_deployments_of(workspace: UUID, pool_id: UUID) -> None:
    """The pool has another template: what it marks is secret in the deployments that run there."""
    for id in queries.find_deployments_of_pool(workspace=workspace, pool=pool_id):
        row = Deployment.objects.of(workspace).select_for_update(no_key=True).get(id=id.id)
        hide_deployment(workspace, row, open_deployment(workspace, row))
        row.save(update_fields=[*FIELDS, "secrets"])
