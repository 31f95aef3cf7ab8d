"""Forms of values on a page: what was sent, and the answer that brings the form back or leads away from it."""

from typing import Any, TypeVar

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from controlplane.errors import BadRequest
from controlplane.schema_forms.reading import TooManyFields
from deployments.services.value_forms import Sheet, open_sheet
from workspaces.doors import PageRequest

FormOf = TypeVar("FormOf", bound=Form)
NEEDS_RUNNER = "Needs the Runner role"
NEEDS_DEVELOPER = "Needs the Developer role"


def is_saving(request: PageRequest) -> bool:
    """A button inside the form only changes it."""
    return request.method == "POST" and request.POST.get("do", "save") == "save"


def sheet_of(
    request: PageRequest, name: str, schema: Any, base: dict[str, Any], *, requires: bool = True,
    start: dict[str, Any] | None = None,
) -> Sheet:  # fmt: skip
    """The form of that name on this page. `start` is what it shows at first, if not `base`."""
    workspace = request.place.workspace_id
    if request.method != "POST":
        sheet = open_sheet(workspace, name, schema, base if start is None else start, requires=requires)
        sheet.base = base
        return sheet
    sent = {key: str(text) for key, text in request.POST.items()}
    try:
        sheet = open_sheet(workspace, name, schema, base, sent, request.POST.get("do", "save"), requires=requires)
    except TooManyFields:
        raise BadRequest("The form has more fields than anybody fills in.") from None
    sheet.tree.is_open = True
    if not is_saving(request):
        # A form that is still being filled in is not told off.
        for field in sheet.tree.walk():
            field.problem = ""
    return sheet


def bound(request: PageRequest, kind: type[FormOf], initial: dict[str, Any], **more: Any) -> FormOf:
    """A Django form on the same page: judged when it is saved, shown again after another button."""
    if is_saving(request):
        return kind(request.POST, initial=initial, **more)
    if request.method == "POST":
        initial = {name: request.POST.get(name, "") for name in kind.base_fields}
    return kind(initial=initial, **more)


def lead_to(request: PageRequest, page: str, *args: Any) -> HttpResponse:
    url = reverse(page, args=[request.place.account_handle, request.place.workspace_handle, *args])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def new_block_url(request: PageRequest) -> str:
    return reverse("new_block_of", args=[request.place.account_handle, request.place.workspace_handle])
