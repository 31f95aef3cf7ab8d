"""Rules: which states of flow runs are told to which channel."""

from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import Count, Max
from msgspec import Struct

from controlplane.errors import Invalid
from notifications.models import Outbox, Rule
from notifications.services.channels import read_channel
from notifications.wire.policies import Group, Watch
from workspaces.services import audit


class Choice(Struct, frozen=True):
    """A ready rule, as the page offers it."""

    key: str
    words: str
    state_types: tuple[str, ...] = ()
    state_names: tuple[str, ...] = ()


CHOICES = (
    Choice("failed", "Failed or crashed", ("FAILED", "CRASHED")),
    Choice("late", "Late", (), ("Late",)),
    Choice("paused", "Paused or suspended, waiting for a person", ("PAUSED",)),
    Choice("cancelled", "Cancelled", ("CANCELLED",)),
    Choice("completed", "Completed", ("COMPLETED",)),
)


def list_rules(workspace: UUID) -> list[Rule]:
    return list(Rule.objects.of(workspace).order_by("created"))


def create_rules(workspace: UUID, channel_id: UUID, choices: list[str]) -> list[Rule]:
    """One rule for each choice. `Invalid` if one is not a ready rule."""
    read_channel(workspace, channel_id)
    known = {choice.key: choice for choice in CHOICES}
    if unknown := set(choices) - set(known):
        raise Invalid(f"There is no rule called {min(unknown)}.")
    made = [
        Rule(
            workspace_id=workspace,
            channel_ids=[channel_id],
            name=known[key].words,
            watch=msgspec.to_builtins(
                Watch(state_types=list(known[key].state_types), state_names=list(known[key].state_names))
            ),
            group=msgspec.to_builtins(Group()),
        )
        for key in choices
    ]
    for rule in made:
        rule.save(force_insert=True)
        audit.record(
            workspace, action="notification-policy.created", target_kind="notification-policy", target_id=rule.id,
            target_name=rule.name,
        )  # fmt: skip
    return made


class Fired(Struct, frozen=True):
    """How a rule has been busy."""

    last: datetime | None
    count: int

    def pair(self) -> tuple[datetime | None, int]:
        return self.last, self.count


def count_fired(workspace: UUID, since: datetime) -> dict[UUID, Fired]:
    """When each rule last wrote a message, and how many since then."""
    rows = (
        Outbox.objects.of(workspace)
        .filter(rule_id__isnull=False, created__gte=since)
        .values("rule_id")
        .annotate(last=Max("created"), count=Count("id"))
    )
    return {row["rule_id"]: Fired(row["last"], row["count"]) for row in rows}
