"""Secrets in the parameters and job variables of runs: stored and shown as masks, put back for who may see them."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from msgspec import UNSET, Raw, json

from blocks.services.disclosures import note_disclosure
from blocks.services.sealed_parts import hide, open_parts, seal_parts
from controlplane.errors import NotFound
from controlplane.schema_forms.secret_places import Part, below, holds_mask, keep, may_mark, put_back
from runs import queries
from runs.wire.flow_runs import FlowRunCreate, FlowRunUpdate
from workspaces.permissions import Permission

TABLE = "flow_run"


def reveal(workspace: UUID, runs: Iterable[Any], grants: Collection[str], *, noted: bool = False) -> None:
    """Put the secrets into runs in wire shape, for a caller who may see them; `noted` in the audit trail.

    Without a mask in sight it asks nothing of the database.
    """
    if Permission.SEE_SECRET_BLOCKS not in grants:
        return
    masked = {run.id: run for run in runs if is_masked(run.parameters) or is_masked(run.job_variables)}
    if not masked:
        return
    for row in queries.read_flow_run_secrets(workspace=workspace, runs=list(masked)):
        run = masked[row.id]
        shown = {"parameters": run.parameters, "job_variables": run.job_variables}
        whole = put_back(shown, open_parts(workspace, TABLE, row.id, row.secrets))
        run.parameters, run.job_variables = whole["parameters"], whole["job_variables"]
        if noted:
            note_disclosure(workspace, kind="flow-run", id=row.id, name=run.name)


def is_masked(value: Any) -> bool:
    return bool(value) and holds_mask(bytes(value) if isinstance(value, Raw) else json.encode(value))


def hide_new(workspace: UUID, body: FlowRunCreate, queue_id: UUID | None) -> list[Part]:
    """Put masks into a run that a client makes by itself, and return what they hide."""
    asked = (body.deployment_id is not None and body.parameters) or (queue_id is not None and body.job_variables)
    if not asked:
        return []
    marks = queries.read_marks_of_new_run(workspace=workspace, deployment=body.deployment_id, queue=queue_id)
    fields, parts = hide({"parameters": body.parameters, "job_variables": body.job_variables}, schemas_of(marks))
    body.parameters, body.job_variables = fields["parameters"], fields["job_variables"]
    return parts


def hide_changes(workspace: UUID, flow_run_id: UUID, body: FlowRunUpdate) -> bytes | None:
    """The same for a PATCH: a mask that comes back keeps the secret, and what is not sent keeps its own."""
    sent = {name: getattr(body, name) for name in ("parameters", "job_variables")}
    sent = {name: value for name, value in sent.items() if value is not UNSET}
    if not sent:
        return None
    marks = queries.lock_secrets_of_run(workspace=workspace, run=flow_run_id)
    if marks is None:
        raise NotFound("Flow run not found")
    stored = open_parts(workspace, TABLE, flow_run_id, marks.secrets)
    sent = {name: keep(value, below(stored, name)) for name, value in sent.items()}
    fields, parts = hide(sent, schemas_of(marks), stored)
    for name, value in fields.items():
        setattr(body, name, value)
    others = [part for part in stored if part[0][0] not in sent]
    return seal_parts(workspace, TABLE, flow_run_id, [*others, *parts])


def schemas_of(marks: queries.Marks | None) -> dict[str, Any]:
    if marks is None:
        return {}
    found = {"parameters": marks.parameters, "job_variables": marks.job_variables}
    return {name: schema for name, raw in found.items() if (schema := schema_in(raw)) is not None}


def schema_in(raw: Raw | None) -> Any:
    """A schema that marks something, decoded; None for the others, which are not read at all."""
    return json.decode(raw) if raw is not None and may_mark(bytes(raw)) else None
