"""Frames of the worker channel. Unknown members are refused everywhere."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from deployments.wire.work_pools import WorkPool

VERSION = "work_pool_worker_channel.v1"
HEARTBEAT, SNAPSHOT, CLEANUP = "worker_heartbeat.v1", "work_pool_snapshot.v1", "cleanup_delivery.v1"
NEEDED = (HEARTBEAT, SNAPSHOT)

Text = Annotated[str, Meta(min_length=1, max_length=1024)]
Seconds = Annotated[int, Meta(gt=0, le=2_000_000_000)]
Kind = Literal["cancelling_timeout_teardown.v1", "pending_claim_teardown.v1"]


class Strict(Struct, kw_only=True, forbid_unknown_fields=True):
    """What clients send."""


class HelloPayload(Strict, kw_only=True):
    consumer_id: UUID
    worker_name: Text
    worker_type: Text
    heartbeat_interval_seconds: Seconds
    supported_channel_versions: Annotated[list[Text], Meta(min_length=1)]
    requested_capabilities: Annotated[list[Text], Meta(min_length=1)]
    work_queue_names: list[Text] = []
    handled_cleanup_kinds: list[Kind] = []
    max_cleanup_concurrency: Annotated[int, Meta(ge=0)] | None = None
    create_pool_if_not_found: bool = False
    default_base_job_template: dict[str, Any] = {}
    worker_metadata: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if not set(NEEDED) <= set(self.requested_capabilities):
            raise ValueError("a required capability is not requested")
        if CLEANUP not in self.requested_capabilities and (self.handled_cleanup_kinds or self.max_cleanup_concurrency):
            raise ValueError(f"clean-ups need {CLEANUP}")


class HeartbeatPayload(Strict, kw_only=True):
    consumer_id: UUID
    worker_name: Text
    heartbeat_interval_seconds: Seconds


class Operated(Strict, kw_only=True):
    """A worker's word on a clean-up that it holds."""

    message_id: UUID
    reservation_token: Text


class Released(Operated, kw_only=True):
    reason: Annotated[str, Meta(min_length=1)]


class Frame(Strict, kw_only=True, tag_field="type"):
    id: UUID
    sent_at: datetime


class Hello(Frame, kw_only=True, tag="worker.hello.v1"):
    payload: HelloPayload


class Heartbeat(Frame, kw_only=True, tag="worker.heartbeat.v1"):
    payload: HeartbeatPayload


class Ack(Frame, kw_only=True, tag="cleanup.ack.v1"):
    payload: Operated


class Renew(Frame, kw_only=True, tag="cleanup.renew.v1"):
    payload: Operated


class Release(Frame, kw_only=True, tag="cleanup.release.v1"):
    payload: Released


Said = Hello | Heartbeat | Ack | Renew | Release


class Queue(Struct, kw_only=True):
    id: UUID
    name: str


class Snapshot(Struct, kw_only=True):
    snapshot_sequence: int
    reason: Literal["initial", "work_pool_updated", "heartbeat_reconciliation"]
    work_pool: WorkPool


class ReadyPayload(Struct, kw_only=True):
    consumer_id: UUID
    worker_id: UUID
    selected_channel_version: str
    effective_heartbeat_interval_seconds: int
    accepted_capabilities: list[str]
    rejected_capabilities: list[str]
    effective_max_cleanup_concurrency: int
    resolved_work_queues: list[Queue]
    initial_snapshot: Snapshot


class Target(Struct, kw_only=True):
    flow_run_id: UUID
    infrastructure_pid: str | None


class CleanupPayload(Struct, kw_only=True):
    message_id: UUID
    kind: str
    reservation_token: str
    lease_expires_at: datetime
    delivery_count: int
    work_queue_id: UUID | None
    target: Target
    data: dict[str, Any] = {}


class OperationResult(Struct, kw_only=True):
    request_frame_id: UUID
    message_id: UUID
    operation: str
    status: str
    lease_expires_at: datetime | None = None
    reason: str | None = None
    detail: str | None = None


class Sent(Struct, kw_only=True):
    """A frame of ours."""

    type: str
    id: UUID
    sent_at: datetime
    payload: ReadyPayload | Snapshot | CleanupPayload | OperationResult
