"""Metric triggers: told once when a number stays out of line, and once when it is back."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from automations.rules.watching import Index
from automations.services import measuring, records
from automations.services.sight import sight
from automations.wire.automations import Automation
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from runs.services import flow_runs, flows, transitions
from runs.services.flow_runs import NewFlowRun
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate
from tests.services.test_automation_evaluation import make
from tests.world import Tenant

NOW = datetime(2031, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(quiet) -> None:
    with system_transaction():
        for table in ("automation_action", "automation"):
            open_cursor().execute(f"DELETE FROM {table}")
    sight.index, sight.since = Index(), 0


def metric(name: str, operator: str, threshold: float, **fields: Any) -> dict[str, Any]:
    query = {"name": name, "operator": operator, "threshold": threshold, "range": 3600, "firing_for": 300}
    return {"type": "metric", "posture": "Metric", "metric": query, **fields}


def run_in(
    tenant: Tenant, state: str, *, begin: datetime, seconds: float = 0, tags: tuple[str, ...] = (), flow: str = "etl"
) -> UUID:
    workspace = tenant.workspace_id
    with workspace_transaction(workspace):
        made, _ = flows.create_flow(workspace, FlowCreate(name=flow))
        new = NewFlowRun(flow_id=made.id, state=StateCreate(type="RUNNING"), tags=list(tags))
        run, _ = flow_runs.create_flow_run(workspace, new, now=begin)
        if state != "RUNNING":
            end = begin + timedelta(seconds=seconds)
            reply = transitions.propose_state(workspace, run.id, StateCreate(type=state), now=end)
            assert reply.status == 201
    return made.id


def changes(automation: Automation) -> list[str]:
    with system_transaction():
        rows = (
            open_cursor()
            .execute(
                "SELECT firing -> 'trigger_states' ->> 0 FROM automation_action"
                " WHERE automation_id = %s ORDER BY created",
                [automation.id],
            )
            .fetchall()
        )
    return [row[0] for row in rows]


def state_of(tenant: Tenant, automation: Automation) -> str:
    with workspace_transaction(tenant.workspace_id):
        [waiting] = records.read_state(tenant.workspace_id, automation.id)
    return waiting.words


def test_too_few_successes_for_long_enough_trigger_once_and_resolve_once(alice):
    made = make(alice, metric("successes", "<", 0.5))
    run_in(alice, "FAILED", begin=NOW, seconds=1)
    for second in (10, 200, 300):
        measuring.measure_all(NOW + timedelta(seconds=second))
    assert changes(made) == []
    for second in (310, 320, 600):
        measuring.measure_all(NOW + timedelta(seconds=second))
    assert changes(made) == ["Triggered"]
    run_in(alice, "COMPLETED", begin=NOW + timedelta(seconds=610), seconds=1)
    for second in (620, 640):
        measuring.measure_all(NOW + timedelta(seconds=second))
    assert changes(made) == ["Triggered", "Resolved"]
    assert state_of(alice, made) == "successes is 0.5, out of line if < 0.5"


def test_a_number_that_is_back_in_time_triggers_nothing(alice):
    made = make(alice, metric("successes", "<", 0.5))
    run_in(alice, "FAILED", begin=NOW, seconds=1)
    measuring.measure_all(NOW + timedelta(seconds=10))
    run_in(alice, "COMPLETED", begin=NOW + timedelta(seconds=20), seconds=1)
    for second in (60, 400, 800):
        measuring.measure_all(NOW + timedelta(seconds=second))
    assert changes(made) == []


@pytest.mark.parametrize("seed", range(3))
def test_runs_may_be_reported_in_any_order(alice, seed):
    made = make(alice, metric("successes", "<", 0.5))
    ends = [(second, "FAILED" if second % 3 else "COMPLETED") for second in range(12)]
    random.Random(seed).shuffle(ends)
    for second, state in ends:
        run_in(alice, state, begin=NOW - timedelta(seconds=60), seconds=second)
    for second in (10, 320, 640):
        measuring.measure_all(NOW + timedelta(seconds=second))
    assert changes(made) == ["Triggered"]
    assert state_of(alice, made).startswith("successes is 0.3333, out of line if < 0.5: since 2031-01-01T12:00:10")


@pytest.mark.parametrize(
    ("_case", "given", "words"),
    [
        ("how long they take", metric("duration", ">", 60), "duration is 30, out of line if > 60"),
        ("only those with a tag", metric("duration", ">", 60, match_related={"prefect.resource.id": "prefect.tag.x"}),
         "duration is 40, out of line if > 60"),
        ("none of them", metric("duration", ">", 60, match_related={"prefect.resource.id": "prefect.tag.y"}),
         "no runs to measure duration by"),
        ("by the name of the flow", metric("duration", ">", 60, match_related={
            "prefect.resource.role": "flow", "prefect.resource.name": "e?l"}), "duration is 20, out of line if > 60"),
        ("late ones", metric("lateness", ">", 60), "lateness is 0, out of line if > 60"),
    ],
)  # fmt: skip
def test_what_is_measured(_case, given, words, alice):
    made = make(alice, given)
    run_in(alice, "COMPLETED", begin=NOW, seconds=20)
    run_in(alice, "COMPLETED", begin=NOW, seconds=40, tags=("x",), flow="other")
    run_in(alice, "COMPLETED", begin=NOW - timedelta(hours=3), seconds=1000)
    measuring.measure_all(NOW + timedelta(seconds=60))
    assert state_of(alice, made) == words


def test_one_flow_is_asked_for_by_its_id(alice):
    flow = run_in(alice, "COMPLETED", begin=NOW, seconds=20)
    run_in(alice, "COMPLETED", begin=NOW, seconds=40, flow="other")
    made = make(alice, metric("duration", ">", 60, match_related={"prefect.resource.id": f"prefect.flow.{flow}"}))
    measuring.measure_all(NOW + timedelta(seconds=60))
    assert state_of(alice, made) == "duration is 20, out of line if > 60"
