"""What the pages of automations show besides the automations themselves: names of what they speak of."""

from uuid import UUID

from automations.models import Automation, Evaluation
from blocks.models import BlockDocument, BlockType
from deployments.models import Deployment, DeploymentSchedule, WorkPool, WorkQueue
from notifications.models import Channel
from runs.models import Flow

MOST = 500
HOOKS = ("webhook", "custom-webhook")


def list_choices(workspace: UUID) -> dict[str, list[tuple[str, str]]]:
    """What a builder's select lists offer, by kind: (id, name)."""
    flows = dict(Flow.objects.of(workspace).order_by("name").values_list("id", "name")[:MOST])
    deployments = Deployment.objects.of(workspace).order_by("name").values_list("id", "flow_id", "name")[:MOST]
    pools = dict(WorkPool.objects.of(workspace).order_by("name").values_list("id", "name")[:MOST])
    queues = WorkQueue.objects.of(workspace).order_by("name").values_list("id", "work_pool_id", "name")[:MOST]
    types = dict(BlockType.objects.of(workspace).values_list("id", "slug"))
    blocks = BlockDocument.objects.of(workspace).filter(is_anonymous=False).order_by("name")
    documents = list(blocks.values_list("id", "block_type_id", "name")[:MOST])
    named = [(str(id), f"{types.get(kind, 'block')}/{name}", types.get(kind, "")) for id, kind, name in documents]
    channels = Channel.objects.of(workspace).order_by("name").values_list("id", "name", "kind")[:MOST]
    whole = {id: f"{flows.get(flow, '?')} / {name}" for id, flow, name in deployments}
    schedules = DeploymentSchedule.objects.of(workspace).filter(deployment_id__in=whole).order_by("deployment_id", "id")
    return {
        "flow": [(str(id), name) for id, name in flows.items()],
        "deployment": [(str(id), name) for id, name in whole.items()],
        "schedule": [(str(row.id), f"{whole[row.deployment_id]}: {called(row)}") for row in schedules[:MOST]],
        "pool": [(str(id), name) for id, name in pools.items()],
        "queue": [(str(id), f"{pools.get(pool, '?')} / {name}") for id, pool, name in queues],
        "automation": [
            (str(id), name)
            for id, name in Automation.objects.of(workspace).order_by("name").values_list("id", "name")[:MOST]
        ],
        "channel": [
            *[(str(id), f"{name} ({kind})") for id, name, kind in channels],
            *[(id, name) for id, name, slug in named if slug not in HOOKS],
        ],
        "hook": [(id, name) for id, name, slug in named if slug in HOOKS],
    }  # fmt: skip


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
