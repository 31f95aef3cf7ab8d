"""Service levels: broken at an exact moment, told once while it lasts, and told again when it is over."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from automations.services import sla_watch, slas
from automations.wire.slas import SlaSpec
from controlplane.sql.transactions import workspace_transaction
from deployments.services import deployments, launching
from deployments.wire.deployments import DeploymentCreate, DeploymentFlowRunCreate
from events.models import Event
from events.services import emission
from events.services.emission import Emitted
from runs.services import flows, transitions
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate, StateDetails

NOON = datetime(2030, 3, 4, 12, 0, tzinfo=UTC)  # a Monday


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class World:
    """A deployment with one service level, made at noon."""

    def __init__(self, workspace: UUID, **level: Any) -> None:
        self.workspace = workspace
        with workspace_transaction(workspace):
            flow, _ = flows.create_flow(workspace, FlowCreate(name="train"))
            body = DeploymentCreate(name="nightly", flow_id=flow.id)
            self.deployment = deployments.upsert_deployment(workspace, body, now=NOON)[0].id
            specs = [msgspec.convert({"name": "promise", "severity": "high", **level}, SlaSpec)]
            made = slas.apply_levels(workspace, f"prefect.deployment.{self.deployment}", specs, now=NOON)
            self.level = made.created[0]

    def run(self, due: datetime) -> UUID:
        state = StateCreate(type="SCHEDULED", state_details=StateDetails(scheduled_time=due))
        body = DeploymentFlowRunCreate(state=state)
        with workspace_transaction(self.workspace):
            return launching.run_deployment(self.workspace, self.deployment, body, now=NOON)[0].id

    def enter(self, run: UUID, type: str, moment: datetime) -> None:
        with workspace_transaction(self.workspace):
            state = StateCreate(type=type)
            transitions.propose_state(self.workspace, run, state, force=True, now=moment)

    def told(self) -> list[tuple[str, float]]:
        """What was told of the level, with the seconds since noon."""
        with workspace_transaction(self.workspace):
            rows = Event.objects.of(self.workspace).filter(event__startswith="prefect.sla.").order_by("occurred")
            return [(row.event.rpartition(".")[2], (row.occurred - NOON).total_seconds()) for row in rows]


def watch(*moments: float) -> None:
    """Each moment is looked at twice: a sweep that is repeated changes nothing."""
    for moment in moments:
        sla_watch.watch_levels(at(moment))
        sla_watch.watch_levels(at(moment))


def test_a_run_that_takes_too_long_is_told_while_it_runs(alice):
    world = World(alice.workspace_id, duration=60)
    run = world.run(at(0))
    world.enter(run, "RUNNING", at(10))
    watch(69.9)
    assert world.told() == []
    watch(75, 100)
    assert world.told() == [("violation", 70.0)]
    world.enter(run, "COMPLETED", at(120))
    watch(125, 130)
    assert world.told() == [("violation", 70.0), ("resolved", 125.0)]
    with workspace_transaction(alice.workspace_id):
        violation, resolved = (
            Event.objects.of(alice.workspace_id).filter(event__startswith="prefect.sla.").order_by("occurred")
        )
        assert resolved.follows == violation.id
        assert violation.resource == {
            "prefect.resource.id": f"prefect.sla.{world.level.id}",
            "prefect.resource.name": "promise",
            "prefect.sla.severity": "high",
            "prefect.sla.type": "TimeToCompletionSla",
        }
        ids = [one["prefect.resource.id"] for one in violation.related]
        assert ids[:2] == [f"prefect.flow-run.{run}", f"prefect.deployment.{world.deployment}"]
        asked = slas.ViolatingRuns(sla_ids=[world.level.id])
        assert slas.find_violating_runs(alice.workspace_id, asked) == [run]


def test_a_run_that_was_too_long_between_two_looks_is_told_too(alice):
    world = World(alice.workspace_id, duration=60)
    slow, quick = world.run(at(0)), world.run(at(0))
    for run, seconds in ((slow, 61), (quick, 59)):
        world.enter(run, "RUNNING", at(10))
        world.enter(run, "COMPLETED", at(10 + seconds))
    watch(80)
    assert world.told() == [("violation", 70.0), ("resolved", 80.0)]


def test_a_run_that_never_starts_is_late_at_the_exact_moment(alice):
    world = World(alice.workspace_id, within=30)
    run = world.run(at(100))
    watch(129)
    assert world.told() == []
    watch(131, 140)
    assert world.told() == [("violation", 130.0)]
    world.enter(run, "RUNNING", at(150))
    watch(151, 152)
    assert world.told() == [("violation", 130.0), ("resolved", 151.0)]


def test_a_deployment_without_a_completed_run_is_told_once_for_each_gap(alice):
    world = World(alice.workspace_id, stale_after=100)
    watch(99, 101, 150)
    assert world.told() == [("violation", 100.0)]
    run = world.run(at(150))
    world.enter(run, "RUNNING", at(150))
    world.enter(run, "COMPLETED", at(160))
    watch(161, 259, 262, 270)
    assert world.told() == [("violation", 100.0), ("resolved", 161.0), ("violation", 260.0)]


def test_a_run_that_falls_silent_is_told_for_each_silence(alice):
    world = World(alice.workspace_id, longest_silence=60)
    run = world.run(at(0))
    world.enter(run, "RUNNING", at(10))
    watch(69, 71)
    assert world.told() == [("violation", 70.0)]
    with workspace_transaction(alice.workspace_id):
        resource = {"prefect.resource.id": f"prefect.flow-run.{run}"}
        beat = Emitted(event="prefect.flow-run.heartbeat", resource=resource, occurred=at(80))
        emission.insert(alice.workspace_id, [beat], now=at(80))
    watch(81, 139, 141)
    assert world.told() == [("violation", 70.0), ("resolved", 81.0), ("violation", 140.0)]


def test_events_that_stay_away_are_told(alice):
    world = World(
        alice.workspace_id, within=100, expected_event="asset.made", resource_match={"prefect.resource.id": "shop.*"}
    )

    def happen(resource: str, seconds: float) -> None:
        event = Emitted(event="asset.made", resource={"prefect.resource.id": resource}, occurred=at(seconds))
        with workspace_transaction(alice.workspace_id):
            emission.insert(alice.workspace_id, [event], now=at(seconds))

    happen("shop.cart", 50)
    happen("other.cart", 120)
    watch(140)
    assert world.told() == []
    watch(151, 160)
    assert world.told() == [("violation", 150.0)]
    happen("shop.cart", 170)
    watch(175, 271)
    assert world.told() == [("violation", 150.0), ("resolved", 175.0), ("violation", 270.0)]


@pytest.mark.parametrize(
    ("_case", "level", "start", "end", "told"),
    [
        ("started in time", {"start_by": "14:00", "timezone": "Europe/Berlin"}, 3500, None, []),
        ("started late", {"start_by": "14:00", "timezone": "Europe/Berlin"}, 3700, None,
         [("violation", 3600.0), ("resolved", 3800.0)]),
        ("never started", {"start_by": "14:00", "timezone": "Europe/Berlin"}, None, None, [("violation", 3600.0)]),
        ("finished in time", {"finish_by": "13:00"}, 10, 3599, []),
        ("still running", {"finish_by": "13:00"}, 10, None, [("violation", 3600.0)]),
        ("finished late", {"finish_by": "13:00"}, 10, 3700, [("violation", 3600.0), ("resolved", 3800.0)]),
        ("another day's", {"start_by": "13:00", "days": ["tue"]}, None, None, []),
        ("passed before it was promised", {"start_by": "11:00"}, None, None, []),
    ],
)  # fmt: skip
def test_promises_on_a_wall_clock(alice, _case, level, start, end, told):
    world = World(alice.workspace_id, **level)
    run = world.run(at(0))
    if start is not None and start <= 3650:
        world.enter(run, "RUNNING", at(start))
    if end is not None and end <= 3650:
        world.enter(run, "COMPLETED", at(end))
    watch(3599, 3650)
    if start is not None and start > 3650:
        world.enter(run, "RUNNING", at(start))
    if end is not None and end > 3650:
        world.enter(run, "COMPLETED", at(end))
    watch(3800, 3900)
    assert world.told() == told


def test_a_level_that_is_paused_or_gone_tells_nothing(alice):
    world = World(alice.workspace_id, stale_after=100)
    with workspace_transaction(alice.workspace_id):
        slas.update_level(alice.workspace_id, world.level.id, slas.SlaUpdate(enabled=False), now=at(50))
    watch(150)
    assert world.told() == []
    with workspace_transaction(alice.workspace_id):
        slas.update_level(alice.workspace_id, world.level.id, slas.SlaUpdate(enabled=True), now=at(200))
    watch(299, 301)
    assert world.told() == [("violation", 300.0)]
    with workspace_transaction(alice.workspace_id):
        gone = slas.apply_levels(alice.workspace_id, f"prefect.deployment.{world.deployment}", [], now=at(310))
    assert [level.name for level in gone.deleted] == ["promise"]
    watch(500)
    assert world.told() == [("violation", 300.0)]
