"""API keys: the person's own, in one workspace. The text of a key is in one answer, and nowhere else."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET
from msgspec import Struct

from controlplane.errors import Conflict, Problem
from controlplane.ids import uuid7
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.forms import KeyForm
from workspaces.models import ApiKey, Workspace
from workspaces.permissions import Permission
from workspaces.services import keys
from workspaces.services.connecting import describe_connection

# A key never gives more than its owner's role, so whoever may be here may have one.
NEEDS = Permission.SEE_WORKSPACE_SETTINGS
EXPIRES_SOON = timedelta(days=14)
STOP_POLLING = 286


class Row(Struct, frozen=True):
    """A key as the list shows it."""

    key: ApiKey
    status: str

    @property
    def revoke_label(self) -> str:
        return f"Revoke {self.key.name}…"


@workspace_page(needs=NEEDS, transaction=False)
def api_keys(request: PageRequest) -> HttpResponse:
    own = keys.keys_in_workspace(request.place.workspace_id, request.user)
    rows = [Row(key, status_of(key, request.now)) for key in own]
    form = KeyForm(initial={"key_id": uuid7(), "name": suggest_name(request)})
    return page(request, "workspaces/api_keys.html", {"rows": rows, "form": form})


@workspace_page(needs=NEEDS, transaction=False)
def new_api_key(request: PageRequest) -> HttpResponse:
    if request.method != "POST":
        form = KeyForm(initial={"key_id": uuid7(), "name": suggest_name(request)})
        return page(request, "workspaces/new_api_key.html", {"form": form})
    form = KeyForm(request.POST)
    if not form.is_valid():
        return page(request, "workspaces/new_api_key.html", {"form": form}, status=422)
    try:
        new = keys.create_key(
            id=form.chosen_id(),
            name=form.cleaned_data["name"],
            user=request.user,
            workspace=Workspace.objects.get(id=request.place.workspace_id),
            expires=request.now + timedelta(days=form.chosen_days()),
        )
    except Conflict:
        return unstored(page(request, "workspaces/api_key_shown.html", status=409))
    except Problem as problem:
        form.add_error("name", problem.detail)
        return page(request, "workspaces/new_api_key.html", {"form": form}, status=422)
    return unstored(page(request, "workspaces/api_key_once.html", shown_once(request, new)))


def shown_once(request: PageRequest, new: keys.NewKey) -> dict[str, object]:
    reached = f"{request.scheme}://{request.get_host()}"
    return {
        "key": new.key,
        "token": new.token,
        "connection": describe_connection(request.place),
        "reached_url": reached if reached != settings.PUBLIC_URL else "",
        "public_url": settings.PUBLIC_URL,
    }


def unstored(response: HttpResponse) -> HttpResponse:
    """Neither the browser nor anything on the way may keep the page."""
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@workspace_page(needs=NEEDS, transaction=False)
def api_key_use(request: PageRequest, key_id: UUID) -> HttpResponse:
    """Whether a key was used yet: asked again and again by the page that showed it, until it was."""
    key = keys.key_of_user(key_id, request.user)
    status = STOP_POLLING if key.last_used and request.htmx else 200  # type: ignore[attr-defined]
    template = "workspaces/api_key_use.html"
    return unstored(page(request, template, {"key": key}, fragment="workspaces/_key_use.html", status=status))


@workspace_page(needs=NEEDS, transaction=False)
def revoke_api_key(request: PageRequest, key_id: UUID) -> HttpResponse:
    if request.method != "POST":
        key = keys.key_of_user(key_id, request.user)
        return page(request, "workspaces/revoke_api_key.html", {"key": key})
    key = keys.revoke_key(key_id, request.user)
    messages.success(request, f"The key {key.name} was revoked. It stops working within five seconds.")
    return redirect("api_keys", request.place.account_handle, request.place.workspace_handle)


def suggest_name(request: PageRequest) -> str:
    """`laptop-ada`: who, and what for."""
    return f"laptop-{str(request.user).split('@')[0]}"[:200]


def status_of(key: ApiKey, now: datetime) -> str:
    if key.expires is None or key.expires - now > EXPIRES_SOON:
        return "active"
    return "expiring" if key.expires > now else "expired"
