"""Who signed in, who signed out, and whose password was guessed at: in the trail of every account that they are in.

A refused sign-in is bounded by the limit on sign-ins itself: behind it nobody is asked for a password.
"""

from typing import Any
from uuid import UUID

from django.db import transaction

from controlplane.acting import Acting, acting
from workspaces.models import AccountMember, User, WorkspaceAccess
from workspaces.services import audit, callers


def note_signed(user: User, what: str, *, request: Any, by_themselves: bool = True) -> None:
    """`what` is `signed-in`, `signed-out` or `sign-in-refused`; of the last nobody knows who it was."""
    caller = callers.caller_of_user(user) if by_themselves else None
    who = Acting(
        caller, None, "page", request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_USER_AGENT", "")[:200]
    )
    with transaction.atomic(using="system"), acting(who):
        for account in accounts_of(user):
            audit.record(
                None, account=account, action=f"person.{what}", target_kind="person", target_id=user.id,
                target_name=str(user),
            )  # fmt: skip


def note_refused_sign_in(email: str, *, request: Any) -> None:
    """An address that nobody has belongs to no account, so it is in no trail."""
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        note_signed(user, "sign-in-refused", request=request, by_themselves=False)


def accounts_of(user: User) -> list[UUID]:
    mine = set(AccountMember.objects.filter(user=user).values_list("account_id", flat=True))
    guest = set(WorkspaceAccess.objects.filter(user=user).values_list("workspace__account_id", flat=True))
    return sorted(mine | guest)
