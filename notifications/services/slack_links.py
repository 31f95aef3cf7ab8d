"""Who is linked to which Slack user: listed and taken away."""

from uuid import UUID

from msgspec import Struct

from controlplane.errors import NotFound, Refused
from notifications.models import SlackLink, SlackTeam
from workspaces.models import User
from workspaces.services import audit


class Linked(Struct, frozen=True):
    id: UUID
    slack_user: str
    person_id: UUID
    person: str


def list_links(team: SlackTeam) -> list[Linked]:
    rows = list(SlackLink.objects.of(team.workspace_id).filter(team_id=team.team_id).order_by("slack_user"))
    people = User.objects.in_bulk([row.person_id for row in rows])
    return [Linked(row.id, row.slack_user, row.person_id, named(people.get(row.person_id))) for row in rows]


def named(person: User | None) -> str:
    return str(person) if person is not None else "somebody who is gone"


def remove_link(team: SlackTeam, id: UUID, *, by: UUID, may_manage: bool) -> str:
    """Who was linked. `Refused` for another person's, unless one manages channels."""
    link = next((one for one in list_links(team) if one.id == id), None)
    if link is None:
        raise NotFound("There is no such link.")
    if not may_manage and link.person_id != by:
        raise Refused("This is another person's link: they or a developer may remove it.")
    SlackLink.objects.of(team.workspace_id).filter(id=id).delete()
    audit.record(
        team.workspace_id, action="slack-user.unlinked", target_kind="slack-user", target_id=id,
        target_name=f"{link.slack_user} ({team.team_id})", changes={"person": [str(link.person_id), None]},
    )  # fmt: skip
    return link.person
