"""Who is calling: from the text of a key to a caller with the grants it has in each workspace.

Callers are kept in memory for a few seconds, so that a request costs no look-up and a revoked key, a removed
member or a lowered role is refused within `FRESH_SECONDS` on every process, open sockets included.
"""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from msgspec import Struct

from controlplane.errors import NotFound, Unauthenticated
from workspaces.models import AccountMember, ApiKey, User, Workspace, WorkspaceAccess
from workspaces.permissions import ACCOUNT_ROLES_THAT_OWN_WORKSPACES, ROLES, Permission
from workspaces.tokens import hash_token, is_wellformed

FRESH_SECONDS = 3.0
LAST_USED_EVERY = timedelta(seconds=60)


class Place(Struct, frozen=True):
    """One workspace that the caller may enter, and what it may do there."""

    account_id: UUID
    account_name: str
    account_handle: str
    workspace_id: UUID
    workspace_name: str
    workspace_handle: str
    workspace_description: str
    role: str
    grants: frozenset[Permission]


class Caller(Struct, frozen=True):
    """An authenticated key, or a signed-in person."""

    key_id: UUID | None
    actor_id: UUID
    actor_type: str
    name: str
    email: str
    places: dict[UUID, Place]
    home: UUID | None


class KeyRefused(Unauthenticated):
    """A key that we know, and that is no good any more. The answer is that of an unknown one."""


class Cached(Struct):
    caller: Caller | None
    is_known: bool
    until: float


cache: dict[bytes, Cached] = {}


def identify(token: str, client: str = "") -> Caller:
    """The caller that a key belongs to. Unauthenticated if it is unknown, expired, revoked or mistyped."""
    if not is_wellformed(token):
        raise Unauthenticated
    digest = hash_token(token, settings.SECRET_KEY)
    now = time.monotonic()
    cached = cache.get(digest)
    if cached is None or cached.until < now:
        if len(cache) > 10_000:
            cache.clear()
        cached = cache[digest] = Cached(*load_caller(digest, client), now + FRESH_SECONDS)
    if cached.caller is None:
        raise KeyRefused if cached.is_known else Unauthenticated
    return cached.caller


def forget_callers() -> None:
    """Drop what is remembered in this process, after a change made here."""
    cache.clear()


def load_caller(digest: bytes, client: str) -> tuple[Caller | None, bool]:
    """The caller, and whether there is such a key at all."""
    key = ApiKey.objects.select_related("user", "service_account").filter(hash=digest).first()
    now = datetime.now(UTC)
    if key is None or key.revoked or (key.expires and key.expires <= now):
        return None, key is not None
    if key.user is not None and not key.user.is_active:
        return None, True
    if key.last_used is None or now - key.last_used > LAST_USED_EVERY:
        ApiKey.objects.filter(id=key.id).update(last_used=now, last_client=client[:200])
    if key.user is not None:
        places = places_of_user(key.user.id)
        actor = (key.user.id, "USER", str(key.user), key.user.email)
    elif key.service_account is not None:
        places = places_of_service_account(key.service_account.id)
        actor = (key.service_account.id, "SERVICE_ACCOUNT", key.service_account.name, "")
    else:
        return None, True
    if key.workspace_id is not None:
        places = {id: place for id, place in places.items() if id == key.workspace_id}
    return Caller(key.id, *actor, places, next(iter(places), None)), True


def caller_of_user(user: User) -> Caller:
    """A signed-in person as a caller: what the pages use."""
    places = places_of_user(user.id)
    return Caller(None, user.id, "USER", str(user), user.email, places, next(iter(places), None))


def places_of_user(user_id: UUID) -> dict[UUID, Place]:
    """Direct access, and every workspace of the accounts that the person runs."""
    accesses = WorkspaceAccess.objects.select_related("workspace__account").filter(user_id=user_id)
    roles = {access.workspace_id: (access.workspace, access.role) for access in accesses.order_by("created")}
    run = AccountMember.objects.filter(user_id=user_id, role__in=ACCOUNT_ROLES_THAT_OWN_WORKSPACES).values("account_id")
    for workspace in Workspace.objects.select_related("account").filter(account_id__in=run).order_by("created"):
        roles[workspace.id] = (workspace, "Owner")
    return {id: place(workspace, role) for id, (workspace, role) in roles.items()}


def places_of_service_account(service_account_id: UUID) -> dict[UUID, Place]:
    accesses = WorkspaceAccess.objects.select_related("workspace__account")
    accesses = accesses.filter(service_account_id=service_account_id)
    return {access.workspace_id: place(access.workspace, access.role) for access in accesses.order_by("created")}


def place(workspace: Workspace, role: str) -> Place:
    return Place(
        account_id=workspace.account_id,
        account_name=workspace.account.name,
        account_handle=workspace.account.handle,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        workspace_handle=workspace.handle,
        workspace_description=workspace.description,
        role=role,
        grants=ROLES[role],
    )


def enter(caller: Caller, account_id: UUID | None, workspace_id: UUID | None) -> Place:
    """The workspace of a request. NotFound unless the caller has a role there: existence is not confirmed."""
    wanted = workspace_id or caller.home
    place = None if wanted is None else caller.places.get(wanted)
    if place is None or (account_id is not None and place.account_id != account_id):
        raise NotFound("Workspace not found.")
    return place
