"""Names of what policies speak of."""

from collections.abc import Iterable
from uuid import UUID

from deployments.models import Deployment
from notifications.models import Channel
from notifications.wire.policies import Policy, PolicyCreate
from runs.models import Flow

MOST = 500


def list_choices(workspace: UUID) -> dict[str, list[tuple[str, str]]]:
    """What a form offers, by kind: (id, name)."""
    flows = dict(Flow.objects.of(workspace).order_by("name").values_list("id", "name")[:MOST])
    deployments = Deployment.objects.of(workspace).order_by("name").values_list("id", "flow_id", "name")[:MOST]
    channels = Channel.objects.of(workspace).order_by("name").values_list("id", "name")[:MOST]
    return {
        "flow": [(str(id), name) for id, name in flows.items()],
        "deployment": [(str(id), f"{flows.get(flow, '?')} / {name}") for id, flow, name in deployments],
        "channel": [(str(id), name) for id, name in channels],
    }


def names_in(choices: dict[str, list[tuple[str, str]]]) -> dict[UUID, str]:
    return {UUID(id): name for kind in choices.values() for id, name in kind}


def names_for(workspace: UUID, policies: Iterable[Policy | PolicyCreate]) -> dict[UUID, str]:
    """Of what these policies speak of: three statements, however many there are."""
    channels: set[UUID] = set()
    deployments: set[UUID] = set()
    flows: set[UUID] = set()
    for policy in policies:
        others = [policy.fallback_channel_id, policy.escalation.channel_id if policy.escalation else None]
        channels |= {*policy.channel_ids, *(one for one in others if one)}
        deployments |= set(policy.watch.deployment_ids)
        flows |= set(policy.watch.flow_ids)
    named: dict[UUID, str] = {}
    for model, ids in ((Channel, channels), (Deployment, deployments), (Flow, flows)):
        if ids:
            named |= dict(model.objects.of(workspace).filter(id__in=ids).values_list("id", "name"))
    return named
