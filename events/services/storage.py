"""Events that clients report, stored a batch at a time."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Raw, Struct

from controlplane.sql.transactions import after_commit, workspace_transaction
from controlplane.streams.doorbell import ring
from events import queries
from events.wire.events import MAX_EVENT, Event
from workspaces.services.data_boundary import boundary_of

log = logging.getLogger(__name__)

EVENT = "event"
"""The kind that the doorbell rings for a committed event."""

Recorder = Callable[[UUID, Sequence[Event]], object]

# Filled by the roof: rooms above that keep facts of their own from events, in the transaction that stores them.
recorders: list[Recorder] = []

encoder = msgspec.json.Encoder()


class Reported(Struct, frozen=True):
    """An event of a stream: decoded, and the checked JSON that it was decoded from."""

    event: Event
    raw: bytes


def store_events(workspace: UUID, events: Sequence[Event], raw: bytes, *, now: datetime) -> None:
    """Append a batch: `raw` is the checked JSON array that `events` was decoded from. Resent events change nothing."""
    if len(raw) > MAX_EVENT:
        events, raw = drop_oversized(events)
    if not events:
        return
    queries.insert_events(workspace=workspace, events=Raw(payloads_to_store(workspace, raw)), now=now)
    for record in recorders:
        record(workspace, events)
    after_commit(lambda: ring(workspace, EVENT))


def payloads_to_store(workspace: UUID, raw: bytes) -> bytes:
    """The events without what the data boundary keeps out: all that their senders put in them, or large results."""
    boundary = boundary_of(workspace)
    if boundary.event_payloads == "drop":
        return encoder.encode([{**event, "payload": {}} for event in msgspec.json.decode(raw)])
    limit = boundary.largest_inline_result
    # A batch that is no larger than one result may be holds none that is too large.
    if limit is None or len(raw) <= limit:
        return raw
    return encoder.encode([without_large_result(event, limit) for event in msgspec.json.decode(raw)])


def without_large_result(event: dict[str, Any], limit: int) -> dict[str, Any]:
    """A task run's state comes in the payload of an event, and its result with it. An event cannot be refused."""
    payload: dict[str, Any] = event.get("payload") or {}
    state: Any = payload.get("validated_state")
    data = state.get("data") if isinstance(state, dict) else None
    if data is None or len(encoder.encode(data)) <= limit:
        return event
    return {**event, "payload": {**payload, "validated_state": {**state, "data": None}}}


def drop_oversized(events: Sequence[Event]) -> tuple[list[Event], bytes]:
    """Without the events that are too large: the wire drops those in silence."""
    kept = [(event, text) for event in events if len(text := encoder.encode(event)) <= MAX_EVENT]
    return [event for event, _ in kept], b"[" + b",".join(text for _, text in kept) + b"]"


def store_stream(workspace: UUID, batch: Sequence[Reported]) -> None:
    """Append what came in on a socket, in a transaction of its own.

    Should PostgreSQL refuse a value that the front door let through, the events are stored one by one and only
    the refused ones are left out, since the client would otherwise send the same batch for ever.
    """
    try:
        append(workspace, batch)
    except psycopg.DataError:
        log.exception("A batch of events held a value that cannot be stored")
        for one in batch:
            try:
                append(workspace, [one])
            except psycopg.DataError:
                log.warning("An event cannot be stored", extra={"event_id": str(one.event.id)})


def append(workspace: UUID, batch: Sequence[Reported]) -> None:
    raw = b"[" + b",".join(one.raw for one in batch) + b"]"
    with workspace_transaction(workspace):
        store_events(workspace, [one.event for one in batch], raw, now=datetime.now(UTC))
