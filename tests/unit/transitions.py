"""Facts and proposals for the tests of the rules: plain functions with keyword overrides."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from runs.rules import (
    CORE_FLOW_POLICY,
    CORE_TASK_POLICY,
    CurrentState,
    Decision,
    DeploymentLimit,
    FlowRunFacts,
    TaskRunFacts,
    decide_flow_run,
    decide_task_run,
    propose,
)
from runs.wire.states import DEFAULT_NAMES, StateCreate, StateDetails, StateType

NOW = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(seconds=10)
RUN, DEPLOYMENT, PARENT, FLOW_RUN = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=7)
LIMIT, LEASE, SPARE = UUID(int=4), UUID(int=5), UUID(int=6)
RESULT = {"storage_key": "k"}


def state(type: StateType, name: str | None = None, *, persisted: bool = False, **details: Any) -> CurrentState:
    """A state that was entered ten seconds before NOW."""
    return CurrentState(
        id=UUID(int=9),
        type=type,
        name=name or DEFAULT_NAMES[type],
        timestamp=BEFORE,
        persisted=persisted,
        state_details=StateDetails(**details),
    )


def flow_run(current: CurrentState | None, **facts: Any) -> FlowRunFacts:
    return FlowRunFacts(**{"id": RUN, "state": current, "client_version": "3.8.8", **facts})


def task_run(current: CurrentState | None, **facts: Any) -> TaskRunFacts:
    return TaskRunFacts(**{"id": RUN, "state": current, **facts})


def limit(**facts: Any) -> DeploymentLimit:
    return DeploymentLimit(**{"id": LIMIT, "limit": 1, "active_slots": 0, "spare_lease_id": SPARE, **facts})


def decide(facts, type: StateType, *, policy=None, chance=0.5, details=None, **asked: Any) -> Decision:
    """Ask for a state as a client does; `details` are its state_details."""
    proposed = propose(StateCreate(type=type, state_details=StateDetails(**details or {}), **asked), NOW)
    if isinstance(facts, FlowRunFacts):
        return decide_flow_run(facts, proposed, NOW, policy or CORE_FLOW_POLICY)
    return decide_task_run(facts, proposed, NOW, policy or CORE_TASK_POLICY, chance=chance)


def stored(decision: Decision) -> str | None:
    """The state that is stored, as "TYPE Name"."""
    return decision.state and f"{decision.state.type} {decision.state.name}"
