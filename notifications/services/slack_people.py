"""Who clicks in Slack: a person who has said so here, or the one whose verified address Slack gives."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from msgspec import Struct

from controlplane.errors import Invalid, NotFound
from controlplane.sql.transactions import workspace_transaction
from notifications.channels.slack_app.client import call
from notifications.models import SlackLink
from notifications.services.slack_teams import SECONDS, part, text
from workspaces.models import User
from workspaces.services import audit, callers

SALT = "notifications.slack.link"
LINK_SECONDS = 30 * 60
LINK_PATH = "/me/slack/link"
TOO_OLD = "This link is too old or not ours. Click the button in Slack once more to get a new one."


class SlackUser(Struct, frozen=True):
    workspace: UUID
    team: str
    user: str
    name: str = ""


def link_url(who: SlackUser) -> str:
    token = signing.dumps(msgspec.to_builtins(who), salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}{LINK_PATH}?token={token}"


def read_link(token: str) -> SlackUser:
    """`Invalid` for a token that is too old or was not made here."""
    try:
        return msgspec.convert(signing.loads(token, salt=SALT, max_age=LINK_SECONDS), SlackUser)
    except (signing.BadSignature, msgspec.ValidationError):
        raise Invalid(TOO_OLD) from None


def link(person: User, who: SlackUser) -> callers.Place:
    """Say that this Slack user is this person. NotFound unless the person is in the workspace."""
    caller = callers.caller_of_user(person)
    place = caller.places.get(who.workspace)
    if place is None:
        raise NotFound("You are not a member of the workspace that this message is about.")
    with workspace_transaction(who.workspace):
        values: dict[str, Any] = {"person_id": person.id, "updated": datetime.now(UTC)}
        key: dict[str, Any] = {"workspace_id": who.workspace, "team_id": who.team, "slack_user": who.user}
        row, _ = SlackLink.objects.of(who.workspace).update_or_create(**key, defaults=values)
        audit.record(
            who.workspace, action="slack-user.linked", target_kind="slack-user", target_id=row.id,
            target_name=f"{who.name or who.user} ({who.team})", changes={"person": [None, str(person.id)]},
            account=place.account_id, actor=caller, via="page",
        )  # fmt: skip
    return place


def find_linked(workspace: UUID, team: str, user: str) -> UUID | None:
    """Inside the workspace's transaction."""
    rows = SlackLink.objects.of(workspace).filter(team_id=team, slack_user=user)
    found: UUID | None = rows.values_list("person_id", flat=True).first()
    return found


def ask_slack(token: str, user: str) -> tuple[str, str]:
    """E-mail address and name that Slack has of a user. `DeliveryFailed` if it does not say."""
    told = part(call(token, "users.info", form={"user": user}, seconds=SECONDS), "user")
    profile = part(told, "profile")
    # Guests of other companies and bots come with addresses that this Slack workspace does not vouch for.
    is_own = not any(told.get(flag) is True for flag in ("is_bot", "is_stranger", "deleted"))
    return text(profile, "email") if is_own else "", text(told, "real_name") or text(told, "name")


def person_of_email(email: str) -> UUID | None:
    """Only an address that its owner has proved here."""
    if not email:
        return None
    rows = EmailAddress.objects.filter(email__iexact=email, verified=True, user__is_active=True)
    found: UUID | None = rows.values_list("user_id", flat=True).first()
    return found


def caller_in(workspace: UUID, person: UUID | None) -> tuple[callers.Caller, callers.Place] | None:
    """The person as a caller; None unless they are in the workspace now."""
    user = User.objects.filter(id=person, is_active=True).first() if person is not None else None
    if user is None:
        return None
    caller = callers.caller_of_user(user)
    place = caller.places.get(workspace)
    return None if place is None else (caller, place)
