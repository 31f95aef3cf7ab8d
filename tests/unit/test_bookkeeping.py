"""The columns of a run that follow from its states."""

import random
from datetime import timedelta
from uuid import UUID

import pytest

from runs.rules import (
    BACKGROUND_TASK_POLICY,
    CORE_FLOW_POLICY,
    CORE_TASK_POLICY,
    MARK_LATE_POLICY,
    MINIMAL_FLOW_POLICY,
    MINIMAL_TASK_POLICY,
    CurrentState,
    EnclosingFlowRun,
    Proposed,
    RunChanges,
    bookkeeping,
    carries_result,
    mirrored,
)
from runs.wire.policies import FlowRunPolicy, TaskRunPolicy
from runs.wire.states import STATE_TYPES, TERMINAL, StateDetails
from tests.unit.transitions import (
    BEFORE,
    DEPLOYMENT,
    FLOW_RUN,
    LEASE,
    NOW,
    PARENT,
    RESULT,
    RUN,
    decide,
    flow_run,
    limit,
    state,
    task_run,
)

DUE = NOW + timedelta(hours=1)
EARLIER = NOW - timedelta(hours=1)


def test_a_first_state_sets_every_column():
    changes = bookkeeping(flow_run(None), None, Proposed("PENDING", "Pending"), NOW)
    assert changes == RunChanges("PENDING", "Pending", NOW, None, None, 0.0, NOW, None, 0)


@pytest.mark.parametrize(
    ("_case", "current", "facts", "entered", "expected"),
    [
        ("starts", state("PENDING"), {}, "RUNNING", {"start_time": NOW, "run_count": 1}),
        (
            "runs again",
            state("RUNNING"),
            {"start_time": EARLIER, "run_count": 1},
            "RUNNING",
            {"start_time": EARLIER, "run_count": 2, "total_run_time": 10.0},
        ),
        (
            "resumes",
            state("PENDING"),
            {"policy": FlowRunPolicy(resuming=True), "run_count": 1},
            "RUNNING",
            {"start_time": NOW, "run_count": 1},
        ),
        (
            "ends",
            state("RUNNING"),
            {"start_time": EARLIER, "total_run_time": 2.5},
            "COMPLETED",
            {"start_time": EARLIER, "end_time": NOW, "total_run_time": 12.5},
        ),
        ("ends unstarted", state("PENDING"), {}, "CRASHED", {"start_time": NOW, "end_time": NOW}),
        (
            "ends twice",
            state("FAILED"),
            {"start_time": EARLIER, "end_time": EARLIER},
            "COMPLETED",
            {"start_time": EARLIER, "end_time": EARLIER},
        ),
        (
            "starts over",
            state("FAILED"),
            {"start_time": EARLIER, "end_time": EARLIER},
            "PENDING",
            {"start_time": EARLIER, "end_time": None},
        ),
        (
            "pauses",
            state("RUNNING"),
            {"start_time": EARLIER},
            "PAUSED",
            {"start_time": EARLIER, "total_run_time": 10.0},
        ),
        ("is scheduled", None, {}, "SCHEDULED", {"expected_start_time": DUE, "next_scheduled_start_time": DUE}),
        (
            "is scheduled again",
            state("FAILED"),
            {"expected_start_time": EARLIER},
            "SCHEDULED",
            {"expected_start_time": EARLIER, "next_scheduled_start_time": DUE},
        ),
        (
            "is late",
            state("SCHEDULED"),
            {"next_scheduled_start_time": EARLIER},
            "SCHEDULED",
            {"expected_start_time": DUE, "next_scheduled_start_time": DUE},
        ),
        ("is claimed", state("SCHEDULED"), {"next_scheduled_start_time": EARLIER}, "PENDING", {}),
    ],
)
def test_counters_and_times_follow_from_the_states(_case, current, facts, entered, expected):
    details = StateDetails(scheduled_time=DUE) if entered == "SCHEDULED" else StateDetails()
    run = flow_run(current, **facts)
    changes = bookkeeping(run, current, Proposed(entered, "Any", state_details=details), NOW)
    columns = {
        "state_type": entered,
        "state_name": "Any",
        "state_timestamp": NOW,
        "start_time": None,
        "end_time": None,
        "total_run_time": 0.0,
        "expected_start_time": NOW,
        "next_scheduled_start_time": None,
        "run_count": facts.get("run_count", 0),
    }
    assert {name: getattr(changes, name) for name in columns} == columns | expected


@pytest.mark.parametrize(
    ("_case", "seconds_since", "expected"),
    [
        ("later", 10.0, NOW),
        ("at once", 0.0, NOW + timedelta(microseconds=1)),
        ("a clock that went back", -3.0, NOW + timedelta(seconds=3, microseconds=1)),
    ],
)
def test_no_two_states_of_a_run_share_a_timestamp(_case, seconds_since, expected):
    last = CurrentState(id=RUN, type="RUNNING", name="Running", timestamp=NOW - timedelta(seconds=seconds_since))
    decision = decide(flow_run(last), "COMPLETED")
    assert decision.state.timestamp == decision.run.state_timestamp == decision.run.end_time == expected


@pytest.mark.parametrize(
    ("_case", "facts", "expected"),
    [
        ("flow run", flow_run(None), {"flow_run_id": RUN}),
        ("subflow run", flow_run(None, parent_task_run_id=PARENT), {"flow_run_id": RUN, "task_run_id": PARENT}),
        ("task run", task_run(None), {"task_run_id": RUN}),
        ("task run in a flow", task_run(None, flow_run_id=FLOW_RUN), {"flow_run_id": FLOW_RUN, "task_run_id": RUN}),
    ],
)
def test_a_state_names_its_run(_case, facts, expected):
    decision = decide(facts, "PENDING", details={"flow_run_id": LEASE})
    assert decision.state.state_details == StateDetails(**expected)


def test_a_subflow_is_mirrored_on_its_task_run():
    subflow = decide(flow_run(state("PENDING"), parent_task_run_id=PARENT), "RUNNING", name="Retrying", message="m")
    shown = mirrored(subflow.state, RUN)
    details = StateDetails(flow_run_id=RUN, task_run_id=PARENT, child_flow_run_id=RUN)
    assert shown == Proposed("RUNNING", "Retrying", "m", None, details)


FLOW_POLICIES = (CORE_FLOW_POLICY, CORE_FLOW_POLICY, CORE_FLOW_POLICY, MINIMAL_FLOW_POLICY, MARK_LATE_POLICY)
TASK_POLICIES = (CORE_TASK_POLICY, CORE_TASK_POLICY, BACKGROUND_TASK_POLICY, MINIMAL_TASK_POLICY)


def random_request(rng: random.Random) -> dict:
    def moment():
        return rng.choice([None, EARLIER, DUE, BEFORE])

    details = {
        "scheduled_time": moment(),
        "pause_timeout": moment(),
        "pause_reschedule": rng.random() < 0.5,
        "pause_key": rng.choice([None, "a", "b"]),
        "transition_id": rng.choice([None, None, LEASE]),
        "cache_key": rng.choice([None, "k", "k" * 2001]),
        "deferred": rng.random() < 0.2,
    }
    name = rng.choice([None, None, "Late", "Suspended", "Submitting", "AwaitingRetry", "Resuming"])
    return {"name": name, "details": details, "data": rng.choice([None, RESULT])}


def entered_state(decision, number: int) -> CurrentState:
    new = decision.state
    return CurrentState(
        id=UUID(int=number),
        type=new.type,
        name=new.name,
        timestamp=new.timestamp,
        persisted=carries_result(new.data),
        state_details=new.state_details,
    )


def columns_after(decision) -> dict:
    names = (
        "run_count",
        "start_time",
        "end_time",
        "total_run_time",
        "expected_start_time",
        "next_scheduled_start_time",
    )
    return {name: getattr(decision.run, name) for name in names}


@pytest.mark.parametrize("seed", range(40))
def test_a_random_walk_of_a_flow_run_keeps_its_books_straight(seed):
    rng = random.Random(seed)
    current, policy = None, FlowRunPolicy(retries=rng.choice([None, 2]), retry_delay=3)
    columns: dict = {}
    for number in range(60):
        facts = flow_run(
            current,
            policy=policy,
            deployment_id=rng.choice([None, DEPLOYMENT]),
            limit=rng.choice([None, limit(active_slots=rng.choice([0, 1]), lease_alive=rng.random() < 0.5)]),
            client_version=rng.choice([None, "3.8.8"]),
            **columns,
        )
        decision = decide(facts, rng.choice(STATE_TYPES), policy=rng.choice(FLOW_POLICIES), **random_request(rng))
        if decision.state is None:
            assert decision.status in {"REJECT", "WAIT", "ABORT"}
            assert (decision.run, decision.policy, decision.takes, decision.releases) == (None, None, None, None)
            continue
        keeps_its_books_straight(decision, current)
        current, columns = entered_state(decision, number), columns_after(decision)
        policy = decision.policy or policy


@pytest.mark.parametrize("seed", range(40))
def test_a_random_walk_of_a_task_run_keeps_its_books_straight(seed):
    rng = random.Random(seed)
    current, columns = None, {}
    policy = TaskRunPolicy(
        retries=rng.choice([None, 2]), retry_delay=[1, 2.5], retry_jitter_factor=rng.choice([None, 1])
    )
    for number in range(60):
        enclosing = EnclosingFlowRun(id=FLOW_RUN, state_type=rng.choice(STATE_TYPES), run_count=rng.randint(0, 2))
        inside = rng.random() < 0.5
        facts = task_run(
            current,
            policy=policy,
            flow_run_id=FLOW_RUN if inside else None,
            flow_run=enclosing if inside else None,
            tags=("db",),
            **columns,
        )
        decision = decide(
            facts, rng.choice(STATE_TYPES), policy=rng.choice(TASK_POLICIES), chance=rng.random(), **random_request(rng)
        )
        if decision.state is None:
            assert (decision.run, decision.takes, decision.releases, decision.cache_insert) == (None, None, None, None)
            continue
        keeps_its_books_straight(decision, current)
        current, columns = entered_state(decision, number), columns_after(decision)


def keeps_its_books_straight(decision, current: CurrentState | None) -> None:
    new, run = decision.state, decision.run
    assert current is None or new.timestamp > current.timestamp
    assert (run.state_type, run.state_name, run.state_timestamp) == (new.type, new.name, new.timestamp)
    assert (run.end_time is not None) == (new.type in TERMINAL)
    assert (run.next_scheduled_start_time is not None) == (new.type == "SCHEDULED")
    assert run.total_run_time >= 0
    assert run.expected_start_time is not None
    assert run.start_time is not None or new.type not in TERMINAL | {"RUNNING"}
