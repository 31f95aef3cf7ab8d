"""A work pool's base job template: the defaults of its variables as a form, and the whole as JSON."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse

from controlplane.errors import Problem
from controlplane.schema_forms.texts import Unreadable, parse_json
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from deployments.pages.sheets import is_saving, lead_to, new_block_url, sheet_of
from deployments.rules.job_templates import defaults_of, variables_of, with_defaults
from deployments.services.page_data import pretty
from deployments.services.value_forms import Sheet, judge, overrides_of, value_of
from deployments.services.work_pools import find_work_pool, update_work_pool
from deployments.wire.work_pools import WorkPoolUpdate
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.WRITE_WORK_POOLS, transaction=False)
def pool_template_page(request: PageRequest, name: str) -> HttpResponse:
    """`?as=json` is the whole template; otherwise the values that runs get unless they say otherwise."""
    workspace, as_json, problem = request.place.workspace_id, request.GET.get("as") == "json", ""
    with workspace_transaction(workspace):
        pool = find_work_pool(workspace, name)
        template: dict[str, Any] = pool.base_job_template or {}
        sheet = sheet_of(request, "v", variables_of(template), defaults_of(template), requires=False)
    text = request.POST.get("template", "") if request.method == "POST" else pretty(template)
    if is_saving(request):
        try:
            with workspace_transaction(workspace):
                changed = whole(text) if as_json else filled(sheet, template)
                if changed is not None:
                    update_work_pool(workspace, name, WorkPoolUpdate(base_job_template=changed), now=request.now)
                    messages.success(request, "The base job template was saved. Runs get it from now on.")
                    return lead_to(request, "work_pool", name)
        except (Unreadable, ValueError) as error:
            problem = str(error)
        except Problem as refused:
            if refused.status in (403, 404):
                raise
            problem = refused.detail
    context = {
        "pool": pool, "sheet": sheet, "as_json": as_json, "text": text, "problem": problem, "section": "Work pools",
        "has_variables": bool(variables_of(template).get("properties")), "new_block_url": new_block_url(request),
        "is_told_off": is_saving(request),
    }  # fmt: skip
    status = 422 if is_saving(request) else 200
    with workspace_transaction(workspace):
        return page(
            request, "deployments/pool_template.html", context, fragment="deployments/_pool_template.html",
            status=status,
        )  # fmt: skip


def filled(sheet: Sheet, template: dict[str, Any]) -> dict[str, Any] | None:
    """None if something is wrong with the form; it stands there."""
    value = value_of(sheet)
    return with_defaults(template, overrides_of(sheet, defaults_of(template))) if judge(sheet, value) else None


def whole(text: str) -> dict[str, Any]:
    found = parse_json(text)
    if not isinstance(found, dict):
        raise ValueError("A template is a JSON object with job_configuration and variables.")
    WorkPoolUpdate(base_job_template=found)
    return found
