"""What a submission is made of: the run's rendered job, the block it signs in with, and how the task finds us."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Raw, json

from blocks.services.block_documents import open_block_document, open_block_document_by_name
from blocks.services.sealed_parts import open_parts
from blocks.services.variables import read_variable_by_name
from controlplane.errors import NotFound
from controlplane.schema_forms.secret_places import below, put_back
from deployments import queries_push as queries
from deployments.rules.ecs import BadJob, Job
from deployments.rules.job_rendering import BLOCK, MISSING, VARIABLE, render, resolve
from deployments.rules.job_templates import defaults_of
from deployments.services.push.keys import key_of_pool
from deployments.services.secrecy import open_raw_template
from workspaces.services.connecting import describe_connection_of


class Plan(msgspec.Struct, frozen=True):
    """All that is needed to start one task, without the database."""

    job: Job
    aws: dict[str, Any]
    credentials: Any
    """The reference to the block, as it is kept."""
    environment: dict[str, str]
    tags: dict[str, str]
    pool_name: str


def plan_submission(workspace: UUID, claimed: queries.Claimed, facts: queries.PushJob, *, now: datetime) -> Plan:
    """Raises BadJob if the pool's template and the run's variables make no job."""
    if facts.base_job_template is None or facts.pool_name is None or claimed.work_pool_id is None:
        raise BadJob("The work pool was deleted.")
    rendered = rendered_job(workspace, claimed, facts)
    credentials = rendered.pop("aws_credentials", None)
    job = as_job(resolved(workspace, rendered))
    environment = connection(workspace)
    if not job.prefect_api_key_secret_arn:
        environment["PREFECT_API_KEY"] = key_of_pool(workspace, claimed.work_pool_id, facts.pool_name, now=now)
    environment["PREFECT__FLOW_RUN_ID"] = str(claimed.flow_run_id)
    return Plan(
        job=job, aws=open_credentials(workspace, credentials), credentials=credentials, environment=environment,
        tags=tags_of(workspace, claimed, facts) | job.labels, pool_name=facts.pool_name,
    )  # fmt: skip


def rendered_job(workspace: UUID, claimed: queries.Claimed, facts: queries.PushJob) -> dict[str, Any]:
    """With the secrets of the pool, the deployment and the run: AWS is told what a worker would be."""

    def variables(table: str, id: UUID | None, raw: Raw | None, secrets: bytes | None) -> dict[str, Any]:
        parts = [] if id is None else open_parts(workspace, table, id, secrets)
        made: dict[str, Any] = put_back(decoded(raw), below(parts, "job_variables"))
        return made

    assert claimed.work_pool_id is not None
    template = open_raw_template(workspace, claimed.work_pool_id, facts.base_job_template or {}, facts.pool_secrets)
    values = {
        **defaults_of(template),
        **variables("deployment", facts.deployment_id, facts.deployment_variables, facts.deployment_secrets),
        **variables("flow_run", claimed.flow_run_id, facts.job_variables, facts.secrets),
    }
    rendered = render(template.get("job_configuration") or {}, values)
    if not isinstance(rendered, dict):
        raise BadJob("The pool's base job template has no job configuration.")
    return rendered


def decoded(value: Raw | None) -> dict[str, Any]:
    found = None if value is None else json.decode(value)
    return found if isinstance(found, dict) else {}


def resolved(workspace: UUID, rendered: Any) -> Any:
    """With the blocks and variables that it refers to."""

    def look_up(name: str) -> Any:
        try:
            if name.startswith(VARIABLE):
                value = read_variable_by_name(workspace, name.removeprefix(VARIABLE)).value
                return json.decode(value) if isinstance(value, Raw) else value
            slug, document, *path = name.removeprefix(BLOCK).split(".")
            found: Any = open_block_document_by_name(workspace, slug, document).data
        except (NotFound, ValueError):
            raise BadJob(f"There is no {name} in this workspace.") from None
        for key in path:
            found = found.get(key, MISSING) if isinstance(found, dict) else MISSING
        return found["value"] if not path and isinstance(found, dict) and set(found) == {"value"} else found

    def document(id: str) -> Any:
        try:
            return open_block_document(workspace, UUID(id)).data
        except (NotFound, ValueError):
            raise BadJob(f"There is no block document {id} in this workspace.") from None

    return resolve(rendered, look_up, document)


def open_credentials(workspace: UUID, reference: Any) -> dict[str, Any]:
    """The data of the block that the reference names. Credentials that are written out are refused."""
    is_reference = isinstance(reference, str) or (isinstance(reference, dict) and set(reference) == {"$ref"})
    if not is_reference:
        raise BadJob("Choose an AWS credentials block for the pool: `aws_credentials` has to refer to one.")
    found = resolved(workspace, reference)
    if not isinstance(found, dict):
        raise BadJob("What `aws_credentials` refers to is no AWS credentials block.")
    return found


def as_job(rendered: Any) -> Job:
    try:
        return msgspec.convert(rendered, Job, strict=False)
    except msgspec.ValidationError as error:
        raise BadJob(f"The job configuration does not fit ECS: {error}") from None


def connection(workspace: UUID) -> dict[str, str]:
    found = describe_connection_of(workspace)
    return {"PREFECT_API_URL": found.api_url, "PREFECT_CLOUD_API_URL": found.cloud_api_url}


def tags_of(workspace: UUID, claimed: queries.Claimed, facts: queries.PushJob) -> dict[str, str]:
    tags = {
        "prefect.io/flow-run-id": str(claimed.flow_run_id), "prefect.io/flow-run-name": facts.run_name,
        "prefect.io/flow-name": facts.flow_name, "prefect.io/work-pool-name": facts.pool_name or "",
    }  # fmt: skip
    if facts.deployment_id is not None:
        tags |= {
            "prefect.io/deployment-id": str(facts.deployment_id),
            "prefect.io/deployment-name": facts.deployment_name or "",
        }
    return tags
