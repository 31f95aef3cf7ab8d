"""Secrets that actions give to the runs they start: masks in the stored actions, sealed in the automation's row.

Nobody is shown them again. An action that was triggered is stored with its masks too, and takes the secrets from its
automation when it is carried out.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import Raw, json, structs

from automations import queries
from automations.services.invocations import ActionFailed, Invocation
from automations.wire.actions import Action, RunDeployment
from automations.wire.automations import AutomationUpdate
from blocks.services.sealed_parts import hide, open_parts, seal_parts
from controlplane.schema_forms.secret_places import Part, below, keep, put_back, within
from deployments.services.launching import read_marks
from runs.services.secrecy import is_masked

TABLE = "automation"
LISTS = ("actions", "actions_on_trigger", "actions_on_resolve")
GIVEN = ("parameters", "job_variables")
GONE = "The automation was changed or deleted since it fired, and with it the secrets of this action."
decode_actions = json.Decoder(list[Action]).decode


def restore_actions(workspace: UUID, automation_id: UUID, body: AutomationUpdate) -> list[Part]:
    """Where a mask comes back for the same deployment, the stored secret is meant. Returns those that stand there."""
    row = queries.lock_secrets_of_automation(workspace=workspace, id=automation_id)
    if row is None or row.secrets is None:
        return []
    parts, found = open_parts(workspace, TABLE, automation_id, row.secrets), []
    for name in LISTS:
        stored = decode_actions(getattr(row, name))
        for index, action in enumerate(getattr(body, name)):
            if isinstance(action, RunDeployment) and (was := place_among(stored, action, index)) is not None:
                known = below(parts, name, was)
                for field in GIVEN:
                    setattr(action, field, keep(getattr(action, field), below(known, field)))
                found += within(known, name, index)
    return found


def place_among(stored: Sequence[Action], action: RunDeployment, index: int) -> int | None:
    """Which of the stored actions this one was: actions may have been moved, but never to another deployment."""
    places = [
        place
        for place, was in enumerate(stored)
        if isinstance(was, RunDeployment) and was.deployment_id == action.deployment_id
    ]
    return index if index in places else next(iter(places), None)


def hide_actions(
    workspace: UUID, automation_id: UUID, body: AutomationUpdate, stored: Sequence[Part] = ()
) -> bytes | None:
    """Put masks into the actions, and seal what they hide. What runs an inferred deployment has no schema to ask."""
    parts: list[Part] = []
    for name in LISTS:
        for index, action in enumerate(getattr(body, name)):
            if not isinstance(action, RunDeployment) or not (action.parameters or action.job_variables):
                continue
            marks = {} if action.deployment_id is None else read_marks(workspace, action.deployment_id)
            given = {field: getattr(action, field) for field in GIVEN}
            fields, hidden = hide(given, marks, below(stored, name, index))
            action.parameters, action.job_variables = fields["parameters"], fields["job_variables"]
            parts += within(hidden, name, index)
    return seal_parts(workspace, TABLE, automation_id, parts)


def has_masks(body: AutomationUpdate) -> bool:
    """Whether an action would give eight asterisks to its runs, if nothing is stored that they stand for."""
    return any(
        isinstance(action, RunDeployment) and (is_masked(action.parameters) or is_masked(action.job_variables))
        for name in LISTS
        for action in getattr(body, name)
    )


def open_action(invocation: Invocation, action: RunDeployment) -> RunDeployment:
    """The action with its secrets. ActionFailed if they are gone."""
    if not (is_masked(action.parameters) or is_masked(action.job_variables)):
        return action
    workspace, id = invocation.workspace, invocation.automation.id
    row = queries.read_secrets_of_automation(workspace=workspace, id=id)
    name, index = place_of(invocation)
    current = decode_actions(getattr(row, name)) if row is not None else []
    if row is None or index >= len(current) or current[index] != action:
        raise ActionFailed(GONE)
    parts = below(open_parts(workspace, TABLE, id, row.secrets), name, index)
    whole = put_back({field: getattr(action, field) for field in GIVEN}, parts)
    return structs.replace(action, **whole)


def place_of(invocation: Invocation) -> tuple[str, int]:
    """The list that the action is of, and its place in it: `action_index` counts over all lists that were asked for."""
    name = invocation.key.split(":")[1]
    before: list[Raw] = []
    if name != "actions":
        before.append(invocation.automation.actions)
    if name == "actions_on_resolve" and "Triggered" in invocation.firing.trigger_states:
        before.append(invocation.automation.actions_on_trigger)
    passed: list[Any] = [action for actions in before for action in decode_actions(actions)]
    return name, invocation.action_index - len(passed)
