"""Names of what policies speak of."""

from collections.abc import Iterable
from uuid import UUID

from controlplane.wire.id_texts import ids_in
from deployments.models import Deployment
from deployments.services.offers import names_by_id, offer_deployments
from notifications.models import Channel
from notifications.wire.policies import Policy, PolicyCreate
from runs.models import Flow


def list_choices(workspace: UUID, *texts: str) -> dict[str, list[tuple[str, str]]]:
    """What a form offers, by kind: (id, name). The first 500 of a kind, and those that the texts name by their ids."""
    ids = {UUID(id) for id in ids_in(*texts)}
    channels = Channel.objects.of(workspace).order_by("name").only("id", "name").offered(ids)
    return {**offer_deployments(workspace, ids), "channel": list(names_by_id(channels).items())}


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
