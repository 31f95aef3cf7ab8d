"""The actions of a firing: written once, carried out once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from automations.models import TriggeredAction
from automations.services import actions, automations
from automations.wire.automations import Automation, AutomationCreate
from automations.wire.firings import Firing
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from events.models import Event as EventRow
from events.wire.events import Event
from tests.world import Tenant

NOTHING = {"type": "do-nothing"}


@pytest.fixture(autouse=True)
def no_backlog(quiet) -> None:
    """What other tests left undone is not this test's."""
    with system_transaction():
        open_cursor().execute("UPDATE automation_action SET dead = now() WHERE done IS NULL AND dead IS NULL")


def make_automation(tenant: Tenant, **fields: Any) -> Automation:
    body = {
        "name": "watch",
        "trigger": {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"]},
        "actions": [NOTHING],
        **fields,
    }
    with workspace_transaction(tenant.workspace_id):
        return automations.create_automation(
            tenant.workspace_id,
            msgspec.convert(body, AutomationCreate),
            sent=msgspec.json.encode(body),
            now=datetime.now(UTC),
        )


def make_event(resource: dict[str, str] | None = None, **fields: Any) -> Event:
    return Event(
        id=uuid7(),
        occurred=datetime.now(UTC),
        event=fields.pop("event", "prefect.flow-run.Failed"),
        resource=resource or {"prefect.resource.id": f"prefect.flow-run.{uuid7()}"},
        **fields,
    )


def make_firing(automation: Automation, **fields: Any) -> Firing:
    values: dict[str, Any] = {
        "id": uuid7(),
        "trigger_id": UUID(msgspec.json.decode(automation.trigger)["id"]),
        "automation_id": automation.id,
        "trigger_states": ["Triggered"],
        "triggered": datetime.now(UTC),
        "triggering_event": make_event(),
        **fields,
    }
    return Firing(**values)


def fire(tenant: Tenant, automation: Automation, firing: Firing) -> int:
    with workspace_transaction(tenant.workspace_id):
        return actions.enqueue(tenant.workspace_id, automation=automation, firing=firing, now=datetime.now(UTC))


def actions_of(tenant: Tenant) -> list[TriggeredAction]:
    with workspace_transaction(tenant.workspace_id):
        return list(TriggeredAction.objects.of(tenant.workspace_id).order_by("created", "action_index"))


def events_of(tenant: Tenant, prefix: str = "prefect.automation.") -> list[EventRow]:
    with workspace_transaction(tenant.workspace_id):
        return list(
            EventRow.objects.of(tenant.workspace_id).filter(event__startswith=prefix).order_by("occurred", "id")
        )


@pytest.mark.parametrize(
    ("_case", "states", "lists", "told"),
    [
        ("triggered", ["Triggered"], ["actions", "actions", "actions_on_trigger"], ["triggered"]),
        ("resolved", ["Resolved"], ["actions", "actions", "actions_on_resolve"], ["resolved"]),
    ],
)
def test_a_firing_is_written_once_however_often_it_is_found(alice, _case, states, lists, told):
    automation = make_automation(
        alice, actions=[NOTHING, NOTHING], actions_on_trigger=[NOTHING], actions_on_resolve=[NOTHING]
    )
    firing = make_firing(automation, trigger_states=states)
    assert [fire(alice, automation, firing) for _ in range(3)] == [3, 0, 0]
    rows = [row for row in actions_of(alice) if row.firing_id == firing.id]
    assert [(row.key, row.action_index) for row in rows] == [
        (f"{firing.id}:{name}:{index}", index) for index, name in enumerate(lists)
    ]
    fired = [row for row in events_of(alice) if row.event in {f"prefect.automation.{what}" for what in told}]
    assert len(fired) == 1
    assert fired[0].related == [
        {
            "prefect.resource.id": f"prefect.event.{firing.triggering_event.id}",
            "prefect.resource.role": "triggering-event",
        }
    ]
    begun = [row for row in events_of(alice) if row.event == "prefect.automation.action.triggered"]
    assert sorted(row.payload["action_index"] for row in begun) == [0, 1, 2]
    # What is done on the change of state is given the change itself.
    assert rows[2].event["id"] == str(fired[0].id)
    assert rows[0].event["id"] == str(firing.triggering_event.id)
