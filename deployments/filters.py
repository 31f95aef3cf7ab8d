"""Deployments, work pools, their queues and workers for the filter grammar."""

from typing import TYPE_CHECKING, Literal

from controlplane.filters import (
    FLAG,
    ID,
    MOMENT,
    NAME,
    NUMBER,
    TAGS,
    WORD,
    Branch,
    Compare,
    Counting,
    Kind,
    Listing,
    Paging,
    Switch,
    body_maker,
    by,
    entity,
    family,
    field,
    one_of,
)
from runs.wire.bulk import Bulk

WORKER_STATUS = one_of(Literal["ONLINE", "OFFLINE"])

EITHER_NAME: Kind = {
    "like_": Compare(
        str,
        "(deployment.name ILIKE {p}::text OR EXISTS (SELECT 1 FROM flow AS named"
        " WHERE named.workspace_id = deployment.workspace_id AND named.id = deployment.flow_id"
        " AND named.name ILIKE {p}::text))",
        "name or flow name contains {value}",
        value=lambda text: f"%{text}%",
        skips_empty=True,
    ),
}

# What 2.20 clients call it: a deployment's schedule is active while the deployment is not paused.
SCHEDULED: Kind = {
    "eq_": Switch("NOT deployment.paused", "deployment.paused", "schedule is active", "schedule is not active"),
}

# --------------------------------------------------------------------------------------------------------- entities

entity(
    "deployments", "DeploymentFilter", "deployment",
    field("id", ID, "any_ not_any_"),
    field("name", NAME, "any_ like_"),
    field("flow_or_deployment_name", EITHER_NAME, "like_", struct="DeploymentOrFlowNameFilter"),
    field("paused", FLAG, "eq_"),
    field("tags", TAGS, "all_ any_ is_null_", combines=True),
    field("work_queue_name", WORD, "any_", label="work queue"),
    field("concurrency_limit", NUMBER, "ge_ le_ is_null_", ignored=True),  # so does Prefect
    field("is_schedule_active", SCHEDULED, "eq_"),
)  # fmt: skip

entity(
    "work_pools", "WorkPoolFilter", "work_pool",
    field("id", ID, "any_"),
    field("name", NAME, "any_"),
    field("type", WORD, "any_"),
)  # fmt: skip

entity(
    "work_queues", "WorkQueueFilter", "work_queue",
    field("id", ID, "any_"),
    field("name", NAME, "any_ startswith_"),
)  # fmt: skip

entity(
    "workers", "WorkerFilter", "worker",
    field("last_heartbeat_time", MOMENT, "before_ after_", label="last heartbeat"),
    field("status", WORKER_STATUS, "any_ not_any_"),
)  # fmt: skip

# --------------------------------------------------------------------------------------------------------- families

_pool = Branch("work_pools", "work_pool.id = work_queue.work_pool_id")

DEPLOYMENTS = family(
    "deployments",
    branches=(
        Branch("flows", "flow.id = deployment.flow_id"),
        Branch(
            "flow_runs",
            "flow_run.deployment_id = deployment.id",
            (Branch("task_runs", "task_run.flow_run_id = flow_run.id"),),
        ),
        Branch("work_queues", "work_queue.id = deployment.work_queue_id", (_pool,), key="work_pool_queues"),
    ),
    sort="DeploymentSort",
    sorts={
        "NAME_ASC": by("deployment", "name ASC"),
        "NAME_DESC": by("deployment", "name DESC"),
        "CREATED_DESC": by("deployment", "created DESC"),
        "UPDATED_DESC": by("deployment", "updated DESC"),
    },
    bodies={
        "DeploymentsFilter": Listing,
        "DeploymentsCount": Counting,
        "DeploymentsPaginate": Paging,
        "DeploymentsBulk": Bulk,
    },
)

WORK_POOLS = family(
    "work_pools",
    sorts={"NAME_ASC": by("work_pool", "name ASC")},
    bodies={"WorkPoolsFilter": Listing, "WorkPoolsCount": Counting},
)

WORK_QUEUES = family(
    "work_queues",
    sorts={"NAME_ASC": by("work_queue", "name ASC")},
    bodies={"WorkQueuesFilter": Listing},
)

# The queues of one pool: the statement names the pool.
WORK_POOL_QUEUES = family(
    "work_pool_queues",
    entity="work_queues",
    sorts={"PRIORITY_ASC": by("work_queue", "priority ASC")},
    bodies={"WorkPoolQueuesFilter": Listing},
)

# The workers of one pool: the statement names the pool.
WORKERS = family(
    "workers",
    sorts={"LAST_HEARTBEAT_TIME_DESC": by("worker", "last_heartbeat_time DESC")},
    bodies={"WorkersFilter": Listing},
)

if TYPE_CHECKING:
    DeploymentsFilter = Listing
    WorkPoolsFilter = Listing
    WorkQueuesFilter = Listing
    WorkPoolQueuesFilter = Listing
    WorkersFilter = Listing
    DeploymentsPaginate = Paging
    DeploymentsCount = Counting
    DeploymentsBulk = Bulk
    WorkPoolsCount = Counting
else:
    __getattr__ = body_maker(DEPLOYMENTS, WORK_POOLS, WORK_QUEUES, WORK_POOL_QUEUES, WORKERS)
