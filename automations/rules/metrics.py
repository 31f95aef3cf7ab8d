"""Numbers over the runs of a while: which runs count, what the number is, and how long it is out of line."""

import operator
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from msgspec import Struct

from automations.rules import labels
from automations.wire.triggers import Labels, MetricQuery, MetricTrigger
from events.wire.events import Resource

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
ID, NAME, ROLE = "prefect.resource.id", "prefect.resource.name", "prefect.resource.role"


class Measured(Struct, frozen=True):
    """A run with its number: seconds late, seconds long, or 1 and 0 for a success and a failure."""

    id: UUID
    name: str
    flow_id: UUID
    flow: str
    deployment_id: UUID | None
    deployment: str | None
    work_queue_id: UUID | None
    work_queue: str | None
    work_pool_id: UUID | None
    work_pool: str | None
    tags: list[str]
    value: float


class Breach(Struct, tag="breach", frozen=True):
    """Since when the number is out of line, and whether that was told."""

    since: datetime | None = None
    is_told: bool = False
    value: float | None = None


class Judged(NamedTuple):
    breach: Breach
    change: Literal["Triggered", "Resolved"] | None


def concerns(trigger: MetricTrigger, run: Measured) -> bool:
    """Whether a run counts: by the same labels that its events bear."""
    return (
        labels.why_no_match(resource_of(run), trigger.match) is None
        and labels.why_no_related(list(related_of(run)), trigger.match_related) is None
    )


def resource_of(run: Measured) -> Resource:
    return {ID: f"prefect.flow-run.{run.id}", NAME: run.name}


def related_of(run: Measured) -> Iterable[Resource]:
    for role, id, name in (
        ("flow", run.flow_id, run.flow), ("deployment", run.deployment_id, run.deployment),
        ("work-queue", run.work_queue_id, run.work_queue), ("work-pool", run.work_pool_id, run.work_pool),
    ):  # fmt: skip
        if id is not None:
            yield {ID: f"prefect.{role}.{id}", ROLE: role, NAME: name or ""}
    for tag in run.tags:
        yield {ID: f"prefect.tag.{tag}", ROLE: "tag"}


def selected(wanted: Labels | list[Labels], kind: str) -> list[UUID] | None:
    """The deployments (flows, ...) of which every run that counts is one; None if that cannot be told by their ids."""
    for one in wanted if isinstance(wanted, list) else [wanted]:
        values = labels.as_list(one.get(ID, []))
        prefix = f"prefect.{kind}."
        try:
            ids = [UUID(value.removeprefix(prefix)) for value in values if value.startswith(prefix)]
        except ValueError:
            continue
        if ids and len(ids) == len(values):
            return ids
    return None


def mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def judge(query: MetricQuery, breach: Breach, value: float | None, *, now: datetime) -> Judged:
    """It triggers once it has been out of line for long enough, and resolves when it is back. No runs, no fault."""
    if value is None or not COMPARE[query.operator](value, query.threshold):
        return Judged(Breach(value=value), "Resolved" if breach.is_told else None)
    since = breach.since or now
    triggers = not breach.is_told and now - since >= timedelta(seconds=query.firing_for)
    return Judged(Breach(since, breach.is_told or triggers, value), "Triggered" if triggers else None)
