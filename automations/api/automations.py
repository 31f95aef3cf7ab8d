"""REST doors of automations."""

from uuid import UUID

from automations import filters
from automations.services import automations, dead_letters, dry_runs, templates
from automations.wire.automations import (
    Automation,
    AutomationCreate,
    AutomationPartialUpdate,
    AutomationUpdate,
    InvalidTemplate,
)
from automations.wire.evaluations import DryRun, DryRunReport
from automations.wire.firings import ActionsFilter, TriggeredAction
from controlplane.wire.doors import Call, Reply, delete, get, patch, post, put
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_AUTOMATIONS, Permission.MANAGE_AUTOMATIONS


@post("automations", needs=MANAGE, status=201)
def create_automation(call: Call, body: AutomationCreate, raw: bytes) -> Automation:
    return automations.create_automation(call.workspace, body, sent=raw, now=call.now)


@post("automations/dry-run", needs=MANAGE)
def try_automation(call: Call, body: DryRun) -> DryRunReport:
    return dry_runs.dry_run(call.workspace, body, now=call.now)


@put("automations/<uuid:id>", needs=MANAGE, status=204)
def replace_automation(call: Call, id: UUID, body: AutomationUpdate, raw: bytes) -> None:
    automations.replace_automation(call.workspace, id, body, sent=raw, now=call.now)


@patch("automations/<uuid:id>", needs=MANAGE)
def enable_automation(call: Call, id: UUID, body: AutomationPartialUpdate, raw: bytes) -> None:
    automations.enable_automation(call.workspace, id, body, sent=raw, now=call.now)


@delete("automations/<uuid:id>", needs=MANAGE)
def delete_automation(call: Call, id: UUID) -> None:
    automations.delete_automation(call.workspace, id, now=call.now)


@get("automations/<uuid:id>", needs=SEE)
def read_automation(call: Call, id: UUID) -> Automation:
    return automations.read_automation(call.workspace, id)


@post("automations/filter", needs=SEE)
def filter_automations(call: Call, body: filters.AutomationsFilter) -> list[Automation]:
    return automations.list_automations(call.workspace, body, call.client_version)


@post("automations/count", needs=SEE)
def count_automations(call: Call, body: filters.AutomationsCount) -> int:
    return automations.count_automations(call.workspace, body)


@get("automations/related-to/<str:resource_id>", needs=SEE)
def read_related_automations(call: Call, resource_id: str) -> list[Automation]:
    return automations.list_related_automations(call.workspace, resource_id, call.client_version)


@delete("automations/owned-by/<str:resource_id>", needs=MANAGE, status=202)
def delete_owned_automations(call: Call, resource_id: str) -> None:
    automations.delete_owned_automations(call.workspace, resource_id, now=call.now)


@post("automations/templates/validate", needs=SEE, status=204)
def validate_automation_template(call: Call, body: str | None = None) -> Reply[InvalidTemplate] | None:
    return validate_template(call, body)


@post("templates/validate", needs=SEE, status=204)
def validate_template(call: Call, body: str | None = None) -> Reply[InvalidTemplate] | None:
    fault = templates.validate_template(body or "")
    return None if fault is None else Reply(InvalidTemplate(error=fault), 422)


@post("automations/actions/filter", needs=SEE)
def list_actions(call: Call, body: ActionsFilter) -> list[TriggeredAction]:
    return dead_letters.list_actions(call.workspace, body)


@post("automations/actions/<uuid:id>/retry", needs=MANAGE, status=204)
def retry_action(call: Call, id: UUID) -> None:
    dead_letters.retry_action(call.workspace, id, now=call.now)


@delete("automations/actions/<uuid:id>", needs=MANAGE)
def discard_action(call: Call, id: UUID) -> None:
    dead_letters.discard_action(call.workspace, id)
