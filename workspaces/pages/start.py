"""The first pages of a signed-in person: where to go, and making a workspace."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect

from controlplane.errors import Conflict
from controlplane.ui.page import page
from workspaces.doors import LAST_WORKSPACE, SignedInRequest
from workspaces.forms import WorkspaceForm
from workspaces.services import accounts, callers


@login_required
def start(request: SignedInRequest) -> HttpResponse:
    """To the workspace that the person was in last, else to their first, else to making one."""
    places = callers.places_of_user(request.user.id)
    if not places:
        return redirect("new_workspace")
    last = request.session.get(LAST_WORKSPACE)
    place = next((place for id, place in places.items() if str(id) == last), next(iter(places.values())))
    return redirect("workspace_home", place.account_handle, place.workspace_handle)


@login_required
def new_workspace(request: SignedInRequest) -> HttpResponse:
    own = accounts.accounts_run_by(request.user)
    if not own:
        return page(request, "workspaces/no_account.html")
    form = WorkspaceForm(request.POST or None, accounts=own)
    if request.method == "POST" and form.is_valid():
        account = form.chosen_account()
        try:
            workspace = accounts.create_workspace(
                account, request.user, name=form.cleaned_data["name"], handle=form.cleaned_data["handle"]
            )
        except Conflict as conflict:
            form.add_error("handle", conflict.detail)
        else:
            return redirect("api_keys", account.handle, workspace.handle)
    is_first = not callers.places_of_user(request.user.id)
    context = {"form": form, "is_first": is_first, "account": own[0] if len(own) == 1 else None}
    return page(request, "workspaces/new_workspace.html", context, status=422 if form.errors else 200)
