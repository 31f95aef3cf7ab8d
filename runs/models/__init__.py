"""Tables of runs: what was started, what state it is in, what it said and which slots it holds."""

from runs.models.artifacts import Artifact, ArtifactCollection
from runs.models.concurrency import ConcurrencyLease, ConcurrencyLimit
from runs.models.flow_runs import Flow, FlowRun, FlowRunInput, FlowRunState
from runs.models.pulses import FlowRunPulse
from runs.models.searches import SavedSearch
from runs.models.task_runs import TaskRun, TaskRunCache, TaskRunState
from runs.models.task_workers import TaskRunDelivery, TaskWorker

__all__ = [
    "Artifact",
    "ArtifactCollection",
    "ConcurrencyLease",
    "ConcurrencyLimit",
    "Flow",
    "FlowRun",
    "FlowRunInput",
    "FlowRunPulse",
    "FlowRunState",
    "SavedSearch",
    "TaskRun",
    "TaskRunCache",
    "TaskRunDelivery",
    "TaskRunState",
    "TaskWorker",
]
