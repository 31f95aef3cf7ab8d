"""What is told of automations that fire, and of their actions."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

import msgspec

from automations.wire.automations import Automation
from automations.wire.firings import Firing, TriggerState
from events.services.emission import Emitted
from events.wire.events import Event, Resource

# An event further away than this is not said to follow another.
TIGHT = timedelta(minutes=5)
LONGEST_REASON = 2000


class Invocation(Protocol):
    """An action, and what it was triggered by."""

    @property
    def id(self) -> UUID: ...
    @property
    def action_index(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def automation(self) -> Automation: ...
    @property
    def firing(self) -> Firing: ...
    @property
    def event(self) -> Event | None: ...


def fired(automation: Automation, firing: Firing, state: TriggerState, *, id: UUID) -> Event:
    """`prefect.automation.triggered` or `.resolved`."""
    trigger = msgspec.json.decode(automation.trigger)
    resource = automation_resource(automation)
    if posture := trigger.get("posture"):
        resource["prefect.posture"] = posture
    event = firing.triggering_event
    return Event(
        id=id, occurred=firing.triggered, event=f"prefect.automation.{state.lower()}", resource=resource,
        related=[] if event is None else [event_resource(event.id, "triggering-event")],
        payload={"triggering_labels": firing.triggering_labels, "triggering_event": event},
    )  # fmt: skip


def as_emitted(event: Event) -> Emitted:
    return Emitted(**{name: getattr(event, name) for name in event.__struct_fields__})


def action_triggered(invocation: Invocation, now: datetime) -> Emitted:
    event = invocation.event
    follows = event.id if event is not None and abs(now - event.occurred) < TIGHT else None
    return action_event(invocation, "triggered", now, follows=follows)


def action_executed(
    invocation: Invocation, now: datetime, *, related: Sequence[Resource], details: Mapping[str, Any]
) -> Emitted:
    return action_event(
        invocation, "executed", now, related=related, details=details, follows=uuid5(invocation.id, "triggered")
    )


def action_failed(
    invocation: Invocation, now: datetime, *, reason: str, related: Sequence[Resource], details: Mapping[str, Any]
) -> Emitted:
    return action_event(
        invocation, "failed", now, related=related, details={**details, "reason": reason[:LONGEST_REASON]},
        follows=uuid5(invocation.id, "triggered"),
    )  # fmt: skip


def action_event(
    invocation: Invocation,
    what: str,
    now: datetime,
    *,
    related: Sequence[Resource] = (),
    details: Mapping[str, Any] | None = None,
    follows: UUID | None,
) -> Emitted:
    trigger = msgspec.json.decode(invocation.automation.trigger)
    resource = automation_resource(invocation.automation) | {"prefect.trigger-type": trigger["type"]}
    if posture := trigger.get("posture"):
        resource["prefect.posture"] = posture
    sources = [
        event_resource(uuid5(invocation.firing.id, state), "automation-triggered-event")
        for state in invocation.firing.trigger_states
    ]
    if invocation.event is not None:
        sources.append(event_resource(invocation.event.id, "triggering-event"))
    # One of each kind for an invocation that succeeds at once; a retry that fails again tells so again.
    id = {"id": uuid5(invocation.id, what)} if what == "triggered" else {}
    return Emitted(
        event=f"prefect.automation.action.{what}", occurred=now, resource=resource, related=[*related, *sources],
        payload={
            "action_index": invocation.action_index, "action_type": invocation.kind,
            "invocation": str(invocation.id), **(details or {}),
        },
        follows=follows, **id,
    )  # fmt: skip


def automation_resource(automation: Automation) -> Resource:
    return {
        "prefect.resource.id": f"prefect.automation.{automation.id}",
        "prefect.resource.name": automation.name,
    }


def event_resource(id: UUID, role: str) -> Resource:
    return {"prefect.resource.id": f"prefect.event.{id}", "prefect.resource.role": role}
