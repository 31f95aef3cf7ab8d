"""The list of deployments."""

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import urlencode

from controlplane.ui.page import page
from deployments.queries_pages import DeploymentRow
from deployments.rules.schedule_words import describe_schedule
from deployments.services import page_data
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.SEE_DEPLOYMENTS)
def deployments_page(request: PageRequest) -> HttpResponse:
    given = {
        key: request.GET.get(key, "").replace("\0", "").strip()[:200] for key in ("q", "tag", "pool", "flow", "after")
    }
    asked = {key: given[key] for key in ("q", "tag", "pool") if given[key]}
    after = (given["flow"], given["after"]) if given["after"] else None
    rows, more = page_data.list_deployment_rows(
        request.place.workspace_id,
        now=request.now,
        text=asked.get("q"),
        tag=asked.get("tag"),
        pool=asked.get("pool"),
        after=after,
    )
    older = "?" + urlencode({**asked, "flow": rows[-1].flow_name, "after": rows[-1].name}) if more else ""
    context = {
        "rows": [(row, page_data.standing(row, request.now), schedules_in_words(row)) for row in rows],
        "asked": asked, "older_url": older, "narrowed": bool(asked or after),
        "chips": chips(asked),
        "public_url": settings.PUBLIC_URL,
    }  # fmt: skip
    return page(request, "deployments/deployments.html", context)


def chips(asked: dict[str, str]) -> list[tuple[str, str]]:
    """What narrows the list besides the text, with the address without it."""
    return [
        (f"{key.capitalize()}: {word}", "?" + urlencode({**asked, key: ""}))
        for key, word in asked.items()
        if key != "q"
    ]


def schedules_in_words(row: DeploymentRow) -> list[str]:
    """The active schedules; "Paused" if there are only inactive ones."""
    schedules = page_data.plain(row.schedules) or []
    words = [
        f"{describe_schedule(each['schedule'])}, {each['schedule'].get('timezone') or 'UTC'}"
        for each in schedules
        if each["active"]
    ]
    return words or (["Inactive"] if schedules else [])
