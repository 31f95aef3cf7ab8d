"""What an automation waits for: an event (or its absence), several triggers together or in a row, a metric.

Unknown keys are ignored, ids that a client sends are replaced: both as the wire has it.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

LONGEST_WITHIN = 3_155_760_000
"""Seconds; a hundred years."""
SHORTEST_WATCH = 10
SHORTEST_METRIC = 300
MOST_TRIGGERS = 100
MOST_ITEMS = 500
DEEPEST = 10

Seconds = Annotated[float, Meta(ge=0, le=LONGEST_WITHIN)]
MetricSeconds = Annotated[float, Meta(ge=SHORTEST_METRIC, le=LONGEST_WITHIN)]
Words = Annotated[list[str], Meta(max_length=MOST_ITEMS)]
Labels = dict[str, str | list[str]]
"""Label -> the values, or patterns of values, of which one has to fit."""


class EventTrigger(Struct, kw_only=True, tag_field="type", tag="event"):
    """Fires when enough of the expected events come (Reactive) or too few do (Proactive) `within` some seconds."""

    id: UUID | None = None
    match: Labels = {}
    match_related: Labels | list[Labels] = {}
    after: Words = []
    expect: Words = []
    for_each: Words = []
    posture: Literal["Reactive", "Proactive"]
    threshold: int = 1
    within: Seconds | None = 0.0

    def __post_init__(self) -> None:
        if self.within is None:
            raise ValueError("`within` should be a valid timedelta")
        if self.posture == "Proactive":
            self.within = self.within or float(SHORTEST_WATCH)
            if self.within < SHORTEST_WATCH:
                raise ValueError(
                    f"`within` for Proactive triggers must be greater than or equal to {SHORTEST_WATCH} seconds"
                )
        # Sets on the wire: kept in one order, so that equal automations read equal.
        self.after, self.expect, self.for_each = unique(self.after), unique(self.expect), unique(self.for_each)


class CompoundTrigger(Struct, kw_only=True, tag_field="type", tag="compound"):
    """Fires when any, all or some number of its triggers fired within some seconds (null: ever)."""

    id: UUID | None = None
    triggers: list["Trigger"]
    within: Seconds | None
    require: int | Literal["any", "all"]

    def __post_init__(self) -> None:
        if not isinstance(self.require, int):
            return
        if self.require < 1:
            raise ValueError("require must be at least 1")
        if self.require > len(self.triggers):
            raise ValueError("require must be less than or equal to the number of triggers")


class SequenceTrigger(Struct, kw_only=True, tag_field="type", tag="sequence"):
    """Fires when its triggers fired in the order in which they are listed."""

    id: UUID | None = None
    triggers: list["Trigger"]
    within: Seconds | None


class MetricQuery(Struct, kw_only=True):
    """Which number is watched, and when it is out of line."""

    name: Literal["lateness", "duration", "successes"]
    threshold: float
    operator: Literal["<", "<=", ">", ">="]
    range: MetricSeconds = 300.0
    firing_for: MetricSeconds = 300.0


class MetricTrigger(Struct, kw_only=True, tag_field="type", tag="metric"):
    """Prefect Cloud's; the open-source server has none."""

    id: UUID | None = None
    match: Labels = {}
    match_related: Labels | list[Labels] = {}
    posture: Literal["Metric"] = "Metric"
    metric: MetricQuery


Trigger = EventTrigger | CompoundTrigger | SequenceTrigger | MetricTrigger


def unique(words: list[str]) -> list[str]:
    return sorted(set(words))


def children_of(trigger: Trigger) -> list[Any]:
    return trigger.triggers if isinstance(trigger, CompoundTrigger | SequenceTrigger) else []
