"""What select lists of other rooms offer to choose from."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from deployments.models import Deployment
from runs.models import Flow


def offer_deployments(workspace: UUID, ids: set[UUID]) -> dict[str, list[tuple[str, str]]]:
    """`flow` and `deployment`: (id, name) of the first of each, and of those with these ids."""
    deployments = Deployment.objects.of(workspace).order_by("name").only("id", "flow_id", "name").offered(ids)
    flows = names_by_id(
        Flow.objects.of(workspace).order_by("name").only("id", "name").offered(
            ids | {row.flow_id for row in deployments}
        )
    )  # fmt: skip
    return {
        "flow": list(flows.items()),
        "deployment": [(str(row.id), f"{flows.get(str(row.flow_id), '?')} / {row.name}") for row in deployments],
    }


def names_by_id(rows: Iterable[Any]) -> dict[str, str]:
    return {str(row.id): row.name for row in rows}
