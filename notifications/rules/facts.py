"""What an event means to a policy: one fact, whatever was sent."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from notifications.rules import FLOW_RUN_EVENT, label, related_name

FAILURES = frozenset({"FAILED", "CRASHED"})
RUN_STATE = "run-state"
RUN_TOO_LONG = "run-too-long"

# Which kind an event is of, and which kind it ends.
OPENING = {
    "prefect.work-pool.not-ready": "pool-not-ready",
    "prefect.deployment.not-ready": "deployment-not-ready",
    "prefect.sla.violation": "sla-violation",
    "prefect.automation.action.failed": "automation-failing",
    "signalbox.notification.failed": "notification-failing",
}
CLOSING = {
    "prefect.work-pool.ready": "pool-not-ready",
    "prefect.deployment.ready": "deployment-not-ready",
    "prefect.automation.action.executed": "automation-failing",
}
FINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
BEGUN = FINAL | {"PENDING", "RUNNING", "CANCELLING"}


class Fact(Struct, frozen=True, kw_only=True):
    """An event with the names of what it is about, as far as they are known."""

    workspace_id: UUID
    event_id: UUID
    event: str
    kind: str
    occurred: datetime
    received: datetime
    resource_id: str
    resource_name: str = ""
    state_type: str = ""
    state_name: str = ""
    state_message: str = ""
    flow_run_id: UUID | None = None
    flow_run: str = ""
    flow_id: UUID | None = None
    flow: str = ""
    deployment_id: UUID | None = None
    deployment: str = ""
    work_pool: str = ""
    tags: tuple[str, ...] = ()
    channel_id: UUID | None = None
    """Of a notification that failed: where it should have gone."""
    rule_id: UUID | None = None
    """Of what was found for one policy: which."""
    account: str = ""
    workspace: str = ""


def kind_of(event: str) -> str:
    """The kind of an event that a policy may want, or an empty text."""
    return RUN_STATE if event.startswith(FLOW_RUN_EVENT) else OPENING.get(event, "")


def about(fact: Fact) -> str:
    """What is in trouble until the next success: the deployment, else the flow, else the run; or the resource.

    What is no trouble (a run completed, or was cancelled) has no end.
    """
    if fact.kind == RUN_TOO_LONG:
        return f"long:{fact.resource_id}"
    if fact.kind == RUN_STATE and fact.state_type in ("SCHEDULED", "PAUSED"):
        return f"waiting:{fact.resource_id}"
    if fact.kind == RUN_STATE and fact.state_type not in FAILURES:
        return f"news:{origin(fact)}"
    if fact.kind in (RUN_STATE, "sla-violation"):
        return origin(fact)
    if fact.kind == "notification-failing" and fact.channel_id is not None:
        return f"channel:{fact.channel_id}"
    return f"{fact.kind}:{fact.resource_id}"


def family(fact: Fact) -> str:
    """What is told together: failing in either way is one thing, being late another."""
    if fact.kind != RUN_STATE:
        return fact.kind
    return "failed" if fact.state_type in FAILURES else (fact.state_type or fact.state_name).lower()


def origin(fact: Fact) -> str:
    if fact.deployment_id is not None:
        return f"deployment:{fact.deployment_id}"
    if fact.flow_id is not None:
        return f"flow:{fact.flow_id}"
    return f"run:{fact.resource_id}"


def ended_by(fact: Fact) -> tuple[str, ...]:
    """What this event brings to an end, in the words of `about`."""
    if not fact.event.startswith(FLOW_RUN_EVENT):
        kind = CLOSING.get(fact.event)
        return (f"{kind}:{fact.resource_id}",) if kind else ()
    ended = []
    if fact.state_type in BEGUN:
        ended.append(f"waiting:{fact.resource_id}")
    if fact.state_type in FINAL:
        ended.append(f"long:{fact.resource_id}")
    if fact.state_type == "COMPLETED":
        ended += [origin(fact), f"run:{fact.resource_id}"]
    return tuple(ended)


def related_uuid(related: Sequence[object], role: str) -> UUID | None:
    """The id at the end of the related resource's id, if it is one: clients may send anything."""
    for resource in related:
        if isinstance(resource, Mapping) and resource.get("prefect.resource.role") == role:
            return last_uuid(resource.get("prefect.resource.id"))
    return None


def last_uuid(resource_id: object) -> UUID | None:
    if not isinstance(resource_id, str):
        return None
    try:
        return UUID(resource_id.rpartition(".")[2])
    except ValueError:
        return None


def related_tags(related: Sequence[object]) -> tuple[str, ...]:
    found = []
    for resource in related:
        if isinstance(resource, Mapping) and resource.get("prefect.resource.role") == "tag":
            tag = resource.get("prefect.resource.id")
            if isinstance(tag, str):
                found.append(tag.removeprefix("prefect.tag."))
    return tuple(found)


def fact_of(
    *,
    workspace_id: UUID, event_id: UUID, event: str, occurred: datetime, received: datetime, resource_id: str,
    resource: Any, related: Any, reason: str | None, flow_run_id: UUID | None, flow_run: str | None,
    flow_id: UUID | None, flow: str | None,
    deployment_id: UUID | None, deployment: str | None, work_pool: str | None, account: str, workspace: str,
) -> Fact:  # fmt: skip
    """Names as they are stored now, or as the event had them if the thing is gone."""
    labels: Mapping[str, object] = resource if isinstance(resource, Mapping) else {}
    others: Sequence[object] = related if isinstance(related, Sequence) and not isinstance(related, str) else ()
    is_run, name = event.startswith(FLOW_RUN_EVENT), label(labels, "resource.name")
    is_deployment, is_pool = event.startswith("prefect.deployment."), event.startswith("prefect.work-pool.")
    found_id = last_uuid(resource_id) if is_deployment else related_uuid(others, "deployment")
    return Fact(
        workspace_id=workspace_id, event_id=event_id, event=event, kind=kind_of(event), occurred=occurred,
        received=received, resource_id=resource_id, resource_name=name,
        state_type=label(labels, "state-type") if is_run else "",
        state_name=(label(labels, "state-name") or event.removeprefix(FLOW_RUN_EVENT)) if is_run else "",
        state_message=(label(labels, "state-message") if is_run else reason or "")[:2000],
        flow_run_id=flow_run_id, flow_run=flow_run or (name or "a run" if is_run else related_name(others, "flow-run")),
        flow_id=flow_id or related_uuid(others, "flow"), flow=flow or related_name(others, "flow"),
        deployment_id=deployment_id or found_id,
        deployment=deployment or (name if is_deployment else related_name(others, "deployment")),
        work_pool=work_pool or (name if is_pool else related_name(others, "work-pool")),
        tags=related_tags(others), channel_id=related_uuid(others, "channel"), account=account, workspace=workspace,
    )  # fmt: skip
