"""Accounts (organisations) and the workspaces in them."""

import re
from uuid import UUID

from django.db import IntegrityError, transaction

from controlplane.errors import Conflict, Invalid, NotFound
from workspaces.models import Account, AccountMember, User, Workspace, WorkspaceAccess
from workspaces.permissions import ACCOUNT_ROLES_THAT_OWN_WORKSPACES
from workspaces.services import audit

RESERVED_HANDLES = {"new", "api", "admin", "me", "login", "signup", "static", "health"}


def slugify(text: str) -> str:
    """A handle from a name: lowercase letters, digits and single dashes, 1 to 40 characters."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")


def create_account_for(user: User) -> Account:
    """The account of a person who signed up, named after their e-mail address; they own it."""
    stem = slugify(user.email.split("@")[0]) or "account"
    for n in range(1, 1000):
        handle = stem if n == 1 else f"{stem}-{n}"
        if handle not in RESERVED_HANDLES and not Account.objects.filter(handle=handle).exists():
            try:
                return create_account(user, name=handle, handle=handle)
            except Conflict:
                continue
    raise Conflict(f"No free handle like {stem!r} is left.")


def create_account(owner: User, *, name: str, handle: str) -> Account:
    """A new account with its owner. Conflict if the handle is taken."""
    try:
        with transaction.atomic(using="system"):
            account = Account.objects.create(name=name, handle=check_handle(handle))
            AccountMember.objects.create(account=account, user=owner, role="Owner")
            tell_of_member("account", account.id, None, owner, "Owner")
    except IntegrityError as error:
        raise Conflict(f"The handle {handle!r} is taken.") from error
    return account


def create_workspace(
    account: Account, creator: User, *, name: str, handle: str = "", description: str = ""
) -> Workspace:
    """A new workspace that its creator owns. Conflict if the account has one with this handle."""
    handle = check_handle(handle or slugify(name))
    try:
        with transaction.atomic(using="system"):
            workspace = Workspace.objects.create(account=account, name=name, handle=handle, description=description)
            WorkspaceAccess.objects.create(workspace=workspace, user=creator, role="Owner")
            audit.record(
                workspace.id, account=account.id, action="workspace.created", target_kind="workspace",
                target_id=workspace.id, target_name=name,
            )  # fmt: skip
            tell_of_member("workspace", account.id, workspace.id, creator, "Owner")
    except IntegrityError as error:
        raise Conflict(f"This account already has a workspace with the handle {handle!r}.") from error
    return workspace


def tell_of_member(what: str, account: UUID, workspace: UUID | None, user: User, role: str | None) -> None:
    """Who may enter is the first thing that an audit asks for. No role: they left."""
    audit.record(
        workspace, account=account, action=f"{what}-member.{'added' if role else 'removed'}",
        target_kind="person", target_id=user.id, target_name=str(user), changes={"role": [None, role]},
    )  # fmt: skip


def check_handle(handle: str) -> str:
    if handle != slugify(handle) or not handle or handle in RESERVED_HANDLES:
        raise Invalid(
            "A handle is made of lowercase letters, digits and dashes, and begins and ends with a letter or digit."
        )
    return handle


def account_of(user: User, account_handle: str) -> tuple[Account, str]:
    """An account that the person is a member of, with their role. NotFound otherwise: existence is not confirmed."""
    member = AccountMember.objects.select_related("account").filter(user=user, account__handle=account_handle).first()
    if member is None:
        raise NotFound("There is no such organisation, or you are not a member of it.")
    return member.account, member.role


def accounts_of(user: User) -> list[tuple[Account, str]]:
    members = AccountMember.objects.select_related("account").filter(user=user).order_by("account__name")
    return [(member.account, member.role) for member in members]


def accounts_run_by(user: User) -> list[Account]:
    """The accounts in which the person may make workspaces."""
    return [account for account, role in accounts_of(user) if role in ACCOUNT_ROLES_THAT_OWN_WORKSPACES]


def workspace_by_handles(account_handle: str, workspace_handle: str) -> Workspace | None:
    return (
        Workspace.objects.select_related("account")
        .filter(account__handle=account_handle, handle=workspace_handle)
        .first()
    )


def workspace_by_ids(account_id: UUID, workspace_id: UUID) -> Workspace | None:
    return Workspace.objects.select_related("account").filter(account_id=account_id, id=workspace_id).first()


def account_id_of(workspace: UUID) -> UUID:
    return UUID(str(Workspace.objects.values_list("account_id", flat=True).get(id=workspace)))
