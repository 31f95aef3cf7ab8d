"""Automations: made, read, changed and deleted. Each change is told as an event."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Raw, json

from automations import queries
from automations.rules.checking import Wrong, find_loop, find_wrongs
from automations.rules.older_clients import fits_client
from automations.services import secrecy, watches
from automations.wire.actions import Action, RunDeployment
from automations.wire.automations import Automation, AutomationCreate, AutomationPartialUpdate, AutomationUpdate
from automations.wire.triggers import Trigger, children_of
from controlplane.errors import Invalid, NotFound
from controlplane.filters import Counting, Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.wire.clients import is_2
from controlplane.wire.invalid import InvalidBody, value_error
from controlplane.wire.structs import UNSET
from deployments.services.checks import find_variable_mismatch
from events.services import emission
from events.services.emission import Emitted
from workspaces.services import audit, data_boundary

NOT_FOUND = "Automation not found"
decode_trigger = json.Decoder(Trigger).decode
decode_actions = json.Decoder(list[Action]).decode


def create_automation(workspace: UUID, body: AutomationCreate, *, sent: bytes, now: datetime) -> Automation:
    """`sent` is what a refusal shows."""
    check(workspace, body, sent)
    automation_id = uuid7()
    secrets = secrecy.hide_actions(workspace, automation_id, body)
    made = queries.create_automation(workspace=workspace, id=automation_id, now=now, secrets=secrets, **columns(body))
    automation = found(made)
    if body.owner_resource:
        relate(workspace, automation.id, body.owner_resource, owned=True)
    relate_targets(workspace, automation.id, body.actions)
    watches.restart(workspace, automation, now=now)
    tell(workspace, "created", automation, now)
    return automation


def replace_automation(
    workspace: UUID, automation_id: UUID, body: AutomationUpdate, *, sent: bytes, now: datetime
) -> None:
    """A secret that comes back as its mask stays what it was."""
    stored = secrecy.restore_actions(workspace, automation_id, body)
    check(workspace, body, sent)
    secrets = secrecy.hide_actions(workspace, automation_id, body, stored)
    changed = found(
        queries.replace_automation(workspace=workspace, id=automation_id, now=now, secrets=secrets, **columns(body))
    )
    queries.forget_targets(workspace=workspace, automation=automation_id)
    relate_targets(workspace, automation_id, body.actions)
    watches.restart(workspace, changed, now=now)
    tell(workspace, "updated", changed, now)


def enable_automation(
    workspace: UUID, automation_id: UUID, body: AutomationPartialUpdate, *, sent: bytes, now: datetime
) -> None:
    """Pause or resume. One that would trigger itself is not resumed."""
    automation = found(queries.lock_automation(workspace=workspace, id=automation_id))
    enabled = automation.enabled if body.enabled is UNSET else bool(body.enabled)
    loop = find_loop(
        enabled=enabled, trigger=decode_trigger(automation.trigger), actions=decode_actions(automation.actions)
    )
    if loop is not None:
        refuse([Wrong((), loop)], sent)
    changed = found(queries.enable_automation(workspace=workspace, id=automation_id, enabled=enabled, now=now))
    if enabled != automation.enabled:
        watches.restart(workspace, changed, now=now)
    tell(workspace, "updated", changed, now)


def delete_automation(workspace: UUID, automation_id: UUID, *, now: datetime) -> None:
    tell(workspace, "deleted", found(queries.delete_automation(workspace=workspace, id=automation_id)), now)


def delete_owned_automations(workspace: UUID, resource_id: str, *, now: datetime) -> None:
    """A deployment's triggers are taken away like this before a redeploy posts the new ones."""
    gone = queries.delete_owned_automations(workspace=workspace, resource=resource_id)
    for automation in gone:
        note(workspace, "deleted", automation)
    emission.insert(workspace, [event(automation, "deleted", now) for automation in gone], now=now)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_automation(workspace: UUID, automation_id: UUID) -> Automation:
    return found(queries.read_automation(workspace=workspace, id=automation_id))


def list_automations(workspace: UUID, body: Listing, client_version: str | None = None) -> list[Automation]:
    where, page = compile_filter("automations", body), page_limits(body)
    extra = {"where": where.text, "order": order_by("automations", getattr(body, "sort", None))}
    rows = queries.read_automations(
        extra=extra, workspace=workspace, limit=page.limit, offset=page.offset, **where.params
    )
    return for_client(rows, client_version)


def list_related_automations(workspace: UUID, resource_id: str, client_version: str | None = None) -> list[Automation]:
    return for_client(queries.read_related_automations(workspace=workspace, resource=resource_id), client_version)


def count_automations(workspace: UUID, body: Counting | None) -> int:
    where = compile_filter("automations", body or Counting())
    return int(queries.count_automations(extra={"where": where.text}, workspace=workspace, **where.params))


def for_client(automations: list[Automation], client_version: str | None) -> list[Automation]:
    """What this client can read."""
    if client_version is None:
        return automations
    return [
        automation
        for automation in automations
        if fits_client(decode_trigger(automation.trigger), all_actions(automation), is_2=is_2(client_version))
    ]


def all_actions(automation: Automation) -> list[Action]:
    lists = (automation.actions, automation.actions_on_trigger, automation.actions_on_resolve)
    return [action for actions in lists for action in decode_actions(actions)]


def found(automation: Automation | None) -> Automation:
    if automation is None:
        raise NotFound(NOT_FOUND, envelope="exception_message")
    return automation


# --- checking --------------------------------------------------------------------------------------------------------


def check(workspace: UUID, body: AutomationUpdate, sent: bytes) -> None:
    wrongs = find_wrongs(body)
    if wrongs:
        refuse(wrongs, sent)
    for action in (*body.actions, *body.actions_on_trigger, *body.actions_on_resolve):
        if isinstance(action, RunDeployment):
            data_boundary.check_parameters_kept(workspace, action.parameters)
    mismatches = [
        words
        for action in body.actions
        if isinstance(action, RunDeployment) and action.deployment_id is not None and action.job_variables
        and (words := find_variable_mismatch(workspace, action.deployment_id, action.job_variables)) is not None
    ]  # fmt: skip
    if mismatches:
        raise Invalid(f"Error creating automation: {' '.join(mismatches)}")


def refuse(wrongs: list[Wrong], sent: bytes) -> None:
    body = json.decode(sent)
    raise InvalidBody([value_error(("body", *loc), reason, dig(body, loc)) for loc, reason in wrongs], body)


def dig(value: Any, loc: tuple[Any, ...]) -> Any:
    """What was sent at a place; the name of an action's kind is no step."""
    for step in loc:
        if (isinstance(value, list) and isinstance(step, int)) or (isinstance(value, dict) and step in value):
            value = value[step]
    return value


# --- writing ---------------------------------------------------------------------------------------------------------


def columns(body: AutomationUpdate) -> dict[str, Any]:
    return {
        "name": body.name, "description": body.description, "enabled": body.enabled, "tags": body.tags,
        "trigger": raw(numbered(body.trigger)), "actions": raw(body.actions),
        "actions_on_trigger": raw(body.actions_on_trigger), "actions_on_resolve": raw(body.actions_on_resolve),
    }  # fmt: skip


def numbered(trigger: Trigger) -> Trigger:
    """The trigger with ids of our own, its inner ones too."""
    trigger.id = uuid7()
    for child in children_of(trigger):
        numbered(child)
    return trigger


def raw(value: Any) -> Raw:
    return Raw(json.encode(value))


def relate_targets(workspace: UUID, automation_id: UUID, actions: list[Action]) -> None:
    """Deployments that it runs, so that they can be asked for their automations."""
    for action in actions:
        if isinstance(action, RunDeployment) and action.deployment_id is not None:
            relate(workspace, automation_id, f"prefect.deployment.{action.deployment_id}", owned=False)


def relate(workspace: UUID, automation_id: UUID, resource_id: str, *, owned: bool) -> None:
    queries.relate_automation(
        workspace=workspace, id=uuid7(), automation=automation_id, resource=resource_id, owned=owned
    )


def tell(
    workspace: UUID, what: Literal["created", "updated", "deleted"], automation: Automation, now: datetime
) -> None:
    note(workspace, what, automation)
    emission.insert(workspace, [event(automation, what, now)], now=now)


def note(workspace: UUID, what: str, automation: Automation) -> None:
    audit.record(
        workspace, action=f"automation.{what}", target_kind="automation", target_id=automation.id,
        target_name=automation.name,
    )  # fmt: skip


def event(automation: Automation, what: str, now: datetime) -> Emitted:
    return Emitted(
        event=f"prefect.automation.{what}",
        occurred=now,
        resource={
            "prefect.resource.id": f"prefect.automation.{automation.id}",
            "prefect.resource.name": automation.name,
        },
        payload=msgspec.structs.asdict(automation),
    )
