"""Secrets that automations give to the runs they start."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from automations.services import automations, executing
from automations.wire.automations import Automation, AutomationUpdate
from blocks.services.sealed_parts import open_parts
from controlplane.schema_forms.secret_places import put_back
from controlplane.sql.transactions import open_cursor, workspace_transaction
from tests.services.test_automation_actions import (
    NOTHING,
    actions_of,
    deploy,
    fire,
    make_automation,
    make_firing,
    no_backlog,
)
from tests.world import Tenant

MASK = "********"
__all__ = ["no_backlog"]

SCHEMA = {"type": "object", "properties": {"token": {"type": "string", "format": "password"}, "n": {"type": "integer"}}}


def running(deployment: UUID, **parameters: Any) -> dict[str, Any]:
    return {"type": "run-deployment", "deployment_id": str(deployment), "parameters": parameters}


def replace(tenant: Tenant, automation: Automation, actions: list[dict[str, Any]], **fields: Any) -> None:
    body = {"name": "watch", "trigger": msgspec.json.decode(automation.trigger), "actions": actions, **fields}
    body["trigger"].pop("id", None)
    with workspace_transaction(tenant.workspace_id):
        automations.replace_automation(
            tenant.workspace_id, automation.id, msgspec.convert(body, AutomationUpdate),
            sent=msgspec.json.encode(body), now=datetime.now(UTC),
        )  # fmt: skip


def carried_out(tenant: Tenant, automation: Automation) -> list[Any]:
    """The parameters of the runs, in the clear, after the automation fired; or why there are none."""
    fire(tenant, automation, make_firing(automation))
    executing.carry_out_due_actions()
    if failed := [row.answer for row in actions_of(tenant) if row.done is None]:
        return failed
    with workspace_transaction(tenant.workspace_id):
        rows = open_cursor().execute("SELECT id, parameters, secrets FROM flow_run ORDER BY id").fetchall()
        opened = {id: open_parts(tenant.workspace_id, "flow_run", id, sealed) for id, _, sealed in rows}
    return [put_back({"parameters": given}, opened[id])["parameters"] for id, given, _ in rows]


def dumped(tenant: Tenant) -> str:
    tables = ("automation", "automation_action", "flow_run", "event", "deployment")
    with workspace_transaction(tenant.workspace_id):
        return "".join(str(open_cursor().execute(f"SELECT {name}::text FROM {name}").fetchall()) for name in tables)


@pytest.mark.parametrize("name", ["actions", "actions_on_trigger"])
def test_a_secret_of_an_action_goes_into_the_run_and_nowhere_else(alice, name):
    deployment = deploy(alice, parameter_openapi_schema=SCHEMA, parameters={"token": "of-the-deployment", "n": 1})
    lists = {"actions": [NOTHING], name: [NOTHING, running(deployment, token="of-the-action")]}
    automation = make_automation(alice, **lists)
    assert msgspec.json.decode(getattr(automation, name))[1]["parameters"] == {"token": MASK}
    assert carried_out(alice, automation) == [{"token": "of-the-action", "n": 1}]
    text = dumped(alice)
    assert [secret for secret in ("of-the-action", "of-the-deployment") if secret in text] == []


@pytest.mark.parametrize(
    ("_case", "edit", "token"),
    [
        ("nothing", lambda first, other: [first], "s-1"),
        ("moved behind another", lambda first, other: [NOTHING, first], "s-1"),
        ("a new secret", lambda first, other: [{**first, "parameters": {"token": "s-2"}}], "s-2"),
        ("another deployment", lambda first, other: [{**first, "deployment_id": other}], MASK),
    ],
)
def test_a_mask_that_comes_back_keeps_the_secret_of_the_same_deployment(alice, _case, edit, token):
    deployment, other = deploy(alice, parameter_openapi_schema=SCHEMA), None
    with workspace_transaction(alice.workspace_id):
        open_cursor().execute("UPDATE deployment SET name = 'first' WHERE id = %s", [deployment])
    other = deploy(alice, parameter_openapi_schema=SCHEMA)
    automation = make_automation(alice, actions=[running(deployment, token="s-1")])
    (shown,) = msgspec.json.decode(automation.actions)
    replace(alice, automation, edit(shown, str(other)))
    with workspace_transaction(alice.workspace_id):
        changed = automations.read_automation(alice.workspace_id, automation.id)
    assert carried_out(alice, changed) == [{"token": token}]


@pytest.mark.parametrize("_case", ["changed", "deleted"])
def test_a_secret_that_is_gone_starts_no_run(alice, _case):
    deployment = deploy(alice, parameter_openapi_schema=SCHEMA)
    automation = make_automation(alice, actions=[running(deployment, token="s-1")])
    if _case == "changed":
        replace(alice, automation, [running(deployment, n=2)])
    else:
        with workspace_transaction(alice.workspace_id):
            automations.delete_automation(alice.workspace_id, automation.id, now=datetime.now(UTC))
    assert carried_out(alice, automation) == [
        "The automation was changed or deleted since it fired, and with it the secrets of this action."
    ]
    with workspace_transaction(alice.workspace_id):
        assert open_cursor().execute("SELECT count(*) FROM flow_run").fetchone() == (0,)
