"""That an automation's trigger fired, and the actions that came of it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from controlplane.wire.structs import Named, Out, Raw
from events.wire.events import Event

TriggerState = Literal["Triggered", "Resolved"]


class Firing(Struct, kw_only=True, frozen=True):
    """One firing of an automation's trigger; `id` is its identity, so an evaluator that repeats itself sends it again.

    Of the states, `Triggered` takes `actions_on_trigger` along and `Resolved` takes `actions_on_resolve`.
    """

    id: UUID
    trigger_id: UUID
    automation_id: UUID
    trigger_states: list[TriggerState]
    triggered: datetime
    triggering_labels: dict[str, str] = {}
    triggering_event: Event | None = None
    triggering_value: Any = None


class TriggeredAction(Out, kw_only=True):
    """An action of a firing, with what became of it."""

    id: UUID
    created: datetime
    automation_id: UUID
    automation_name: str
    firing_id: UUID
    action_index: int
    action_type: str
    status: Literal["WAITING", "RUNNING", "DONE", "DEAD"]
    attempts: int
    next_attempt: datetime
    done: datetime | None
    dead: datetime | None
    answer: str
    tries: Raw
    action: Raw
    firing: Raw


class ActionTry(Struct, kw_only=True, frozen=True):
    """One attempt at an action, as it is kept in `tries`."""

    number: int
    at: datetime
    seconds: float
    answer: str
    is_done: bool


class ActionsFilter(Named, kw_only=True):
    """Which actions to list; `DEAD` are those that were given up."""

    automation_id: UUID | None = None
    status: Literal["OPEN", "DONE", "DEAD"] | None = None
    limit: Annotated[int, Meta(ge=0, le=200)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
