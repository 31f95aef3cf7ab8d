"""What the events of assets say, in the labels of their resources."""

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

from events.wire.assets import AssetProperties

Labels = Mapping[str, str]


def read_labels(resource: Labels) -> AssetProperties:
    return AssetProperties(
        name=resource.get("prefect.resource.name"),
        url=resource.get("prefect.asset.url"),
        description=resource.get("prefect.asset.description"),
        owners=read_owners(resource.get("prefect.asset.owners")),
    )


def read_owners(text: str | None) -> list[str]:
    """The owners are JSON in a label; whatever else stands there is no owner."""
    try:
        owners = json.loads(text or "[]")
    except ValueError:
        return []
    return [owner for owner in owners if isinstance(owner, str)] if isinstance(owners, list) else []


def related_ids(related: Sequence[Labels]) -> tuple[UUID | None, UUID | None]:
    """The flow run and the task run among the related resources."""
    return find_id(related, "prefect.flow-run."), find_id(related, "prefect.task-run.")


def find_id(related: Sequence[Labels], prefix: str) -> UUID | None:
    for resource in related:
        name = resource.get("prefect.resource.id", "")
        if name.startswith(prefix):
            try:
                return UUID(name.removeprefix(prefix))
            except ValueError:
                continue
    return None


def tools_of(related: Sequence[Labels]) -> list[str]:
    """What an asset was made with: `dbt`, `spark`."""
    by = (each for each in related if each.get("prefect.resource.role") == "asset-materialized-by")
    return [each.get("prefect.resource.id", "") for each in by]


def status_of(event: str) -> str:
    return event.rpartition(".")[2]
