"""Run graphs on the wire: v2 for timelines, v1 for older clients."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from controlplane.wire.structs import Out


class Since(Struct):
    """Query string: leave out what had ended before."""

    since: datetime | None = None


class Edge(Out, kw_only=True):
    id: UUID


class GraphArtifact(Out, kw_only=True):
    """`data` is shown for progress only."""

    id: UUID
    created: datetime
    key: str | None
    type: str | None
    is_latest: bool
    data: Any


class GraphState(Out, kw_only=True):
    id: UUID
    timestamp: datetime
    type: str
    name: str


class Node(Out, kw_only=True):
    """A task run, or the subflow run in its place."""

    kind: Literal["task-run", "flow-run"]
    id: UUID
    label: str
    state_type: str
    start_time: datetime
    end_time: datetime | None
    parents: list[Edge]
    children: list[Edge]
    encapsulating: list[Edge]
    artifacts: list[GraphArtifact]


class Graph(Out, kw_only=True):
    start_time: datetime | None
    end_time: datetime | None
    root_node_ids: list[UUID]
    nodes: list[tuple[UUID, Node]]
    artifacts: list[GraphArtifact]
    states: list[GraphState]


class Dependency(Out, kw_only=True):
    """A task run in the older graph; durations in seconds."""

    id: UUID
    name: str
    upstream_dependencies: list[Any]
    state: Any
    expected_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float | None
    estimated_run_time: float | None
    untrackable_result: bool
