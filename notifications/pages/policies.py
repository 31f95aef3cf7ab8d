"""HTML doors of policies: one page to make or change one, which says and shows what it does."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from controlplane.errors import Problem, Refused
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.fields import Choices
from controlplane.ui.page import page
from notifications.forms.policy import ZONES, PolicyForm, initial_of
from notifications.pages import listing
from notifications.pages.policy_pane import OWN_WORDS, pane_of_form, pane_of_policy
from notifications.rules.starting_points import BY_KEY, STARTING_POINTS
from notifications.services import naming, policies
from notifications.wire.policies import (
    Mute,
    Policy,
    PolicyCreate,
    PolicyUpdate,
)
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

MUTES = ((1, "1 hour"), (8, "8 hours"), (24, "1 day"), (168, "1 week"))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def new_policy(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    with workspace_transaction(workspace):
        copied = copied_policy(request)
        choices = naming.list_choices(workspace, *texts_of(request, copied))
    start = copied or starting_policy(request, choices)
    if request.method == "POST":
        return submitted(request, PolicyForm(choices, request.POST), choices, None)
    return show(
        request, PolicyForm(choices, initial=initial_of(start)), choices, None, policies.drafted(start, request.now)
    )


@workspace_page(needs=Permission.SEE_NOTIFICATIONS, transaction=False)
def edit_policy(request: PageRequest, policy: UUID) -> HttpResponse:
    """Who may only look sees the same page, and cannot change it."""
    workspace, refused = request.place.workspace_id, listing.refusal(request)
    with workspace_transaction(workspace):
        stored = policies.read_policy(workspace, policy)
        choices = naming.list_choices(workspace, *texts_of(request, stored))
    form = PolicyForm(choices, request.POST if request.method == "POST" else None, initial=initial_of(stored))
    if request.method == "POST":
        if refused:
            raise Refused(refused)
        return submitted(request, form, choices, stored)
    if refused:
        for field in form.fields.values():
            field.disabled = True
    return show(request, form, choices, stored, stored)


def texts_of(request: PageRequest, stored: PolicyCreate | Policy | None) -> list[str]:
    """What names other things by their ids: the policy, and the form that was sent."""
    sent = [value for values in request.POST.lists() for value in values[1]]
    return [*sent, msgspec.json.encode(stored).decode()]


def copied_policy(request: PageRequest) -> PolicyCreate | None:
    """What a copy begins with."""
    try:
        found = policies.read_policy(request.place.workspace_id, UUID(request.GET.get("copy", "")))
    except ValueError:
        return None
    values = {name: getattr(found, name) for name in PolicyCreate.__struct_fields__}
    return PolicyCreate(**{**values, "name": f"{found.name[:90]} (copy)", "muted_until": None})


def starting_policy(request: PageRequest, choices: dict[str, Choices]) -> PolicyCreate:
    """One of the plain-words templates."""
    ids = [UUID(id) for id, _ in choices["channel"]]
    start = BY_KEY.get(request.GET.get("from", ""), STARTING_POINTS[0]).policy()
    wanted = [id for id in ids if str(id) == request.GET.get("channel")]
    start.channel_ids = wanted or ids[:1]
    return start


def submitted(
    request: PageRequest, form: PolicyForm, choices: dict[str, Choices], stored: Policy | None
) -> HttpResponse:
    body = form.policy()
    pressed = request.POST.get("press", "")
    if "pane" in request.GET:
        context = pane_of_form(request, form, choices, body, counts=pressed != "test", pressed=pressed)
        return page(request, "notifications/_policy_pane.html", {**context, "form": form, "is_swap": True})
    if pressed == "save":
        return saved(request, form, choices, body, stored)
    context = pane_of_form(request, form, choices, body, counts=pressed != "test", pressed=pressed)
    blame_templates(form, context)
    if pressed == "test" and not context["faults"]:
        form.errors.clear()  # a test needs no more than the words
    return show(request, form, choices, stored, None, status=422 if form.errors else 200, **context)


def saved(
    request: PageRequest,
    form: PolicyForm,
    choices: dict[str, Choices],
    body: PolicyCreate | None,
    stored: Policy | None,
) -> HttpResponse:
    workspace = request.place.workspace_id
    if body is not None:
        try:
            with workspace_transaction(workspace):
                if stored is None:
                    policies.create_policy(workspace, body, now=request.now)
                else:
                    values = {name: getattr(body, name) for name in body.__struct_fields__ if name != "muted_until"}
                    policies.update_policy(workspace, stored.id, PolicyUpdate(**values), now=request.now)
        except Problem as problem:
            if problem.status in (403, 404):
                raise
            form.add_error(None, problem.detail)
        else:
            messages.success(request, f"{body.name} is saved.")
            return HttpResponseRedirect(listing.index_url(request))
    context = pane_of_form(request, form, choices, body)
    blame_templates(form, context)
    return show(request, form, choices, stored, None, status=422, **context)


def blame_templates(form: PolicyForm, context: dict[str, Any]) -> None:
    """Beside the faults of other fields: the wire's reading comes after those are gone."""
    for name, words in context["faults"].items():
        if not form.errors.get(name):
            form.add_error(name, words)


def show(
    request: PageRequest, form: PolicyForm, choices: dict[str, Choices], stored: Policy | None, shown: Policy | None,
    *, status: int = 200, **more: Any,
) -> HttpResponse:  # fmt: skip
    """`shown` is the policy of a form that was not sent yet."""
    if shown is not None:
        more |= pane_of_policy(request, shown, choices)
    context = {
        "form": form, "stored": stored, "points": STARTING_POINTS, "zones": ZONES, "mutes": MUTES,
        "is_muted": stored is not None and stored.muted_until is not None and stored.muted_until > request.now,
        "start": request.GET.get("from", STARTING_POINTS[0].key), "open": opened(form),
        "index_url": listing.index_url(request), "refused": listing.refusal(request), "section": "Notifications",
        "channel": None, **more,
    }  # fmt: skip
    return page(request, "notifications/policy.html", context, status=status)


SECTIONS = {
    "scope": ("tags", "match_tags", "deployments", "flows", "work_pools", "names"),
    "often": ("group_by", "window", "digest", "digest_every", "digest_at", "digest_zone", "most_per_hour", "reminder",
              "resolve", "close_after", "dedupe", "severity"),
    "quiet": ("quiet",),
    "others": ("fallback", "escalate_after", "escalate_to"),
    "words": tuple(OWN_WORDS),
    "states": ("other_states",),
}  # fmt: skip


def opened(form: PolicyForm) -> dict[str, bool]:
    """Which parts of the form are not as they come, or are wrong: those stand open."""
    plain = PolicyForm({}, initial=initial_of(STARTING_POINTS[0].policy()))
    same: Callable[[str], bool] = lambda name: as_sent(form, name) == as_sent(plain, name)  # noqa: E731
    return {part: any(name in form.errors or not same(name) for name in names) for part, names in SECTIONS.items()}


def as_sent(form: PolicyForm, name: str) -> str:
    value = form[name].value()
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value in (None, False) else str(value).strip()


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def change_policy(request: PageRequest, policy: UUID) -> HttpResponse:
    """Pause and resume, mute and unmute."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    workspace, action = request.place.workspace_id, request.POST.get("action")
    if action in ("enable", "disable"):
        found = policies.update_policy(workspace, policy, PolicyUpdate(enabled=action == "enable"), now=request.now)
        messages.success(request, f"{found.name} is {'on' if found.enabled else 'paused'}.")
    elif action == "unmute":
        found = policies.mute_policy(workspace, policy, Mute(until=None), now=request.now)
        messages.success(request, f"{found.name} is not muted any more.")
    elif action == "mute" and (until := muted_until(request)) is not None:
        found = policies.mute_policy(workspace, policy, Mute(until=until), now=request.now)
        messages.success(request, f"{found.name} is muted.")
    else:
        policies.read_policy(workspace, policy)
        messages.error(request, "Choose until when it is muted: a time to come, within a year.")
    back = policy_url(request, policy) if request.POST.get("back") == "policy" else listing.index_url(request)
    return HttpResponseRedirect(back)


def muted_until(request: PageRequest) -> datetime | None:
    """So many hours from now, or the moment that was written; None for what is neither."""
    hours = request.POST.get("hours", "")
    if hours in {str(number) for number, _ in MUTES}:
        return request.now + timedelta(hours=int(hours))
    try:
        until = parse_datetime(request.POST.get("until", ""))
        if until is None:
            return None
        until = until if timezone.is_aware(until) else timezone.make_aware(until)
    except (ValueError, OverflowError):
        return None
    return until if request.now < until <= request.now + timedelta(days=366) else None


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def delete_policy(request: PageRequest, policy: UUID) -> HttpResponse:
    """A question first: its alerts go too."""
    workspace = request.place.workspace_id
    found = policies.read_policy(workspace, policy)
    if request.method == "POST":
        policies.delete_policy(workspace, policy)
        messages.success(request, f"{found.name} is deleted.")
        return HttpResponseRedirect(listing.index_url(request))
    back = policy_url(request, policy)
    context = {"policy": found, "index_url": listing.index_url(request), "policy_url": back, "section": "Notifications"}
    return page(request, "notifications/delete_policy.html", context)


def policy_url(request: PageRequest, policy: UUID) -> str:
    return reverse("policy", args=[request.place.account_handle, request.place.workspace_handle, policy])
