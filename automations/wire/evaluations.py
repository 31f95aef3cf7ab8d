"""What came of events for automations, and what would have."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from automations.wire.automations import AutomationUpdate
from controlplane.wire.structs import Out

Verdict = Literal["fired", "waiting", "no", "stopped"]
LONGEST_REACH = 30 * 86_400
WEEK = 7 * 86_400


class Evaluation(Out, kw_only=True):
    """One of the records of an automation. `times` says for how many a sample stands."""

    id: UUID
    created: datetime
    automation_id: UUID
    trigger_id: UUID
    verdict: Verdict
    reason: str
    event_id: UUID | None
    event: str
    resource_id: str
    firing_id: UUID | None
    depth: int
    times: int


class Waiting(Out, kw_only=True):
    """What a trigger waits for now, for one set of `for_each` labels."""

    trigger_id: UUID
    labels: dict[str, str]
    words: str
    count: int | None
    since: datetime | None
    until: datetime | None


class DryRun(AutomationUpdate, kw_only=True):
    """An automation to try on the events of the past seconds; nothing is stored and no action is carried out."""

    actions: list[Any] = []
    since_seconds: Annotated[float, Meta(gt=0, le=LONGEST_REACH)] = WEEK


class WouldFire(Out, kw_only=True):
    """A firing that would have been."""

    triggered: datetime
    triggering_labels: dict[str, str]
    event_id: UUID | None
    event: str | None
    occurred: datetime | None
    resource_id: str | None


class WouldNot(Out, kw_only=True):
    """Why events with the right name did not fire it: how often, and one of them."""

    verdict: Verdict
    reason: str
    times: int
    event_id: UUID
    event: str
    occurred: datetime
    resource_id: str


class DryRunReport(Out, kw_only=True):
    """`is_complete` is false when the budget ended before the events did; then `until` is where it stopped."""

    since: datetime
    until: datetime
    events_read: int
    is_complete: bool
    fired: int
    firings: list[WouldFire]
    misses: list[WouldNot]
