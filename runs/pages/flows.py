"""Flows and the page of one flow."""

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from controlplane.ui import charts
from controlplane.ui.page import page
from runs.pages import run_list
from runs.pages.run_filter import Asked
from runs.queries_pages import FlowRow
from runs.services import page_data
from runs.services.page_filter import RunFilter
from runs.services.page_words import as_rows
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.SEE_FLOWS)
def flows_page(request: PageRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    after = request.GET.get("after", "").replace("\0", "")[:1000] or None
    flows, more = page_data.list_flow_rows(request.place.workspace_id, now=request.now, text=text or None, after=after)
    older = "?" + urlencode({"q": text, "after": flows[-1].name}) if more else ""
    rows = [(flow, draw_last_runs(flow)) for flow in flows]
    return page(request, "runs/flows.html", {"rows": rows, "q": text, "after": after, "older_url": older})


@workspace_page(needs=Permission.SEE_FLOWS)
def flow_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace, now = request.place.workspace_id, request.now
    flow = page_data.read_flow(workspace, id)
    asked = Asked({"flow": str(id)}, RunFilter(flow=id))
    runs_url = reverse("runs", args=[request.place.account_handle, request.place.workspace_handle])
    rows, more = page_data.list_rows(workspace, asked.filter, now=now, limit=20)
    context = {
        "flow": flow, "section": "Flows", "rows": as_rows(rows), "more": more, "all_url": runs_url + asked.query(),
        "deployments": page_data.list_flow_deployments(workspace, id),
        **run_list.draw_history(workspace, asked, now, address=runs_url),
    }  # fmt: skip
    return page(request, "runs/flow.html", context)


def draw_last_runs(flow: FlowRow) -> SafeString:
    runs = [(seconds, state) for seconds, state in page_data.plain(flow.runs) or []]
    good = sum(state == "completed" for _, state in runs)
    return charts.sparkline(runs, label=f"Last {len(runs)} runs of {flow.name}: {good} completed")
