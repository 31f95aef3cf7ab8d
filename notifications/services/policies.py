"""Notification policies: made, changed, muted and deleted."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import Invalid, NotFound
from controlplane.filters import page_limits
from controlplane.filters.bodies import Listing
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from notifications.models import Channel, Rule
from notifications.wire.policies import Mute, Policy, PolicyCreate, PolicyUpdate
from workspaces.services import audit

NOT_FOUND = "There is no such notification policy in this workspace."
FIELDS = tuple(name for name in Policy.__struct_fields__ if name not in ("id", "created", "updated"))
NESTED = frozenset({"watch", "group", "digest", "quiet_hours", "escalation"})


def list_policies(workspace: UUID, body: Listing) -> list[Policy]:
    """The oldest first."""
    limits = page_limits(body)
    rows = Rule.objects.of(workspace).order_by("created", "id")[limits.offset : limits.offset + limits.limit]
    return [shown(row) for row in rows]


def read_policy(workspace: UUID, policy_id: UUID) -> Policy:
    return shown(find(workspace, policy_id))


def create_policy(workspace: UUID, body: PolicyCreate, *, now: datetime) -> Policy:
    """`Invalid` if it names a channel that is not there."""
    check_channels(workspace, body)
    row = Rule(workspace_id=workspace, created=now, updated=now, **columns(present(body)))
    row.save(force_insert=True)
    audit.record(
        workspace, action="notification-policy.created", target_kind="notification-policy", target_id=row.id,
        target_name=row.name,
    )  # fmt: skip
    return shown(row)


def update_policy(workspace: UUID, policy_id: UUID, body: PolicyUpdate, *, now: datetime) -> Policy:
    """What is left out stays. A digest that is taken away is told at once."""
    row, changed = find(workspace, policy_id), columns(present(body))
    check_channels(workspace, body)
    before = {name: getattr(row, name) for name in changed}
    for name, value in changed.items():
        setattr(row, name, value)
    row.updated = now
    if {"digest", "quiet_hours", "muted_until", "most_per_hour"} & set(changed) and row.digest_due is not None:
        row.digest_due = now
        changed["digest_due"] = now
    row.save(force_update=True, update_fields=[*changed, "updated"])
    names = {name: [before[name], getattr(row, name)] for name in before if before[name] != getattr(row, name)}
    audit.record(
        workspace, action="notification-policy.updated", target_kind="notification-policy", target_id=policy_id,
        target_name=row.name, changes=msgspec.to_builtins(names),
    )  # fmt: skip
    return shown(row)


def mute_policy(workspace: UUID, policy_id: UUID, body: Mute, *, now: datetime) -> Policy:
    """Tell nothing until then; what happens meanwhile comes as one message at the end."""
    return update_policy(workspace, policy_id, PolicyUpdate(muted_until=body.until), now=now)


def delete_policy(workspace: UUID, policy_id: UUID) -> None:
    """Its alerts go with it; what was told stays in the deliveries."""
    row = find(workspace, policy_id)
    Rule.objects.of(workspace).filter(id=policy_id).delete()
    audit.record(
        workspace, action="notification-policy.deleted", target_kind="notification-policy", target_id=policy_id,
        target_name=row.name,
    )  # fmt: skip


def forget_channel(workspace: UUID, channel_id: UUID) -> None:
    """Take a channel out of every policy; one that would tell nobody any more goes with it."""
    for row in Rule.objects.of(workspace):
        left = [one for one in row.channel_ids if one != channel_id]
        if not left:
            Rule.objects.of(workspace).filter(id=row.id).delete()
            continue
        escalates = row.escalation is not None and row.escalation["channel_id"] == str(channel_id)
        Rule.objects.of(workspace).filter(id=row.id).update(
            channel_ids=left,
            escalation=None if escalates else row.escalation,
            fallback_channel_id=None if row.fallback_channel_id == channel_id else row.fallback_channel_id,
        )


def find(workspace: UUID, policy_id: UUID) -> Rule:
    row: Rule | None = Rule.objects.of(workspace).select_for_update().filter(id=policy_id).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return row


def check_channels(workspace: UUID, body: PolicyCreate | PolicyUpdate) -> None:
    named: list[tuple[str, UUID]] = []
    if isinstance(body.channel_ids, list):
        named += [("channel_ids", one) for one in body.channel_ids]
    if isinstance(body.fallback_channel_id, UUID):
        named.append(("fallback_channel_id", body.fallback_channel_id))
    if body.escalation:
        named.append(("escalation.channel_id", body.escalation.channel_id))
    known = set(Channel.objects.of(workspace).filter(id__in=[id for _, id in named]).values_list("id", flat=True))
    for field, id in named:
        if id not in known:
            raise Invalid(f"{field}: there is no channel {id} in this workspace.")


def drafted(body: PolicyCreate, now: datetime) -> Policy:
    """The policy as it would be stored; on, since somebody asks what it does."""
    values = {name: getattr(body, name) for name in FIELDS}
    return Policy(**{**values, "id": uuid7(), "created": now, "updated": now, "enabled": True, "muted_until": None})


def columns(sent: dict[str, Any]) -> dict[str, Any]:
    """As the table keeps them: nested parts as JSON."""
    return {name: msgspec.to_builtins(value) if name in NESTED else value for name, value in sent.items()}


def shown(row: Rule) -> Policy:
    values = {name: getattr(row, name) for name in FIELDS}
    return msgspec.convert(
        {"id": row.id, "created": row.created, "updated": row.updated, **values}, Policy, strict=False
    )
