"""What of a workspace's data may be stored here, and what was this month."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from msgspec import structs

from controlplane.errors import Refused
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services import data_boundary, metering
from workspaces.wire import BoundaryUpdate

LEVELS = (("0", "every line"), ("10", "DEBUG"), ("20", "INFO"), ("30", "WARNING"), ("40", "ERROR"), ("50", "CRITICAL"))
KINDS = {
    "artifacts": "Artifacts", "events": "Event payloads", "logs": "Log lines", "parameters": "Parameters",
    "results": "Results and result references",
}  # fmt: skip


class BoundaryForm(forms.Form):
    parameters = forms.ChoiceField(
        label="Parameters of runs",
        choices=[("store", "Store"), ("mask", "Store masks only"), ("refuse", "Refuse")],
        help_text="With masks only, runs of workers that have parameters are refused: they would run with the masks.",
    )
    logs = forms.ChoiceField(label="Logs", choices=[("store", "Store"), ("drop", "Drop")])
    least_log_level = forms.ChoiceField(label="Least level of a line", choices=LEVELS)
    mask_secrets_in_logs = forms.BooleanField(label="Mask secrets of blocks in log lines", required=False)
    artifacts = forms.ChoiceField(label="Artifacts", choices=[("store", "Store"), ("refuse", "Refuse")])
    largest_inline_result = forms.IntegerField(
        label="Largest result inside a state", required=False, min_value=0, max_value=100_000_000,
        help_text="Bytes. Larger ones are refused: persist results, and only their references come here. Empty: any.",
    )  # fmt: skip
    event_payloads = forms.ChoiceField(label="Payloads of events", choices=[("store", "Store"), ("drop", "Drop")])


@workspace_page(needs=Permission.SEE_WORKSPACE_SETTINGS)
def data_boundary_page(request: PageRequest) -> HttpResponse:
    workspace, may = request.place.workspace_id, Permission.WRITE_WORKSPACE_SETTINGS in request.place.grants
    if request.method == "POST":
        if not may:
            raise Refused("Only owners of this workspace draw its data boundary.")
        form = BoundaryForm(request.POST)
        if form.is_valid():
            data_boundary.set_boundary(workspace, read(form.cleaned_data), now=request.now)
            messages.success(request, "The data boundary was changed. It holds everywhere within five seconds.")
            return redirect("data_boundary", request.place.account_handle, request.place.workspace_handle)
    else:
        form = BoundaryForm(initial=structs.asdict(data_boundary.boundary_of(workspace)))
    if not may:
        for field in form.fields.values():
            field.disabled = True
    report = metering.read_stored(workspace, now=request.now)
    rows = [(KINDS[one.kind], one, filesizeformat(one.bytes)) for one in report.stored]
    context = {"form": form, "may": may, "report": report, "rows": rows}
    return page(request, "workspaces/data_boundary.html", context, status=422 if form.errors else 200)


def read(cleaned: dict[str, Any]) -> BoundaryUpdate:
    return BoundaryUpdate(**{**cleaned, "least_log_level": int(cleaned["least_log_level"])})
