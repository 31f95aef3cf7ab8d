"""The orchestration engine: pure decisions about state transitions; no clock, no chance, no database."""

from runs.rules.bookkeeping import bookkeeping
from runs.rules.decide import decide_flow_run, decide_task_run
from runs.rules.facts import (
    CachedState,
    CurrentState,
    DeploymentLimit,
    EnclosingFlowRun,
    Entered,
    FlowRunFacts,
    Proposed,
    TagLimit,
    TaskRunFacts,
    carries_result,
    propose,
)
from runs.rules.mirror import mirrored
from runs.rules.moments import clamped_poisson
from runs.rules.policies import (
    BACKGROUND_TASK_POLICY,
    CORE_FLOW_POLICY,
    CORE_TASK_POLICY,
    MARK_LATE_POLICY,
    MINIMAL_FLOW_POLICY,
    MINIMAL_TASK_POLICY,
    flow_policy,
    task_policy,
)
from runs.rules.verdicts import CacheEntry, Decision, Release, Renew, RunChanges, Take

__all__ = [
    "BACKGROUND_TASK_POLICY",
    "CORE_FLOW_POLICY",
    "CORE_TASK_POLICY",
    "MARK_LATE_POLICY",
    "MINIMAL_FLOW_POLICY",
    "MINIMAL_TASK_POLICY",
    "CacheEntry",
    "CachedState",
    "CurrentState",
    "Decision",
    "DeploymentLimit",
    "EnclosingFlowRun",
    "Entered",
    "FlowRunFacts",
    "Proposed",
    "Release",
    "Renew",
    "RunChanges",
    "TagLimit",
    "Take",
    "TaskRunFacts",
    "bookkeeping",
    "carries_result",
    "clamped_poisson",
    "decide_flow_run",
    "decide_task_run",
    "flow_policy",
    "mirrored",
    "propose",
    "task_policy",
]
