"""Doors for pages: a signed-in person in one workspace, with the permission that the page needs."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django_htmx.http import HttpResponseClientRedirect

from controlplane.acting import acting, of_request
from controlplane.errors import NotFound, Problem, Refused
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.errors import error_page
from workspaces.models import User
from workspaces.permissions import Permission
from workspaces.services import callers, denials

LAST_WORKSPACE = "workspace"
"""Where the session keeps the workspace that the person was in last."""

PAGE_DOORS: dict[str, Permission] = {}
"""Every page of a workspace and what it needs, by the name of its function."""


class SignedInRequest(HttpRequest):
    """What a page behind `login_required` gets."""

    user: User


class PageRequest(SignedInRequest):
    """What a page's function may read besides Django's own: set by `workspace_page`."""

    place: callers.Place
    caller: callers.Caller
    now: datetime


def workspace_page(
    *, needs: Permission, transaction: bool = True
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Open a page of a workspace: `request.place`, `request.caller` and `request.now` are set, and the workspace's
    transaction is open. A workspace that the person is not in does not exist (404); a missing permission is a 403.
    With `transaction=False` the function opens its own: for what waits for another server in between.
    """

    def open_door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        PAGE_DOORS[f"{view.__module__}.{view.__name__}"] = needs

        @wraps(view)
        @signed_in
        def guarded(request: Any, account: str, workspace: str, **kwargs: Any) -> HttpResponse:
            request.now = datetime.now(UTC)
            try:
                request.caller = callers.caller_of_user(request.user)
                request.place = find_place(request.caller, account, workspace)
                remember_place(request)
                if needs not in request.place.grants:
                    who = of_request(request, "page")
                    denials.note_denied(request.caller, request.place, needs, door=request.path, who=who)
                    raise Refused(f"Your role here is {request.place.role}. This page needs '{needs}': ask an owner.")
                with acting(of_request(request, "page")):
                    if not transaction:
                        return view(request, **kwargs)
                    with workspace_transaction(request.place.workspace_id):
                        return view(request, **kwargs)
            except Problem as problem:
                return explain(request, problem)

        return guarded

    return open_door


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whoever is not signed in is led to the form for it, and back to the page that they were on."""
    visit = login_required(view)

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.htmx or request.user.is_authenticated:
            return visit(request, *args, **kwargs)
        # A swap would put the sign-in page into a part of this one.
        return HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/").url)

    return guarded


def find_place(caller: callers.Caller, account: str, workspace: str) -> callers.Place:
    for place in caller.places.values():
        if place.account_handle == account and place.workspace_handle == workspace:
            return place
    raise NotFound("There is no such workspace, or you are not a member of it.")


def remember_place(request: Any) -> None:
    """So that the start page leads back here; written only when it changes, since it costs a statement."""
    id = str(request.place.workspace_id)
    if request.session.get(LAST_WORKSPACE) != id:
        request.session[LAST_WORKSPACE] = id


def explain(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem in a sentence, on a page with the same status as on the wire."""
    return error_page(request, problem.status, reason=problem.detail)
