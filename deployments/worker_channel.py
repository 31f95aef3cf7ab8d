"""What happens on `/work_pools/{name}/workers/connect`: a worker shows that it lives, and hears what it has to know.

It is told of changes of its pool and given clean-ups; runs it fetches over REST. A close reason decides what the
client does: `protocol_error` and those of refusal end the channel for good, everything else is tried again.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import Error as DatabaseError

from controlplane.errors import Unavailable
from controlplane.ids import uuid7
from controlplane.sockets.socket import OUR_FAULT, POLICY, PROTOCOL_ERROR, HangUp, Socket
from controlplane.sockets.threads import in_thread
from controlplane.streams.listening import ear
from deployments.queries_cleanups import Reserved
from deployments.rules.cleanups import Operation
from deployments.services import channel, cleanups
from deployments.wire import channel as wire
from deployments.wire.work_pools import WorkPool

REASONS = {
    "authorization_failed": POLICY, "unsupported_version": POLICY, "protocol_error": PROTOCOL_ERROR,
    "heartbeat_persistence_failed": OUR_FAULT, "transient_server_error": OUR_FAULT,
}  # fmt: skip
SETUP_SECONDS = 10.0
POLL_SECONDS = 2.0
SETTLE_SECONDS = 0.05
"""Changes that come together are told together."""
MOST_CLEANUPS = 100
TOLD = ("base_job_template", "concurrency_limit", "is_paused", "storage_configuration")

encoder = msgspec.json.Encoder()
decode: Any = msgspec.json.Decoder(wire.Said).decode
decode_hello: Any = msgspec.json.Decoder(wire.Hello).decode


def closed(reason: str) -> HangUp:
    return HangUp(REASONS[reason], reason)


async def read_hello(socket: Socket) -> wire.HelloPayload:
    try:
        async with asyncio.timeout(SETUP_SECONDS):
            hello: wire.HelloPayload = decode_hello(await socket.receive()).payload
    except (TimeoutError, msgspec.MsgspecError, ValueError) as error:
        raise closed("protocol_error") from error
    if wire.VERSION not in hello.supported_channel_versions:
        raise closed("unsupported_version")
    return hello


class Channel:
    """One worker's socket."""

    def __init__(
        self, socket: Socket, workspace: UUID, pool_name: str, hello: wire.HelloPayload, client_version: str | None
    ) -> None:
        self.socket = socket
        self.workspace = workspace
        self.pool_name = pool_name
        self.hello = hello
        self.client_version = client_version
        self.id = uuid7()
        asked = hello.max_cleanup_concurrency
        room = 1 if asked is None else min(asked, MOST_CLEANUPS)
        self.kinds: list[str] = list(hello.handled_cleanup_kinds)
        self.room = room if self.kinds else 0
        self.queues: list[UUID] = []
        self.sequence = 0
        self.pool: WorkPool
        self.rung = asyncio.Event()
        # Always pending: only then are pings answered, and a worker that is gone noticed.
        self.said: asyncio.Task[str] | None = None

    async def run(self, *, may_create: bool) -> None:
        with ear().subscribe(self.workspace, self.hear):
            await self.greet(may_create)
            self.said = asyncio.create_task(self.socket.receive())
            try:
                await self.serve()
            finally:
                self.said.cancel()
                await asyncio.gather(self.said, return_exceptions=True)
                await in_thread(
                    cleanups.release_connection, self.workspace, self.pool.id, self.id, now=datetime.now(UTC)
                )

    def hear(self, kinds: frozenset[str]) -> None:
        if kinds & {"pool", "cleanup"}:
            self.rung.set()

    async def greet(self, may_create: bool) -> None:
        try:
            found = await in_thread(
                channel.welcome, self.workspace, self.pool_name, self.hello, client_version=self.client_version,
                may_create=may_create, now=datetime.now(UTC),
            )  # fmt: skip
        except channel.Unwelcome as refusal:
            raise closed(str(refusal)) from refusal
        except (DatabaseError, Unavailable) as error:
            raise closed("transient_server_error") from error
        self.queues = [id for id, _ in found.queues]
        known = [*wire.NEEDED, wire.CLEANUP] if self.room else list(wire.NEEDED)
        asked = dict.fromkeys(self.hello.requested_capabilities)
        await self.send(
            "worker.ready.v1",
            wire.ReadyPayload(
                consumer_id=self.hello.consumer_id, worker_id=found.worker_id, selected_channel_version=wire.VERSION,
                effective_heartbeat_interval_seconds=self.hello.heartbeat_interval_seconds,
                accepted_capabilities=[name for name in asked if name in known],
                rejected_capabilities=[name for name in asked if name not in known],
                effective_max_cleanup_concurrency=self.room,
                resolved_work_queues=[wire.Queue(id=id, name=name) for id, name in found.queues],
                initial_snapshot=self.snapshot("initial", found.pool),
            ),
        )  # fmt: skip

    async def serve(self) -> None:
        self.rung.set()
        while True:
            await self.wait()
            assert self.said is not None
            if self.said.done():
                text = self.said.result()
                self.said = asyncio.create_task(self.socket.receive())
                await self.answer(text)
                continue
            if self.rung.is_set():
                await asyncio.sleep(SETTLE_SECONDS)
                self.rung.clear()
            await self.look()

    async def wait(self) -> None:
        """Until the worker speaks, something rang, or it is time to look."""
        assert self.said is not None
        ring = asyncio.create_task(self.rung.wait())
        try:
            await asyncio.wait({self.said, ring}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ring.cancel()

    async def look(self) -> None:
        """What has changed, and what is to be cleaned up. A database that is away changes nothing."""
        try:
            view = await in_thread(
                channel.look, self.workspace, self.pool_name, self.pool.id, self.id, queues=self.queues,
                kinds=self.kinds, room=self.room, client_version=self.client_version, now=datetime.now(UTC),
            )  # fmt: skip
        except (DatabaseError, Unavailable):
            return
        if view.pool is None:
            raise closed("authorization_failed")
        if any(getattr(view.pool, name) != getattr(self.pool, name) for name in TOLD):
            await self.send("work_pool.snapshot.v1", self.snapshot("work_pool_updated", view.pool))
        for given in view.cleanups:
            await self.send("cleanup.message.v1", message(given))

    async def answer(self, text: str) -> None:
        try:
            frame = decode(text)
        except (msgspec.MsgspecError, ValueError) as error:
            raise closed("protocol_error") from error
        if isinstance(frame, wire.Heartbeat):
            await self.beat(frame.payload)
        elif isinstance(frame, wire.Ack):
            await self.operate("ack", frame.id, frame.payload)
        elif isinstance(frame, wire.Renew):
            await self.operate("renew", frame.id, frame.payload)
        elif isinstance(frame, wire.Release):
            await self.operate("release", frame.id, frame.payload, frame.payload.reason)
        else:
            raise closed("protocol_error")

    async def beat(self, said: wire.HeartbeatPayload) -> None:
        if (said.consumer_id, said.worker_name) != (self.hello.consumer_id, self.hello.worker_name):
            raise closed("protocol_error")
        try:
            pool = await in_thread(
                channel.beat, self.workspace, self.pool_name, said, client_version=self.client_version,
                now=datetime.now(UTC),
            )  # fmt: skip
        except (DatabaseError, Unavailable) as error:
            raise closed("heartbeat_persistence_failed") from error
        if pool is None or pool.id != self.pool.id:
            raise closed("authorization_failed")
        if pool.updated != self.pool.updated:
            await self.send("work_pool.snapshot.v1", self.snapshot("heartbeat_reconciliation", pool))

    async def operate(
        self, operation: Operation, frame: UUID, said: wire.Operated, reason: str | None = None
    ) -> None:  # fmt: skip
        status, why, expires = await self.settle(operation, said, reason)
        result = wire.OperationResult(
            request_frame_id=frame, message_id=said.message_id, operation=operation, status=status, reason=why,
            lease_expires_at=expires,
        )  # fmt: skip
        await self.send("cleanup.operation_result.v1", result)
        self.rung.set()

    async def settle(
        self, operation: Operation, said: wire.Operated, reason: str | None
    ) -> tuple[str, str | None, datetime | None]:
        if not self.room:
            return "unauthorized", "cleanup_delivery_not_accepted", None
        try:
            outcome, expires = await in_thread(
                channel.settle, self.workspace, self.pool.id, operation, said.message_id, said.reservation_token,
                reason, datetime.now(UTC),
            )  # fmt: skip
        except (DatabaseError, Unavailable):
            return "error", "cleanup_queue_operation_failed", None
        return outcome.status, outcome.reason, expires

    def snapshot(self, reason: Any, pool: WorkPool) -> wire.Snapshot:
        self.pool = pool
        self.sequence += 1
        return wire.Snapshot(snapshot_sequence=self.sequence, reason=reason, work_pool=pool)

    async def send(self, type: str, payload: Any) -> None:
        frame = wire.Sent(type=type, id=uuid7(), sent_at=datetime.now(UTC), payload=payload)
        await self.socket.send(encoder.encode(frame).decode())


def message(given: Reserved) -> wire.CleanupPayload:
    return wire.CleanupPayload(
        message_id=given.id, kind=given.kind, reservation_token=given.reservation_token,
        lease_expires_at=given.lease_expires, delivery_count=given.delivery_count, work_queue_id=given.work_queue_id,
        target=wire.Target(flow_run_id=given.flow_run_id, infrastructure_pid=given.infrastructure_pid),
    )  # fmt: skip
