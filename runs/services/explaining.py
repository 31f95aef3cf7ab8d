"""Why a run waits, for its page. The room above knows pools, queues and workers, and registers what it can tell."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

Explain = Callable[[UUID, UUID, datetime], tuple[str, str]]
"""Workspace, run and now; the code of the reason and its sentence."""

REGISTRY: list[Explain] = []


def register(explain: Explain) -> Explain:
    REGISTRY.append(explain)
    return explain


def explain_run(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> tuple[str, str]:
    for explain in REGISTRY:
        return explain(workspace, flow_run_id, now)
    return "unknown", ""
