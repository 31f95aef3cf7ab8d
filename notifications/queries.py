"""The statements of this room, each with the row it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements

matching = Statements(Path(__file__).parent / "sql" / "matching.sql")
outbox = Statements(Path(__file__).parent / "sql" / "outbox.sql")
retention = Statements(Path(__file__).parent / "sql" / "retention.sql")


class Happened(Struct, frozen=True, kw_only=True):
    """An event that a rule may want, with the names of what it is about as far as they are still there."""

    workspace_id: UUID
    event_id: UUID
    event: str
    occurred: datetime
    received: datetime
    resource_id: str
    resource: Raw
    related: Raw
    reason: str | None
    flow_run_id: UUID | None
    flow_run: str | None
    flow_id: UUID | None
    flow: str | None
    deployment_id: UUID | None
    deployment: str | None
    work_pool: str | None
    account: str
    workspace: str


class PastFact(Struct, frozen=True, kw_only=True):
    """An event of one workspace, as it says itself what it is about."""

    event_id: UUID
    event: str
    occurred: datetime
    received: datetime
    resource_id: str
    resource: Raw
    related: Raw
    reason: str | None


class OlderMatch(Happened, frozen=True, kw_only=True):
    """An event that a policy of a 2.x client wants told."""

    policy_id: UUID
    block_document_id: UUID
    message_template: str | None
    parameters: Raw


class Claimed(Struct, frozen=True):
    """A message under lease: what its sender needs."""

    workspace_id: UUID
    id: UUID
    key: str
    channel_id: UUID | None
    block_document_id: UUID | None
    attempts: int
    lease_token: UUID
    payload: Raw
    edited: str
    """The reference of the earlier message that this one rewrites."""
    account: str
    workspace: str
    kind: str | None
    secret: bytes | None


class Buried(Struct, frozen=True):
    """A message that was given up."""

    workspace_id: UUID
    id: UUID
    channel_id: UUID | None
    block_document_id: UUID | None
    flow_run_id: UUID | None
    answer: str


class Failure(Struct, frozen=True):
    """A run to show a message of. One that was asked for may have no state yet."""

    flow_run_id: UUID
    flow_run: str
    state_type: str
    state_name: str
    state_message: str | None
    occurred: datetime
    flow: str
    deployment: str | None
    work_pool: str | None


lock_matching = matching.scalar("lock_matching")
read_position = matching.scalar("read_position")
find_end = matching.scalar("find_end")
find_facts = matching.all("find_facts", Happened)
find_older_matches = matching.all("find_older_matches", OlderMatch)
insert_messages = matching.do("insert_messages")
move_position = matching.do("move_position")
lock_rehearsal = matching.scalar("lock_rehearsal")
find_past_end = matching.scalar("find_past_end")
read_past_facts = matching.all("read_past_facts", PastFact)
read_last_failure = matching.one("read_last_failure", Failure)

claim_message = outbox.one("claim_message", Claimed)
insert_claimed_message = outbox.one("insert_claimed_message", Claimed)
insert_message = outbox.scalar("insert_message")
record_delivered = outbox.do("record_delivered")
record_failed = outbox.do("record_failed")
hold_channel = outbox.do("hold_channel")
bury_channel = outbox.all("bury_channel", Buried)
bury_exhausted = outbox.all("bury_exhausted", Buried)
mark_channel_delivering = outbox.do("mark_channel_delivering")
mark_channel_failing = outbox.do("mark_channel_failing")
note_failures = outbox.do("note_failures")
count_rules_on_failure = outbox.scalar("count_rules_on_failure")

forget_old_messages = retention.do("forget_old_messages")
forget_old_alerts = retention.do("forget_old_alerts")
