"""The frame round a page: which pages there are, where the person may go, and who they are.

Roof: the only place that knows the pages of every room.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from msgspec import Struct

from controlplane.badges import badges
from controlplane.ui.shell import Badge, Entry, Group, Link, Organisation, Person, Place, Switcher
from notifications.services import channel_health, slack_teams
from workspaces.permissions import Permission
from workspaces.services import callers

# Title of the group, then (title, name of the address, icon, letter after `g`).
PAGES: list[tuple[str, list[tuple[str, str, str, str]]]] = [
    (
        "",
        [
            ("Home", "workspace_home", "home", "h"),
            ("Runs", "runs", "runs", "r"),
            ("Deployments", "deployments", "deployment", "d"),
            ("Flows", "flows", "flow", "f"),
        ],
    ),
    ("Infrastructure", [("Work pools", "work_pools", "pool", "w"), ("Workers", "workers", "worker", "")]),
    (
        "React",
        [
            ("Notifications", "notifications", "bell", "n"),
            ("Automations", "automations", "bolt", "a"),
            ("Incidents", "incidents", "alert", ""),
            ("Webhooks", "webhooks", "webhook", ""),
            ("Event feed", "event_feed", "signal", "e"),
        ],
    ),
    ("Configuration", [("Blocks", "blocks", "block", "b"), ("Variables", "variables", "variable", "v")]),
    (
        "Workspace",
        [
            ("API keys", "api_keys", "key", "k"),
            ("Encryption", "encryption", "key", ""),
            ("Data boundary", "data_boundary", "shield", ""),
            ("Audit log", "audit_log", "print", ""),
        ],
    ),
]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: navigation, switcher and person for the layouts."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"mail_leaves": bool(settings.EMAIL_HOST)}
    if user is None or not user.is_authenticated:
        return context
    context |= {"person": person(user), "home_url": reverse("home")}
    # Asked for by the pages that show the banner only.
    context["unverified_email"] = SimpleLazyObject(lambda: unverified_email(user))
    place: callers.Place | None = getattr(request, "place", None)
    if place is not None:
        context["navigation"] = SimpleLazyObject(
            lambda: navigation(place, badges(place, request.session, len(context["troubled_channels"])))
        )
        context["switcher"] = switcher(place, request.caller)  # type: ignore[attr-defined]
        context["troubled_channels"] = SimpleLazyObject(lambda: troubled_channels(place))
        context["palette_url"] = address("palette", place)
    return context


def person(user: Any) -> Person:
    links = [Link("Your e-mail address", reverse("account_email"), "mail")]
    return Person(name=str(user), email=user.email, links=links, sign_out_url=reverse("account_logout"))


def unverified_email(user: Any) -> str:
    """The address that is still to be confirmed; empty where no mail leaves, since nobody could."""
    if not settings.EMAIL_HOST:
        return ""
    address = EmailAddress.objects.filter(user=user, primary=True, verified=False).first()
    return address.email if address else ""


class Troubled(Struct, frozen=True):
    """A channel through which nobody hears anything, and where it is mended by those who may."""

    name: str
    status: str
    since: datetime | None
    mend_url: str


def troubled_channels(place: callers.Place) -> list[Troubled]:
    """For those who may see channels."""
    if Permission.SEE_NOTIFICATIONS not in place.grants:
        return []
    may_mend = Permission.MANAGE_NOTIFICATIONS in place.grants
    return [
        Troubled(one.name, one.status, one.since, mend_url(place, one.kind, one.id) if may_mend else "")
        for one in channel_health.unhealthy_channels(place.workspace_id)
    ]


def mend_url(place: callers.Place, kind: str, channel: UUID) -> str:
    """Slack's own dialog where it gives a new token; else the channel's settings, to put in a new secret."""
    if kind == "slack-app":
        return address("new_slack_channel" if slack_teams.why_no_button() else "install_slack", place)
    return reverse("edit_channel", args=[place.account_handle, place.workspace_handle, channel])


NO_BADGES: Mapping[str, Badge] = MappingProxyType({})
# Pages that are not even named to those who may not open them.
NAMED_WITH = {"audit_log": Permission.SEE_AUDIT_LOG}


def navigation(place: callers.Place, counts: Mapping[str, Badge] = NO_BADGES) -> list[Group]:
    groups = []
    for title, pages in PAGES:
        named = [page for page in pages if page[1] not in NAMED_WITH or NAMED_WITH[page[1]] in place.grants]
        entries = [
            Entry(name, url, icon, key, counts.get(view))
            for name, view, icon, key in named
            if (url := address(view, place))
        ]
        if entries:
            groups.append(Group(entries, title))
    return groups


def address(view: str, place: callers.Place) -> str:
    try:
        return reverse(view, args=[place.account_handle, place.workspace_handle])
    except NoReverseMatch:
        return ""


def switcher(place: callers.Place, caller: callers.Caller) -> Switcher:
    accounts: dict[str, list[Place]] = {}
    for other in caller.places.values():
        current = other.workspace_id == place.workspace_id
        accounts.setdefault(other.account_name, []).append(
            Place(other.workspace_name, address("workspace_home", other), current=current)
        )
    return Switcher(
        organisation=place.account_name,
        place=place.workspace_name,
        organisations=[Organisation(name, places) for name, places in sorted(accounts.items())],
        new_url=reverse("new_workspace"),
    )
