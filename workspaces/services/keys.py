"""API keys: made, listed and revoked. The text of a key is returned once and never stored."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from msgspec import Struct

from controlplane.errors import Conflict, Invalid, NotFound
from controlplane.ids import uuid7
from workspaces.models import AccountMember, ApiKey, ServiceAccount, User, Workspace
from workspaces.services import audit
from workspaces.services.callers import forget_callers
from workspaces.tokens import PERSON, SERVICE, hash_token, new_token


class NewKey(Struct, frozen=True):
    """A key just made. `token` is its text: show it once."""

    key: ApiKey
    token: str


def create_key(
    *,
    name: str,
    user: User | None = None,
    service_account: ServiceAccount | None = None,
    workspace: Workspace | None = None,
    expires: datetime | None = None,
    id: UUID | None = None,
) -> NewKey:
    """A key of a person or of a service account, for one workspace or for all of theirs.

    Conflict if there is a key with this `id` already: a form that is sent twice makes one key.
    """
    name = name.strip()
    if not name or len(name) > 200 or "\x00" in name:
        raise Invalid("Give the key a name of 1 to 200 characters.")
    token = new_token(PERSON if user is not None else SERVICE)
    try:
        with transaction.atomic(using="system"):
            key = ApiKey.objects.create(
                id=id or uuid7(),
                name=name,
                user=user,
                service_account=service_account,
                workspace=workspace,
                expires=expires,
                hash=hash_token(token, settings.SECRET_KEY),
                prefix=token[:8],
            )
            tell(key, "created", {"prefix": [None, key.prefix], "expires": [None, expires]})
    except IntegrityError as error:
        raise Conflict("This key was made already, and its value was shown then.") from error
    return NewKey(key, token)


def keys_in_workspace(workspace: UUID, user: User) -> list[ApiKey]:
    """The person's keys that work in this workspace, newest first, revoked ones left out."""
    keys = ApiKey.objects.filter(user=user, revoked__isnull=True)
    return list(keys.filter(workspace_id=workspace).union(keys.filter(workspace_id__isnull=True)).order_by("-created"))


def key_of_user(key_id: UUID, user: User) -> ApiKey:
    """A key of this person that is not revoked. NotFound otherwise: another's key does not exist."""
    key = ApiKey.objects.filter(id=key_id, user=user, revoked__isnull=True).first()
    if key is None:
        raise NotFound("There is no such key, or it is not yours.")
    return key


def first_used_key(workspace: UUID, user: User) -> ApiKey | None:
    """A key that was used in this workspace, or one of the person's own that works there: has anybody connected?"""
    works_here = Q(workspace_id=workspace) | Q(workspace_id__isnull=True, user=user)
    return ApiKey.objects.filter(works_here, last_used__isnull=False).order_by("last_used").first()


def revoke_key(key_id: UUID, user: User) -> ApiKey:
    """End a key at once here, and on every other process within seconds."""
    key = key_of_user(key_id, user)
    key.revoked = datetime.now(UTC)
    with transaction.atomic(using="system"):
        key.save(update_fields=["revoked"])
        tell(key, "revoked", {})
    forget_callers()
    return key


def tell(key: ApiKey, what: str, changes: dict[str, Any]) -> None:
    """In the trail of the key's workspace, or of every account in which it works."""
    if key.workspace is not None:
        places = [(key.workspace_id, key.workspace.account_id)]
    elif key.service_account is not None:
        places = [(None, key.service_account.account_id)]
    else:
        accounts = AccountMember.objects.filter(user=key.user).values_list("account_id", flat=True)
        places = [(None, account) for account in accounts]
    for workspace, account in places:
        audit.record(
            workspace, account=account, action=f"api-key.{what}", target_kind="api-key", target_id=key.id,
            target_name=key.name, changes=changes,
        )  # fmt: skip
