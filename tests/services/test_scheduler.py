"""The sweeps of deployments: schedules become runs, late runs become Late, what is gone is shown as gone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from controlplane.sql.transactions import workspace_transaction
from deployments.models import Deployment, Worker, WorkPool, WorkQueue
from deployments.services import deployments, foreman, lateness, launching, scheduler, work_pools, workers
from deployments.wire.deployments import DeploymentCreate, DeploymentFlowRunCreate
from deployments.wire.schedules import DeploymentScheduleCreate
from deployments.wire.work_pools import WorkPoolCreate
from deployments.wire.workers import Heartbeat
from runs.models import FlowRun, FlowRunState
from runs.services import flows
from runs.wire.flows import FlowCreate
from tests.world import make_tenant

NOW = datetime(2030, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture
def workspace(alice) -> UUID:
    return alice.workspace_id


def deploy(workspace: UUID, now: datetime = NOW, **fields) -> UUID:
    with workspace_transaction(workspace):
        flow, _ = flows.create_flow(workspace, FlowCreate(name="f"))
        body = DeploymentCreate(name="d", flow_id=flow.id, **fields)
        return deployments.upsert_deployment(workspace, body, now=now)[0].id


def on(cron: str, **fields) -> list[DeploymentScheduleCreate]:
    return [DeploymentScheduleCreate(schedule={"cron": cron}, **fields)]


def starts(workspace: UUID) -> list[str]:
    with workspace_transaction(workspace):
        runs = FlowRun.objects.of(workspace).order_by("expected_start_time")
        return [f"{run.expected_start_time:%m-%d %H:%M}" for run in runs]


def test_every_pass_makes_the_same_runs_once(workspace):
    deploy(workspace, schedules=on("0 0 * * *"))
    for moment in (5, 5, 6):
        scheduler.schedule_recent(NOW + timedelta(seconds=moment))
    scheduler.schedule_runs(NOW + timedelta(seconds=10))
    assert starts(workspace) == ["01-02 00:00", "01-03 00:00", "01-04 00:00"]


def test_the_quick_pass_leaves_old_deployments_to_the_main_pass(workspace):
    deploy(workspace, schedules=on("0 0 * * *"))
    scheduler.schedule_recent(NOW + timedelta(seconds=7))
    assert starts(workspace) == []
    scheduler.schedule_runs(NOW + timedelta(seconds=7))
    assert starts(workspace) == ["01-02 00:00", "01-03 00:00", "01-04 00:00"]


def test_as_time_passes_more_runs_are_made(workspace):
    deploy(workspace, schedules=on("0 0 * * *"))
    scheduler.schedule_runs(NOW)
    scheduler.schedule_runs(NOW + timedelta(hours=11))
    assert starts(workspace) == ["01-02 00:00", "01-03 00:00", "01-04 00:00"]
    scheduler.schedule_runs(NOW + timedelta(days=1))
    assert starts(workspace) == ["01-02 00:00", "01-03 00:00", "01-04 00:00", "01-05 00:00"]


def test_every_tenant_is_served(quiet):
    workspaces = [make_tenant("http://127.0.0.1:1", name).workspace_id for name in ("alice", "bob")]
    for workspace in workspaces:
        deploy(workspace, schedules=on("0 0 1 * *"))
    scheduler.schedule_runs(NOW)
    assert [starts(workspace) for workspace in workspaces] == [["02-01 00:00", "03-01 00:00", "04-01 00:00"]] * 2


@pytest.mark.parametrize(
    ("_case", "paused", "active"), [("a paused deployment", True, True), ("an inactive schedule", False, False)]
)
def test_nothing_is_scheduled_for(workspace, _case, paused, active):
    deploy(workspace, schedules=on("0 0 * * *", active=active), paused=paused)
    scheduler.schedule_recent(NOW)
    scheduler.schedule_runs(NOW)
    assert starts(workspace) == []


def test_a_run_that_nobody_started_becomes_late_once(workspace):
    deployment = deploy(workspace)
    with workspace_transaction(workspace):
        run, _ = launching.run_deployment(workspace, deployment, DeploymentFlowRunCreate(), now=NOW)

    def state() -> tuple[str | None, str | None]:
        with workspace_transaction(workspace):
            late = FlowRun.objects.of(workspace).get(id=run.id)
        assert late.next_scheduled_start_time == NOW
        return late.state_type, late.state_name

    lateness.mark_late_runs(NOW + timedelta(seconds=14))
    assert state() == ("SCHEDULED", "Scheduled")
    for seconds in (16, 20):
        lateness.mark_late_runs(NOW + timedelta(seconds=seconds))
        assert state() == ("SCHEDULED", "Late")
    with workspace_transaction(workspace):
        assert FlowRunState.objects.of(workspace).filter(flow_run_id=run.id).count() == 2


def test_what_is_silent_is_no_longer_ready(workspace):
    with workspace_transaction(workspace):
        work_pools.create_work_pool(workspace, WorkPoolCreate(name="p", type="process"), now=NOW)
        workers.record_heartbeat(workspace, "p", Heartbeat(name="w"), client_version="3.8.8", now=NOW)
        WorkQueue.objects.of(workspace).update(last_polled=NOW, status="READY")
    deployment = deploy(workspace, work_pool_name="p")

    def statuses() -> list[str | None]:
        with workspace_transaction(workspace):
            return [
                Worker.objects.of(workspace).get().status,
                WorkPool.objects.of(workspace).get().status,
                WorkQueue.objects.of(workspace).get().status,
                Deployment.objects.of(workspace).get(id=deployment).status,
            ]

    foreman.inspect(NOW + timedelta(seconds=30))
    assert statuses() == ["ONLINE", "READY", "READY", "READY"]
    foreman.inspect(NOW + timedelta(seconds=70))
    assert statuses() == ["ONLINE", "READY", "NOT_READY", "NOT_READY"]
    foreman.inspect(NOW + timedelta(seconds=91))
    assert statuses() == ["OFFLINE", "NOT_READY", "NOT_READY", "NOT_READY"]
