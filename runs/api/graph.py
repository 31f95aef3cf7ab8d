"""REST doors of run graphs."""

from uuid import UUID

from controlplane.wire.doors import Call, get
from runs.services import graph
from runs.wire.graph import Dependency, Graph, Since
from workspaces.permissions import Permission


@get("flow_runs/<uuid:id>/graph-v2", needs=Permission.SEE_FLOWS)
def read_graph(call: Call, id: UUID, query: Since) -> Graph:
    return graph.read_graph(call.workspace, id, since=query.since)


@get("flow_runs/<uuid:id>/graph", needs=Permission.SEE_FLOWS)
def read_dependencies(call: Call, id: UUID) -> list[Dependency]:
    return graph.read_dependencies(call.workspace, id, now=call.now)
