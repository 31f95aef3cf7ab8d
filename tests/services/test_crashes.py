"""Flow runs whose process is gone: by exact times, over the real ingest of heartbeats."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.sql.transactions import workspace_transaction
from runs.models import FlowRun, FlowRunPulse
from runs.services import crashes
from tests.sockets.talking import make_event
from tests.world import make_flow_run, set_state


def beat(tenant, run_id, occurred):
    event = make_event(
        "prefect.flow-run.heartbeat", occurred=occurred.isoformat(),
        resource={"prefect.resource.id": f"prefect.flow-run.{run_id}"},
    )  # fmt: skip
    tenant.ok("POST", "/events", [event])


@pytest.fixture
def running(tenant):
    """A run that began an hour ago and has sent two heartbeats, a minute apart; the last one now."""
    run_id = make_flow_run(tenant, "PENDING")["id"]
    set_state(tenant, run_id, "RUNNING")
    now = datetime.now(UTC)
    with workspace_transaction(tenant.workspace_id):
        FlowRun.objects.of(tenant.workspace_id).filter(id=run_id).update(state_timestamp=now - timedelta(hours=1))
    beat(tenant, run_id, now - timedelta(seconds=60))
    beat(tenant, run_id, now)
    return run_id


def pulse(tenant, run_id):
    with workspace_transaction(tenant.workspace_id):
        return FlowRunPulse.objects.of(tenant.workspace_id).filter(id=run_id).first()


def sweep(tenant, run_id, *seconds):
    """Sweep at these moments after the last heartbeat; how the run stands in the end."""
    seen = pulse(tenant, run_id).seen
    for second in seconds:
        crashes.mark_crashed(seen + timedelta(seconds=second))
    run = tenant.ok("GET", f"/flow_runs/{run_id}")
    return run["state_name"], run["state"]["message"]


def test_heartbeats_teach_how_far_they_are_apart(tenant, running):
    assert pulse(tenant, running).interval_seconds == 60
    last = pulse(tenant, running).occurred
    beat(tenant, running, last + timedelta(seconds=1))
    beat(tenant, running, last - timedelta(hours=1))
    assert pulse(tenant, running).interval_seconds == 60
    beat(tenant, running, last + timedelta(seconds=91))
    assert (pulse(tenant, running).interval_seconds, pulse(tenant, running).beats) == (90, 3)


def test_a_run_that_fell_silent_is_crashed_at_the_second_look(tenant, running):
    assert sweep(tenant, running, 180) == ("Running", None)
    assert sweep(tenant, running, 190, 205, 220, 235, 249) == ("Running", None)
    name, message = sweep(tenant, running, 250)
    assert name == "Crashed"
    assert message == "No heartbeat for 250 seconds, and no other sign of life: the flow run's process is gone."
    sweep(tenant, running, 400)
    assert pulse(tenant, running) is None


def test_a_heartbeat_ends_the_suspicion(tenant, running):
    assert sweep(tenant, running, 190) == ("Running", None)
    assert pulse(tenant, running).suspected is not None
    beat(tenant, running, pulse(tenant, running).occurred + timedelta(seconds=60))
    assert pulse(tenant, running).suspected is None
    assert sweep(tenant, running, 170) == ("Running", None)


def test_after_an_outage_of_ours_the_run_has_time_to_be_heard(tenant, running):
    assert sweep(tenant, running, 190, 3600, 3615, 3630, 3645, 3659) == ("Running", None)
    assert sweep(tenant, running, 3661)[0] == "Crashed"


@pytest.mark.parametrize("sign", ["log", "task"])
def test_another_sign_of_life_is_enough(tenant, running, sign):
    seen = pulse(tenant, running).seen - timedelta(seconds=200)
    with workspace_transaction(tenant.workspace_id):
        FlowRunPulse.objects.of(tenant.workspace_id).filter(id=running).update(seen=seen)
    if sign == "log":
        line = {"name": "flow", "level": 20, "message": "I live", "timestamp": datetime.now(UTC).isoformat()}
        tenant.ok("POST", "/logs/", [{**line, "flow_run_id": running}])
    else:
        body = {"flow_run_id": running, "task_key": "t", "dynamic_key": "0", "state": {"type": "RUNNING"}}
        tenant.ok("POST", "/task_runs/", body)
    assert sweep(tenant, running, 200, 215, 230, 245, 260, 275) == ("Running", None)


@pytest.mark.parametrize(
    ("_case", "state", "name"),
    [
        ("it has ended", "COMPLETED", "Completed"),
        ("it is being cancelled", "CANCELLING", "Cancelling"),
        ("it is paused", "PAUSED", "Paused"),
    ],
)
def test_a_run_that_does_not_run_is_left_alone(tenant, running, _case, state, name):
    seen = pulse(tenant, running).seen
    crashes.mark_crashed(seen + timedelta(seconds=190))
    set_state(tenant, running, state, force=True)
    for second in (205, 220, 235, 250, 265):
        crashes.mark_crashed(seen + timedelta(seconds=second))
    assert tenant.ok("GET", f"/flow_runs/{running}")["state_name"] == name


def test_a_run_without_heartbeats_is_never_taken_for_crashed(tenant):
    run_id = make_flow_run(tenant, "RUNNING")["id"]
    later = datetime.now(UTC) + timedelta(days=1)
    for second in range(0, 900, 15):
        crashes.mark_crashed(later + timedelta(seconds=second))
    assert tenant.ok("GET", f"/flow_runs/{run_id}")["state_name"] == "Running"


def test_two_sweeps_at_once_crash_a_run_once(tenant, running):
    seen = pulse(tenant, running).seen
    for second in (190, 205, 220, 235):
        crashes.mark_crashed(seen + timedelta(seconds=second))
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(crashes.mark_crashed, [seen + timedelta(seconds=250)] * 2))
    assert sum(found) == 1
    states = tenant.ok("GET", f"/flow_run_states/?flow_run_id={running}")
    assert [state["name"] for state in states].count("Crashed") == 1


def test_a_heartbeat_of_a_run_that_is_not_ours_is_only_an_event(tenant, stranger, running):
    beat(stranger, running, datetime.now(UTC))
    with workspace_transaction(stranger.workspace_id):
        assert FlowRunPulse.objects.of(stranger.workspace_id).count() == 0
