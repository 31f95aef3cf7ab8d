"""Secrets on their way into runs that no worker polls (by the scheduler, into a job of ours), and under a new key."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from blocks.services import key_rotation
from blocks.services.sealed_parts import open_parts
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, workspace_transaction
from deployments import queries_push
from deployments.models import WorkPool
from deployments.services import deployments, launching, scheduler, work_pools
from deployments.services.push import jobs
from deployments.wire.deployments import DeploymentCreate, DeploymentFlowRunCreate
from deployments.wire.schedules import DeploymentScheduleCreate
from deployments.wire.work_pools import WorkPoolCreate
from runs.services import flows
from runs.wire.flows import FlowCreate
from tests.world import Tenant

SECRET = {"type": "string", "format": "password"}
TEMPLATE = {
    "job_configuration": {"env": "{{ env }}", "key": "{{ key }}", "image": "{{ image }}"},
    "variables": {"properties": {
        "env": {"type": "object", "additionalProperties": SECRET}, "key": {**SECRET, "default": "k-pool"},
        "image": {"type": "string", "default": "i"},
    }},
}  # fmt: skip


def deploy(tenant: Tenant, name: str = "nightly", **fields: Any) -> UUID:
    now = datetime.now(UTC)
    with workspace_transaction(tenant.workspace_id):
        flow, _ = flows.create_flow(tenant.workspace_id, FlowCreate(name="train"))
        body = DeploymentCreate(
            name=name, flow_id=flow.id, parameters={"token": "t-1"},
            parameter_openapi_schema={"properties": {"token": SECRET}}, **fields,
        )  # fmt: skip
        return deployments.upsert_deployment(tenant.workspace_id, body, now=now)[0].id


def secrets_of(tenant: Tenant, table: str) -> dict[UUID, Any]:
    """By row, in the clear."""
    with workspace_transaction(tenant.workspace_id):
        rows = open_cursor().execute(f"SELECT id, secrets FROM {table} ORDER BY id").fetchall()
        return {id: [value for _, value in open_parts(tenant.workspace_id, table, id, sealed)] for id, sealed in rows}


@pytest.mark.parametrize(
    ("_case", "variables", "rendered"),
    [
        ("the pool's default and the deployment's", None, {"env": {"A": "e-1"}, "key": "k-pool", "image": "x"}),
        ("the run's own", {"key": "k-run"}, {"env": {"A": "e-1"}, "key": "k-run", "image": "x"}),
        ("a mask in the run", {"env": {"A": "********"}}, {"env": {"A": "e-1"}, "key": "k-pool", "image": "x"}),
    ],
)
def test_a_job_of_ours_is_made_with_the_secrets(alice, _case, variables, rendered):
    workspace, now = alice.workspace_id, datetime.now(UTC)
    with workspace_transaction(workspace):
        work_pools.create_work_pool(workspace, WorkPoolCreate(name="p", base_job_template=TEMPLATE), now=now)
    deployment = deploy(alice, work_pool_name="p", job_variables={"env": {"A": "e-1"}, "image": "x"})
    with workspace_transaction(workspace):
        body = DeploymentFlowRunCreate(job_variables=variables)
        made, _ = launching.run_deployment(workspace, deployment, body, now=now)
        pool = WorkPool.objects.of(workspace).get(name="p")
        claimed = queries_push.Claimed(
            workspace_id=workspace, id=uuid7(), flow_run_id=made.id, work_pool_id=pool.id, status="SUBMITTING",
            credentials=None, cluster=None, container=None, task_arn=None, attempts=1, start_by=None, stop_asked=None,
            reason="", lease_token=uuid7(),
        )  # fmt: skip
        facts = queries_push.read_push_job(workspace=workspace, run=made.id, pool=pool.id)
        assert facts is not None
        assert jobs.rendered_job(workspace, claimed, facts) == rendered
        stored = open_cursor().execute("SELECT base_job_template::text FROM work_pool").fetchone()
    assert "k-pool" not in str(stored)


def test_a_deployment_that_cannot_be_opened_holds_no_other_up(alice):
    every_hour = DeploymentScheduleCreate(schedule={"interval": 3600.0, "anchor_date": "2020-01-01T00:00:00Z"})
    broken, whole = (deploy(alice, name, schedules=[every_hour]) for name in ("broken", "whole"))
    with workspace_transaction(alice.workspace_id):
        open_cursor().execute("DELETE FROM flow_run")
        change = "UPDATE deployment SET secrets = overlay(secrets placing '\\x00' from 40) WHERE id = %s"
        open_cursor().execute(change, [broken])
    scheduler.schedule_recent(datetime.now(UTC))
    with workspace_transaction(alice.workspace_id):
        found = open_cursor().execute("SELECT DISTINCT deployment_id FROM flow_run").fetchall()
    assert found == [(whole,)]
    assert set(map(tuple, secrets_of(alice, "flow_run").values())) == {("t-1",)}


def test_a_new_key_seals_them_anew_and_what_is_deleted_takes_them_along(alice):
    workspace, now = alice.workspace_id, datetime.now(UTC)
    deployment = deploy(alice)
    with workspace_transaction(workspace):
        launching.run_deployment(workspace, deployment, DeploymentFlowRunCreate(), now=now)
        before = open_cursor().execute("SELECT secrets FROM flow_run").fetchall()
        rotation = key_rotation.start_rotation(workspace, "reseal")
    while key_rotation.advance(workspace, rotation.id):
        pass
    with workspace_transaction(workspace):
        after = open_cursor().execute("SELECT secrets FROM flow_run").fetchall()
    assert [row[0][1:17] for row in after] == [rotation.key_id.bytes]
    assert before != after
    for table in ("flow_run", "deployment"):
        assert list(secrets_of(alice, table).values()) == [["t-1"]]
    with workspace_transaction(workspace):
        deployments.delete_deployment(workspace, deployment, now=now)
    assert (secrets_of(alice, "flow_run"), secrets_of(alice, "deployment")) == ({}, {})
