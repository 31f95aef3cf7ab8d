"""Links that clients print, `/account/A/workspace/W/…`, lead to our pages; the query stays."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse

from workspaces.doors import SignedInRequest
from workspaces.services import callers

ID = r"(?P<id>[0-9a-fA-F-]{36})"
NAME = r"(?P<name>[^/]+)"
# What follows the workspace in the link of a 3.x or a 2.x client, and the name of the page that it means.
LINKS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), view)
    for pattern, view in (
        (r"(?:dashboard)?", "workspace_home"),
        (r"(?:runs|flow-runs)", "runs"),
        (rf"(?:runs|flow-runs)/flow-run/{ID}", "run"),
        (rf"(?:runs|flow-runs|task-runs)/task-run/{ID}", "task_run"),
        (r"flows", "flows"),
        (rf"flows/flow/{ID}", "flow"),
        (r"deployments", "deployments"),
        (rf"deployments/deployment/{ID}", "deployment"),
        (r"work-pools", "work_pools"),
        (rf"work-pools/work-pool/{NAME}", "work_pool"),
        (rf"work-pools/work-pool/(?P<pool>[^/]+)/worker/{ID}", "worker"),
        (rf"work-pools/work-pool/(?P<pool>[^/]+)/queue/{NAME}", "work_queue"),
        (rf"work-queues/work-queue/{ID}", "work_queue"),
        (r"(?:settings/)?blocks(?:/catalog.*)?", "blocks"),
        (rf"blocks/block/{ID}", "block"),
        (r"automations", "automations"),
        (rf"automations/automation/{ID}", "automation"),
        (rf"events/event/(?P<day>\d{{4}}-\d{{2}}-\d{{2}})/{ID}", "event"),
        (r"events", "events"),
        (r"concurrency-limits", "concurrency_limits"),
        (rf"concurrency-limits/concurrency-limit/{ID}", "concurrency_limit"),
        (rf"artifacts/artifact/{ID}", "artifact"),
        (r"variables", "variables"),
        (r"notifications", "notifications"),
        (r"settings", "workspace_settings"),
    )
]


@login_required
def printed_link(request: SignedInRequest, account: UUID, workspace: UUID, rest: str = "") -> HttpResponse:
    """404 for a workspace that the person is not in, and for what we have no page of."""
    place = callers.places_of_user(request.user.id).get(workspace)
    if place is None or place.account_id != account:
        raise Http404
    url = find_page(rest.strip("/"), place.account_handle, place.workspace_handle)
    if url is None:
        raise Http404
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(f"{url}?{query}" if query else url)


def find_page(rest: str, account: str, workspace: str) -> str | None:
    """The address of the page that the end of a printed link means, by whichever arguments that page takes."""
    for pattern, view in LINKS:
        match = pattern.fullmatch(rest)
        if match is None:
            continue
        given = match.groupdict()
        object = [given[key] for key in ("id", "name") if key in given]
        for more in (object, [given["pool"], *object] if "pool" in given else object):
            try:
                return reverse(view, args=[account, workspace, *more])
            except NoReverseMatch:
                continue
        return None
    return None
