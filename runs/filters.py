"""Flows, flow runs, task runs, logs and artifacts for the filter grammar."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, ClassVar
from uuid import UUID

from msgspec import Meta

from controlplane.filters import (
    ID,
    MOMENT,
    NAME,
    NUMBER,
    REFERENCE,
    TAGS,
    TEXT,
    WORD,
    Branch,
    Compare,
    Counting,
    History,
    Kind,
    Listing,
    Paging,
    Switch,
    body_maker,
    by,
    entity,
    family,
    field,
    group,
    one_of,
)
from controlplane.filters.bodies import Filtering, Offset
from runs.wire.bulk import Bulk, BulkStates
from runs.wire.states import StateType

STATE_TYPE = one_of(StateType)


class Dots(Filtering):
    """`/ui/flow_runs/history`: a chart holds more runs than a page."""

    sortable: ClassVar[bool] = True
    first_sort: ClassVar[str] = "EXPECTED_START_TIME_DESC"

    limit: Annotated[int, Meta(le=1000)] = 1000
    offset: Offset = 0


# A run that has not started counts by when it should.
STARTED = "coalesce(flow_run.start_time, flow_run.expected_start_time)"

_deployed = "(SELECT 1 FROM deployment AS own WHERE own.workspace_id = flow.workspace_id AND own.flow_id = flow.id)"
DEPLOYED: Kind = {
    "is_null_": Switch(f"NOT EXISTS {_deployed}", f"EXISTS {_deployed}", "has no deployment", "has a deployment"),
}

PARENT: Kind = {
    "any_": Compare(
        list[UUID],
        "EXISTS (SELECT 1 FROM task_run AS parent WHERE parent.workspace_id = flow_run.workspace_id"
        " AND parent.id = flow_run.parent_task_run_id AND parent.flow_run_id = ANY({p}::uuid[]))",
        "is a subflow run of {value}",
    ),
}

_child = (
    "(SELECT 1 FROM flow_run AS child WHERE child.workspace_id = task_run.workspace_id"
    " AND child.parent_task_run_id = task_run.id)"
)
SUBFLOW: Kind = {
    "exists_": Switch(f"EXISTS {_child}", f"NOT EXISTS {_child}", "runs a subflow", "runs no subflow"),
}

AUTHOR: Kind = {
    "id_": Compare(list[UUID], "{c} ->> 'id' = ANY({p}::uuid[]::text[])", "created by {value}"),
    "type_": Compare(list[str], "{c} ->> 'type' = ANY({p}::text[])", "created by a {value}"),
    "is_null_": Switch("{c} IS NULL", "{c} IS NOT NULL", "has no known creator", "has a known creator"),
}


def _null_or_any(given: Any) -> Collection[str]:
    """`is_null_` true wins over `any_`, and its default, false, gives way to it."""
    return ("any_",) if given.any_ is not None and not given.is_null_ else ("is_null_",)


# --------------------------------------------------------------------------------------------------------- entities

entity(
    "flows", "FlowFilter", "flow",
    field("id", ID, "any_ not_any_"),
    field("deployment", DEPLOYED, "is_null_", combines=True),
    field("name", NAME, "any_ like_"),
    field("tags", TAGS, "all_ is_null_", combines=True),
)  # fmt: skip

entity(
    "flow_runs", "FlowRunFilter", "flow_run",
    field("id", ID, "any_ not_any_"),
    field("name", NAME, "any_ like_"),
    field("tags", TAGS, "all_ any_ is_null_", combines=True),
    field("deployment_id", REFERENCE, "any_ is_null_", combines=True, label="deployment"),
    field("work_queue_name", WORD, "any_ is_null_", combines=True, label="work queue"),
    group(
        "state",
        field("type", STATE_TYPE, "any_ not_any_", label="state type"),
        field("name", NAME, "any_ not_any_", label="state"),
    ),
    field("flow_version", WORD, "any_"),
    field("start_time", MOMENT, "before_ after_ is_null_", column=STARTED),
    field("end_time", MOMENT, "before_ after_ is_null_"),
    field("expected_start_time", MOMENT, "before_ after_"),
    field("next_scheduled_start_time", MOMENT, "before_ after_"),
    field("parent_flow_run_id", PARENT, "any_", combines=True),
    field("parent_task_run_id", REFERENCE, "any_ is_null_", combines=True, label="parent task run"),
    field("idempotency_key", WORD, "any_ not_any_"),
    field("created_by", AUTHOR, "id_ type_ is_null_", combines=True),
)  # fmt: skip

entity(
    "task_runs", "TaskRunFilter", "task_run",
    field("id", ID, "any_"),
    field("name", NAME, "any_ like_"),
    field("tags", TAGS, "all_ is_null_", combines=True),
    group(
        "state",
        field("type", STATE_TYPE, "any_", label="state type"),
        field("name", NAME, "any_", label="state"),
    ),
    field("start_time", MOMENT, "before_ after_ is_null_"),
    field("end_time", MOMENT, "before_ after_ is_null_"),
    field("expected_start_time", MOMENT, "before_ after_"),
    field("subflow_runs", SUBFLOW, "exists_", struct="TaskRunFilterSubFlowRuns"),
    # Without `any_` the default asks for task runs of some flow run; `is_null_` true gives background tasks.
    field(
        "flow_run_id", REFERENCE, "any_ is_null_", combines=True, defaults={"is_null_": False}, choose=_null_or_any,
        label="flow run",
    ),
)  # fmt: skip

entity(
    "logs", "LogFilter", "log",
    field("level", NUMBER, "ge_ le_"),
    field("timestamp", MOMENT, "before_ after_"),
    field("flow_run_id", ID, "any_", label="flow run"),
    field("task_run_id", REFERENCE, "any_ is_null_", label="task run"),
    field(
        "text", TEXT, "query", column="(log.message || ' ' || log.name)", required=True, silent=True,
        struct="LogFilterTextSearch",
    ),
)  # fmt: skip

entity(
    "artifacts", "ArtifactFilter", "artifact",
    field("id", ID, "any_"),
    field("key", NAME, "any_ like_ exists_"),
    field("flow_run_id", ID, "any_", label="flow run"),
    field("task_run_id", ID, "any_", label="task run"),
    field("type", WORD, "any_ not_any_"),
)  # fmt: skip

entity(
    "artifact_collections", "ArtifactCollectionFilter", "artifact_collection",
    field("latest_id", ID, "any_", label="latest artifact"),
    field("key", NAME, "any_ like_ exists_"),
    field("flow_run_id", ID, "any_", label="flow run"),
    field("task_run_id", ID, "any_", label="task run"),
    field("type", WORD, "any_ not_any_"),
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------- families


def _artifact_branches(table: str) -> tuple[Branch, ...]:
    return (
        Branch(
            "flow_runs",
            f"flow_run.id = {table}.flow_run_id",
            (
                Branch("flows", "flow.id = flow_run.flow_id"),
                Branch("deployments", "deployment.id = flow_run.deployment_id"),
            ),
        ),
        Branch("task_runs", f"task_run.id = {table}.task_run_id"),
    )


def _artifact_sorts(table: str) -> dict[str, str]:
    return {
        "ID_DESC": f"{table}.id DESC",
        "CREATED_DESC": by(table, "created DESC"),
        "UPDATED_DESC": by(table, "updated DESC"),
        "KEY_DESC": by(table, "key DESC"),
        "KEY_ASC": by(table, "key ASC"),
    }


_pool = Branch("work_pools", "work_pool.id = work_queue.work_pool_id")

FLOWS = family(
    "flows",
    branches=(
        Branch("flow_runs", "flow_run.flow_id = flow.id", (Branch("task_runs", "task_run.flow_run_id = flow_run.id"),)),
        Branch(
            "deployments",
            "deployment.flow_id = flow.id",
            (Branch("work_queues", "work_queue.id = deployment.work_queue_id", (_pool,), key=""),),
        ),
    ),
    sort="FlowSort",
    sorts={
        "NAME_ASC": by("flow", "name ASC"),
        "NAME_DESC": by("flow", "name DESC"),
        "CREATED_DESC": by("flow", "created DESC"),
        "UPDATED_DESC": by("flow", "updated DESC"),
    },
    bodies={"FlowsFilter": Listing, "FlowsCount": Counting, "FlowsPaginate": Paging, "FlowsBulk": Bulk},
)

FLOW_RUNS = family(
    "flow_runs",
    branches=(
        Branch("flows", "flow.id = flow_run.flow_id"),
        Branch("task_runs", "task_run.flow_run_id = flow_run.id"),
        Branch("deployments", "deployment.id = flow_run.deployment_id"),
        Branch("work_queues", "work_queue.id = flow_run.work_queue_id", (_pool,), key="work_pool_queues"),
    ),
    sort="FlowRunSort",
    sorts={
        "ID_DESC": "flow_run.id DESC",
        "START_TIME_ASC": f"{STARTED} ASC, flow_run.id ASC",
        "START_TIME_DESC": f"{STARTED} DESC, flow_run.id DESC",
        "EXPECTED_START_TIME_ASC": by("flow_run", "expected_start_time ASC"),
        "EXPECTED_START_TIME_DESC": by("flow_run", "expected_start_time DESC"),
        "NAME_ASC": by("flow_run", "name ASC"),
        "NAME_DESC": by("flow_run", "name DESC"),
        "NEXT_SCHEDULED_START_TIME_ASC": by("flow_run", "next_scheduled_start_time ASC"),
        "END_TIME_DESC": by("flow_run", "end_time DESC"),
    },
    bodies={
        "FlowRunsFilter": Listing,
        "FlowRunsCount": Counting,
        "FlowRunsLateness": Counting,
        "FlowRunsPaginate": Paging,
        "FlowRunsHistory": History,
        "FlowRunsBulk": Bulk,
        "FlowRunsBulkStates": BulkStates,
        "FlowRunDots": Dots,
    },
)

TASK_RUNS = family(
    "task_runs",
    branches=(
        Branch(
            "flow_runs",
            "flow_run.id = task_run.flow_run_id",
            (
                Branch("flows", "flow.id = flow_run.flow_id"),
                Branch("deployments", "deployment.id = flow_run.deployment_id"),
            ),
        ),
    ),
    sort="TaskRunSort",
    sorts={
        "ID_DESC": "task_run.id DESC",
        "EXPECTED_START_TIME_ASC": by("task_run", "expected_start_time ASC"),
        "EXPECTED_START_TIME_DESC": by("task_run", "expected_start_time DESC"),
        "NAME_ASC": by("task_run", "name ASC"),
        "NAME_DESC": by("task_run", "name DESC"),
        "NEXT_SCHEDULED_START_TIME_ASC": by("task_run", "next_scheduled_start_time ASC"),
        "END_TIME_DESC": by("task_run", "end_time DESC"),
    },
    bodies={
        "TaskRunsFilter": Listing,
        "TaskRunsCount": Counting,
        "TaskRunsPaginate": Paging,
        "TaskRunsHistory": History,
    },
)

# What the dashboard counts may be asked by queue and pool as well.
TASK_OUTCOMES = family(
    "task_outcomes",
    entity="task_runs",
    branches=(
        Branch(
            "flow_runs",
            "flow_run.id = task_run.flow_run_id",
            (
                Branch("flows", "flow.id = flow_run.flow_id"),
                Branch("deployments", "deployment.id = flow_run.deployment_id"),
                Branch("work_queues", "work_queue.id = flow_run.work_queue_id", (_pool,)),
            ),
        ),
    ),
    sorts={"ID_DESC": "task_run.id DESC"},
    bodies={"TaskOutcomesFilter": Counting},
)

LOGS = family(
    "logs",
    sort="LogSort",
    sorts={"TIMESTAMP_ASC": by("log", "timestamp ASC"), "TIMESTAMP_DESC": by("log", "timestamp DESC")},
    bodies={"LogsFilter": Listing},
)

ARTIFACTS = family(
    "artifacts",
    branches=_artifact_branches("artifact"),
    sort="ArtifactSort",
    sorts=_artifact_sorts("artifact"),
    bodies={"ArtifactsFilter": Listing, "ArtifactsCount": Counting},
)

ARTIFACT_COLLECTIONS = family(
    "artifact_collections",
    key="artifacts",
    branches=_artifact_branches("artifact_collection"),
    sort="ArtifactCollectionSort",
    sorts=_artifact_sorts("artifact_collection"),
    bodies={"LatestArtifactsFilter": Listing, "LatestArtifactsCount": Counting},
)

if TYPE_CHECKING:
    # The bodies name filters of rooms above this one (deployments), so they are made when first asked for.
    FlowsFilter = Listing
    FlowRunsFilter = Listing
    TaskRunsFilter = Listing
    LogsFilter = Listing
    ArtifactsFilter = Listing
    LatestArtifactsFilter = Listing
    FlowsPaginate = Paging
    FlowRunsPaginate = Paging
    TaskRunsPaginate = Paging
    FlowsCount = Counting
    FlowRunsCount = Counting
    FlowRunsLateness = Counting
    TaskRunsCount = Counting
    TaskOutcomesFilter = Counting
    ArtifactsCount = Counting
    LatestArtifactsCount = Counting
    FlowRunsHistory = History
    TaskRunsHistory = History
    FlowsBulk = Bulk
    FlowRunsBulk = Bulk
    FlowRunsBulkStates = BulkStates
    FlowRunDots = Dots
else:
    __getattr__ = body_maker(FLOWS, FLOW_RUNS, TASK_RUNS, TASK_OUTCOMES, LOGS, ARTIFACTS, ARTIFACT_COLLECTIONS)
