"""What uses a channel: the policies here, and what the rooms above register."""

from collections.abc import Callable
from uuid import UUID

from msgspec import Struct

from notifications.models import Rule


class Use(Struct, frozen=True):
    """`what` it is, and `how` it uses the channel. `view` and `id` name its page. A lost one goes with the channel."""

    what: str
    name: str
    how: str
    is_lost: bool = False
    view: str = ""
    id: UUID | None = None


Find = Callable[[UUID, UUID], list[Use]]
REGISTRY: list[Find] = []


def register(find: Find) -> Find:
    REGISTRY.append(find)
    return find


def uses_of(workspace: UUID, channel: UUID) -> list[Use]:
    """What is lost with the channel first."""
    policies = [use for rule in Rule.objects.of(workspace).order_by("name", "id") for use in uses_in(rule, channel)]
    others = [use for find in REGISTRY for use in find(workspace, channel)]
    return sorted([*policies, *others], key=lambda use: not use.is_lost)


def uses_in(rule: Rule, channel: UUID) -> list[Use]:
    hows = []
    if channel in rule.channel_ids:
        hows.append("tells it alone" if rule.channel_ids == [channel] else "tells it, and others")
    if rule.escalation is not None and rule.escalation.get("channel_id") == str(channel):
        hows.append("escalates to it")
    if rule.fallback_channel_id == channel:
        hows.append("falls back to it")
    is_lost = rule.channel_ids == [channel]
    return [Use("Policy", rule.name, how, is_lost=is_lost, view="policy", id=rule.id) for how in hows]
