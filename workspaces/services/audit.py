"""The audit trail: who did what, written in the transaction of what was done."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connections
from msgspec import Raw, json

from controlplane.acting import who_acts
from controlplane.ids import uuid7
from controlplane.sql import transactions
from controlplane.sql.transactions import system_transaction
from workspaces import queries
from workspaces.models import AccountMember, ApiKey, Workspace
from workspaces.permissions import ACCOUNT_ROLES_THAT_OWN_WORKSPACES
from workspaces.rules.audit import CHANGED, differences, without_secrets
from workspaces.services.callers import Caller, Place
from workspaces.wire import AuditEntry, AuditFilter

__all__ = ["CHANGED", "differences", "list_entries", "record", "trails_of"]


def record(
    workspace: UUID | None, *, action: str, target_kind: str, target_id: UUID | str = "", target_name: str = "",
    changes: Mapping[str, Any] | None = None, account: UUID | None = None, actor: Caller | None = None,
    via: str | None = None,
) -> None:  # fmt: skip
    """Add an entry in the transaction that is open: it stands if, and only if, the change does.

    `action` is `<kind>.<verb in the past>`. `changes` maps a field to `[before, after]` or to CHANGED, which is all
    that is ever said of a secret; fields whose names suggest one lose their values here as a second net. Who acts,
    through which door and from where comes from the request unless it is given. Without a workspace the entry is
    the account's own.
    """
    acting = who_acts()
    caller = actor or (acting.caller if acting else None)
    told = json.encode(without_secrets(changes or {}))
    params = {
        "id": uuid7(),
        "workspace": workspace or account,
        "account": account or account_of(workspace),
        "actor_type": caller.actor_type if caller else "SYSTEM",
        "actor_id": caller.actor_id if caller else None,
        "actor_name": caller.name if caller else "Signalbox",
        "key_id": caller.key_id if caller else None,
        "action": action,
        "target_kind": target_kind,
        "target_id": str(target_id),
        "target_name": target_name[:200],
        "changes": Raw(told),
        "via": via or (acting.via if acting else "system"),
        "address": acting.address if acting else "",
        "client": acting.client if acting else "",
        # What people and keys change is told; what the server sets up by itself is not.
        "event": uuid7() if workspace is not None and caller is not None else None,
    }
    if transactions.current.cursor is not None:
        queries.record_entry(**params)
        return
    # Identity is written through the system role, in Django's own transactions.
    connection = connections["system"]
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry is part of a change: open the transaction of the change first.")
    with connection.cursor() as cursor:
        cursor.execute(queries.record_entry_text, {**params, "changes": told.decode()})


def account_of(workspace: UUID | None) -> UUID:
    if workspace is None:
        raise ValueError("An audit entry belongs to a workspace or to an account.")
    acting = who_acts()
    if acting and acting.place is not None and acting.place.workspace_id == workspace:
        return UUID(str(acting.place.account_id))
    return Workspace.objects.values_list("account_id", flat=True).get(id=workspace)


def trails_of(caller: Caller, place: Place) -> list[UUID]:
    """Whose entries the caller reads here: the workspace's and, if they run the account, the account's own.

    A key for one workspace reads that workspace's, whoever made it.
    """
    runs_account = AccountMember.objects.filter(
        account_id=place.account_id, user_id=caller.actor_id, role__in=ACCOUNT_ROLES_THAT_OWN_WORKSPACES
    ).exists()
    is_bound = caller.key_id and ApiKey.objects.filter(id=caller.key_id, workspace__isnull=False).exists()
    return [place.workspace_id, place.account_id] if runs_account and not is_bound else [place.workspace_id]


def list_entries(trails: Sequence[UUID], wanted: AuditFilter) -> list[AuditEntry]:
    """Their entries, newest first. Opens a transaction of its own: the runtime role cannot read the trail."""
    with system_transaction():
        return queries.list_entries(
            trails=list(trails), before=wanted.before, since=wanted.since, until=wanted.until, actions=wanted.actions,
            actor=wanted.actor_id, kinds=wanted.target_kinds, target=wanted.target_id, words=wanted.words,
            limit=wanted.limit,
        )  # fmt: skip
