"""What the pages of automations show besides the automations themselves: names of what they speak of."""

from uuid import UUID

from automations.models import Automation, Evaluation
from blocks.models import BlockDocument, BlockType
from controlplane.wire.id_texts import ids_in
from deployments.models import DeploymentSchedule, WorkPool, WorkQueue
from deployments.services.offers import names_by_id, offer_deployments
from notifications.models import Channel

HOOKS = ("webhook", "custom-webhook")


def list_choices(workspace: UUID, *texts: str) -> dict[str, list[tuple[str, str]]]:
    """What a builder's select lists offer, by kind: (id, name). The first 500 of a kind, and those the texts name."""
    ids = {UUID(id) for id in ids_in(*texts)}
    scheduled = DeploymentSchedule.objects.of(workspace).order_by("deployment_id", "id")
    schedules = scheduled.only("id", "deployment_id", "slug", "schedule").offered(ids)
    queues = WorkQueue.objects.of(workspace).order_by("name").only("id", "work_pool_id", "name").offered(ids)
    ids |= {row.deployment_id for row in schedules if row.id in ids} | {row.work_pool_id for row in queues}
    choices = offer_deployments(workspace, ids)
    deployments = dict(choices["deployment"])
    pools = names_by_id(WorkPool.objects.of(workspace).order_by("name").only("id", "name").offered(ids))
    automations = Automation.objects.of(workspace).order_by("name").only("id", "name").offered(ids)
    return {
        **choices,
        "schedule": [
            (str(row.id), f"{deployments[str(row.deployment_id)]}: {called(row)}")
            for row in schedules
            if str(row.deployment_id) in deployments
        ],
        "pool": list(pools.items()),
        "queue": [(str(row.id), f"{pools.get(str(row.work_pool_id), '?')} / {row.name}") for row in queues],
        "automation": list(names_by_id(automations).items()),
        **list_receivers(workspace, ids),
    }


def list_receivers(workspace: UUID, ids: set[UUID]) -> dict[str, list[tuple[str, str]]]:
    types = dict(BlockType.objects.of(workspace).values_list("id", "slug"))
    blocks = BlockDocument.objects.of(workspace).filter(is_anonymous=False).order_by("name")
    documents = blocks.only("id", "block_type_id", "name").offered(ids)
    named = [(str(row.id), f"{types.get(row.block_type_id, 'block')}/{row.name}") for row in documents]
    hooks = {str(row.id) for row in documents if types.get(row.block_type_id) in HOOKS}
    channels = Channel.objects.of(workspace).order_by("name").only("id", "name", "kind").offered(ids)
    return {
        "channel": [
            *[(str(row.id), f"{row.name} ({row.kind})") for row in channels],
            *[(id, name) for id, name in named if id not in hooks],
        ],
        "hook": [(id, name) for id, name in named if id in hooks],
    }


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
