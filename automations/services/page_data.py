"""What the pages of automations show besides the automations themselves: names of what they speak of."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from automations.models import Automation, Evaluation
from automations.rules.sentences import ids_in
from blocks.models import BlockDocument, BlockType
from deployments.models import Deployment, DeploymentSchedule, WorkPool, WorkQueue
from notifications.models import Channel
from runs.models import Flow

MOST = 500
HOOKS = ("webhook", "custom-webhook")


def list_choices(workspace: UUID, *texts: str) -> dict[str, list[tuple[str, str]]]:
    """What a builder's select lists offer, by kind: (id, name). The first 500 of a kind, and those the texts name."""
    ids = {UUID(id) for text in texts for id in ids_in(text)}
    schedules = offered(DeploymentSchedule.objects.of(workspace).order_by("deployment_id", "id"), ids)
    ids |= {row.deployment_id for row in schedules if row.id in ids}
    deployments = offered(Deployment.objects.of(workspace).order_by("name").only("id", "flow_id", "name"), ids)
    queues = offered(WorkQueue.objects.of(workspace).order_by("name").only("id", "work_pool_id", "name"), ids)
    ids |= {row.flow_id for row in deployments} | {row.work_pool_id for row in queues}
    flows = names_by_id(offered(Flow.objects.of(workspace).order_by("name").only("id", "name"), ids))
    pools = names_by_id(offered(WorkPool.objects.of(workspace).order_by("name").only("id", "name"), ids))
    whole = {str(row.id): f"{flows.get(str(row.flow_id), '?')} / {row.name}" for row in deployments}
    automations = offered(Automation.objects.of(workspace).order_by("name").only("id", "name"), ids)
    return {
        "flow": list(flows.items()),
        "deployment": list(whole.items()),
        "schedule": [
            (str(row.id), f"{whole[str(row.deployment_id)]}: {called(row)}")
            for row in schedules
            if str(row.deployment_id) in whole
        ],
        "pool": list(pools.items()),
        "queue": [(str(row.id), f"{pools.get(str(row.work_pool_id), '?')} / {row.name}") for row in queues],
        "automation": list(names_by_id(automations).items()),
        **list_receivers(workspace, ids),
    }


def list_receivers(workspace: UUID, ids: set[UUID]) -> dict[str, list[tuple[str, str]]]:
    types = dict(BlockType.objects.of(workspace).values_list("id", "slug"))
    blocks = BlockDocument.objects.of(workspace).filter(is_anonymous=False).order_by("name")
    documents = offered(blocks.only("id", "block_type_id", "name"), ids)
    named = [(str(row.id), f"{types.get(row.block_type_id, 'block')}/{row.name}") for row in documents]
    hooks = {str(row.id) for row in documents if types.get(row.block_type_id) in HOOKS}
    channels = offered(Channel.objects.of(workspace).order_by("name").only("id", "name", "kind"), ids)
    return {
        "channel": [
            *[(str(row.id), f"{row.name} ({row.kind})") for row in channels],
            *[(id, name) for id, name in named if id not in hooks],
        ],
        "hook": [(id, name) for id, name in named if id in hooks],
    }


def offered(found: QuerySet[Any], ids: set[UUID]) -> list[Any]:
    first = list(found[:MOST])
    if len(first) < MOST:
        return first
    return first + list(found.filter(id__in=ids - {row.id for row in first}))


def names_by_id(rows: list[Any]) -> dict[str, str]:
    return {str(row.id): row.name for row in rows}


def called(row: DeploymentSchedule) -> str:
    """How a schedule is told from the others of its deployment."""
    timing = row.schedule.get("cron") or row.schedule.get("rrule") or f"every {row.schedule.get('interval', '?')} s"
    return str(row.slug or timing)


def names_of(choices: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    return {id: name for kind in choices.values() for id, name in kind}


def last_fired(workspace: UUID) -> dict[UUID, object]:
    """The newest firing that is kept, by automation."""
    rows = Evaluation.objects.of(workspace).filter(verdict="fired").order_by("automation_id", "-created")
    return dict(rows.distinct("automation_id").values_list("automation_id", "created"))
