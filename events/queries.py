"""The statements of events, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements
from events.wire.events import EventCount, ReceivedEvent


class Edge(Struct, frozen=True):
    """Where the transactions of the database stand. `life` changes with each crash of PostgreSQL."""

    horizon: int
    ahead: int
    life: datetime


class TailedEvent(Struct, frozen=True):
    """A stored event with the transaction that wrote it. JSON columns are unread (`msgspec.Raw`)."""

    id: UUID
    occurred: datetime
    received: datetime
    event: str
    resource: Any
    related: Any
    payload: Any
    follows: UUID | None
    tx: int


class Bucket(Struct, frozen=True):
    bucket: int
    count: int


sql = Statements(Path(__file__).parent / "sql" / "events.sql")

insert_events = sql.do("insert_events")
read_edge = sql.one("read_edge", Edge)
tail_events = sql.all("tail_events", TailedEvent)
read_events = sql.all("read_events", ReceivedEvent)
read_newest_events = sql.all("read_newest_events", ReceivedEvent)
count_events = sql.scalar("count_events")
count_event_resources = sql.scalar("count_event_resources")
count_events_by_time = sql.all("count_events_by_time", Bucket)
count_events_by_name = sql.all("count_events_by_name", EventCount)
count_events_by_resource = sql.all("count_events_by_resource", EventCount)

partitions = Statements(Path(__file__).parent / "sql" / "partitions.sql")
ensure_partitions = partitions.scalar("ensure_partitions")


class Hook(Struct, frozen=True):
    """A webhook that a request came in on."""

    workspace_id: UUID
    id: UUID
    name: str
    enabled: bool
    template: str
    service_account_id: UUID | None


webhooks = Statements(Path(__file__).parent / "sql" / "webhooks.sql")
find_webhook = webhooks.one("find_webhook", Hook)
