"""Why is this run not running?"""

from datetime import datetime
from uuid import UUID

from controlplane.errors import NotFound
from deployments import queries
from deployments.rules.why import explain
from deployments.wire.why import Why
from runs.services import explaining


def explain_flow_run(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> Why:
    """The first reason that holds; a run that does not wait gets an answer too."""
    facts = queries.read_why_facts(workspace=workspace, id=flow_run_id, now=now)
    if facts is None:
        raise NotFound("Flow run not found")
    return explain(facts, now)


@explaining.register
def say_why(workspace: UUID, flow_run_id: UUID, now: datetime) -> tuple[str, str]:
    """For the page of the run."""
    why = explain_flow_run(workspace, flow_run_id, now=now)
    return why.code, why.sentence
