"""The graph of a flow run: its task runs, what they waited for, and the subflow runs inside."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from msgspec import json

from controlplane.errors import BadRequest, NotFound
from runs import queries, rows
from runs.models import Artifact, ArtifactCollection, Flow, FlowRun, TaskRun
from runs.wire.graph import Dependency, Edge, Graph, GraphArtifact, GraphState, Node

MOST_NODES = 10_000
MOST_ARTIFACTS = 10_000
ENCLOSING = "__parents__"
COLUMNS = ("id", "name", "state_type", "start_time", "expected_start_time", "end_time")


def read_graph(workspace: UUID, flow_run_id: UUID, *, since: datetime | None) -> Graph:
    """The whole graph; with `since`, its nodes that had not ended by then."""
    run = (
        FlowRun.objects.of(workspace)
        .filter(id=flow_run_id)
        .values("start_time", "expected_start_time", "end_time")
        .first()
    )
    if run is None:
        raise NotFound(f"Flow run {flow_run_id} not found", envelope="exception_message")
    tasks = list(
        TaskRun.objects.of(workspace).filter(flow_run_id=flow_run_id).values(*COLUMNS, "task_inputs")[: MOST_NODES + 1]
    )
    if len(tasks) > MOST_NODES:
        raise BadRequest(f"The graph of flow run {flow_run_id} has more than {MOST_NODES} nodes.")
    of_run, of_tasks = read_artifacts(workspace, flow_run_id)
    nodes = link(tasks, make_nodes(workspace, flow_run_id, tasks, of_tasks))
    shown = [node for node in nodes if since is None or is_later(node, since)]
    return Graph(
        start_time=run["start_time"] or run["expected_start_time"],
        end_time=run["end_time"],
        root_node_ids=[node.id for node in shown if not node.parents],
        nodes=[(node.id, node) for node in shown],
        artifacts=of_run,
        states=[
            GraphState(id=state.id, timestamp=state.timestamp, type=state.type, name=state.name)
            for state in queries.read_flow_run_states(workspace=workspace, run=flow_run_id)
        ],
    )


def make_nodes(
    workspace: UUID, flow_run_id: UUID, tasks: Iterable[dict[str, Any]], artifacts: dict[UUID, list[GraphArtifact]]
) -> dict[UUID, Node]:
    """Nodes by task run. A subflow run takes the place of the task run that stands for it."""
    subflows = read_subflows(workspace, flow_run_id)
    nodes: dict[UUID, Node] = {}
    for task in tasks:
        subflow = subflows.get(task["id"])
        shown = task if subflow is None else subflow
        start = shown["start_time"] or shown["expected_start_time"]
        if start is None or shown["state_type"] is None:
            continue
        nodes[task["id"]] = Node(
            kind="task-run" if subflow is None else "flow-run", id=shown["id"], label=shown["name"],
            state_type=shown["state_type"], start_time=start, end_time=shown["end_time"],
            parents=[], children=[], encapsulating=[], artifacts=artifacts.get(task["id"], []),
        )  # fmt: skip
    return nodes


def read_subflows(workspace: UUID, flow_run_id: UUID) -> dict[UUID, dict[str, Any]]:
    """Subflow runs by the task run that stands for them, the newest if there are several, labelled with their flow."""
    inside = TaskRun.objects.of(workspace).filter(flow_run_id=flow_run_id).values("id")
    runs = list(
        FlowRun.objects.of(workspace)
        .filter(parent_task_run_id__in=inside)
        .order_by("created", "id")
        .values(*COLUMNS, "parent_task_run_id", "flow_id")
    )
    names = dict(Flow.objects.of(workspace).filter(id__in={run["flow_id"] for run in runs}).values_list("id", "name"))
    return {run["parent_task_run_id"]: {**run, "name": f"{names[run['flow_id']]} / {run['name']}"} for run in runs}


def link(tasks: Iterable[dict[str, Any]], nodes: dict[UUID, Node]) -> list[Node]:
    """The nodes by start, joined by the inputs that name another node. A stand-in's own id names none."""
    by_id = {node.id: node for node in nodes.values()}
    ordered = sorted(nodes.values(), key=lambda node: (node.start_time, node.id))
    place = {node.id: number for number, node in enumerate(ordered)}
    for task in tasks:
        if (node := nodes.get(task["id"])) is None:
            continue
        for parent in named(task["task_inputs"], by_id, enclosing=False):
            node.parents.append(Edge(id=parent))
            by_id[parent].children.append(Edge(id=node.id))
        node.encapsulating = [Edge(id=id) for id in named(task["task_inputs"], by_id, enclosing=True)]
    for node in ordered:
        node.children.sort(key=lambda edge: place[edge.id])
    return ordered


def named(inputs: dict[str, Any], nodes: dict[UUID, Node], *, enclosing: bool) -> Iterator[UUID]:
    """The nodes that a task run's inputs name, each once."""
    ids = (UUID(item["id"]) for key, item in flattened(inputs) if (key == ENCLOSING) is enclosing and "id" in item)
    return (id for id in dict.fromkeys(ids) if id in nodes)


def flattened(inputs: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((key, item) for key, items in inputs.items() for item in items)


def is_later(node: Node, since: datetime) -> bool:
    moment = since if since.tzinfo else since.replace(tzinfo=UTC)
    return node.end_time is None or node.end_time >= moment or node.start_time >= moment


def read_artifacts(workspace: UUID, flow_run_id: UUID) -> tuple[list[GraphArtifact], dict[UUID, list[GraphArtifact]]]:
    """The artifacts of the run itself, and those of its task runs; results are none of a reader's business."""
    rows = list(
        Artifact.objects.of(workspace)
        .filter(Q(flow_run_id=flow_run_id), Q(type__isnull=False), ~Q(type="result"))
        .order_by("created", "id")[:MOST_ARTIFACTS]
    )
    keys = {row.key for row in rows if row.key is not None}
    latest = set(ArtifactCollection.objects.of(workspace).filter(key__in=keys).values_list("latest_id", flat=True))
    of_run: list[GraphArtifact] = []
    of_tasks: dict[UUID, list[GraphArtifact]] = {}
    for row in rows:
        shown = GraphArtifact(
            id=row.id, created=row.created, key=row.key, type=row.type, is_latest=row.key is None or row.id in latest,
            data=row.data if row.type == "progress" else None,
        )  # fmt: skip
        if row.task_run_id is None:
            of_run.append(shown)
        else:
            of_tasks.setdefault(row.task_run_id, []).append(shown)
    return of_run, of_tasks


def read_dependencies(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> list[Dependency]:
    """The older graph: every task run with the task runs that it waited for."""
    if not FlowRun.objects.of(workspace).filter(id=flow_run_id).exists():
        raise NotFound(f"Flow run with id {flow_run_id} not found", envelope="exception_message")
    extra = {
        "where": "task_run.workspace_id = %(workspace)s::uuid AND task_run.flow_run_id = %(flow_run)s::uuid",
        "order": "task_run.expected_start_time ASC, task_run.id ASC",
    }
    tasks = queries.read_task_runs(extra=extra, workspace=workspace, flow_run=flow_run_id, limit=MOST_NODES, offset=0)
    return [depends(rows.estimate(task, now)) for task in tasks]


def depends(task: Any) -> Dependency:
    state = task.state
    details = json.decode(state.state_details) if state is not None else {}
    upstream = {
        item["id"]: item for _, item in flattened(json.decode(task.task_inputs)) if item.get("input_type") == "task_run"
    }
    return Dependency(
        id=task.id, name=task.name, upstream_dependencies=list(upstream.values()), state=state,
        expected_start_time=task.expected_start_time, start_time=task.start_time, end_time=task.end_time,
        total_run_time=task.total_run_time, estimated_run_time=task.estimated_run_time,
        untrackable_result=bool(details.get("untrackable_result")),
    )  # fmt: skip
