"""What was stored is counted once, by class and deployment."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec import json

from controlplane.sql.transactions import workspace_transaction
from runs.services import artifacts, flow_runs, flows, logs
from runs.services.flow_runs import NewFlowRun
from runs.wire.artifacts import ArtifactCreate
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate
from workspaces.models import MeterPosition
from workspaces.services import metering


@pytest.fixture
def now(quiet) -> datetime:
    MeterPosition.objects.all().delete()
    return datetime.now(UTC)


def store(tenant, now, deployment=None) -> None:
    with workspace_transaction(tenant.workspace_id):
        flow, _ = flows.create_flow(tenant.workspace_id, FlowCreate(name="f"))
        new = NewFlowRun(
            flow_id=flow.id, parameters={"x": "12345"}, deployment_id=deployment,
            state=StateCreate(type="COMPLETED", data={"type": "literal", "value": 1}),
        )  # fmt: skip
        run, _ = flow_runs.create_flow_run(tenant.workspace_id, new, now=now)
        line = {"name": "n", "level": 20, "message": "0123456789", "timestamp": now, "flow_run_id": run.id}
        logs.store_logs(tenant.workspace_id, json.encode([line, {**line, "message": "ß"}]), now=now)
        artifacts.create_artifact(tenant.workspace_id, ArtifactCreate(data="four", flow_run_id=run.id), now=now)


def report(tenant, now) -> dict:
    with workspace_transaction(tenant.workspace_id):
        found = metering.read_stored(tenant.workspace_id, now=now).stored
    return {(one.kind, one.deployment_id): (one.items, one.bytes) for one in found if one.kind != "events"}


def count(until: datetime) -> None:
    while metering.count_stored(until):
        pass


def test_each_row_is_counted_once_under_its_class_and_deployment(alice, now):
    deployment = uuid4()
    store(alice, now)
    store(alice, now, deployment)
    count(now)
    assert report(alice, now) == {}  # not before every transaction of that time has ended
    later = now + timedelta(minutes=3)
    for _ in range(3):
        count(later)
    # A result lies in its state and, as on the real server, in an artifact of its own: it is stored twice.
    expected = {"artifacts": (2, 6 + 31), "logs": (2, 12), "parameters": (1, 14), "results": (1, 31)}
    assert report(alice, now) == {
        (kind, place): figures for place in (None, deployment) for kind, figures in expected.items()
    }
    store(alice, now + timedelta(minutes=4), deployment)
    count(now + timedelta(minutes=8))
    assert report(alice, now)["logs", deployment] == (4, 24)
    assert report(alice, now)["logs", None] == (2, 12)


def test_another_workspace_sees_nothing_of_it(alice, now):
    from tests.world import make_tenant

    store(alice, now)
    count(now + timedelta(minutes=3))
    assert report(make_tenant(alice.url, "bob"), now) == {}
