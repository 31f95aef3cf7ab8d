"""What happens on `/task_runs/subscriptions/scheduled`: background task runs are offered to one client, one at a time.

Clients reply `{"type":"ack"}` to each, and do so late when they have their hands full: an offer is renewed for as
long as the socket is open. They come back after every close but 1000 and 1008.
"""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from controlplane.ids import uuid7
from controlplane.sockets.socket import HangUp, Socket
from controlplane.sockets.threads import in_thread
from controlplane.streams.listening import ear
from runs.services import task_workers

VIOLATION = 4001
REQUEST_SECONDS = 30.0
POLL_SECONDS = 1.0
RENEW_SECONDS = 10.0

Result = TypeVar("Result")
encoder = msgspec.json.Encoder()


class Message(Struct):
    """What clients say. Other members are ignored."""

    type: Any = None
    keys: Any = None
    client_id: Any = None


class Subscription(Struct, frozen=True):
    keys: list[str]
    client_id: str


async def read_subscription(socket: Socket) -> Subscription:
    """Which tasks the client serves. HangUp with 4001 if it says anything else."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            message = understand(await socket.receive())
    except TimeoutError:
        message = Message()
    if message.type != "subscribe":
        raise violation("'subscribe' message")
    if not isinstance(message.keys, list) or not message.keys or not all(map(is_text, message.keys)):
        raise violation("'keys' in subscribe message")
    if not is_text(message.client_id):
        raise violation("'client_id' in subscribe message")
    return Subscription(message.keys, message.client_id)


def understand(text: str) -> Message:
    try:
        return msgspec.json.decode(text, type=Message)
    except (msgspec.MsgspecError, ValueError):
        return Message()


def is_text(value: Any) -> bool:
    """PostgreSQL keeps no NUL."""
    return isinstance(value, str) and value != "" and "\0" not in value


def violation(expected: str) -> HangUp:
    return HangUp(VIOLATION, f"Protocol violation: expected {expected}")


class Offering:
    """One subscriber's socket: what it was offered last, and its next answer."""

    def __init__(self, socket: Socket, workspace: UUID, asked: Subscription) -> None:
        self.socket = socket
        self.workspace = workspace
        self.asked = asked
        self.worker = uuid7()
        self.rung = asyncio.Event()
        self.seen = float("-inf")
        # Always pending: only then are pings answered, and a client that is gone noticed.
        self.answer = asyncio.create_task(socket.receive())
        self.work: asyncio.Task[Any] | None = None

    async def run(self) -> None:
        """Offer until the client quits."""
        try:
            with ear().subscribe(self.workspace, self.hear):
                await self.offer_until_quit()
        finally:
            self.answer.cancel()
            # A claim that is under way is not cut short; only then is it known what is to be given back.
            await asyncio.gather(self.answer, *([self.work] if self.work else []), return_exceptions=True)
            await in_thread(task_workers.dismiss_worker, self.workspace, self.worker)

    def hear(self, kinds: frozenset[str]) -> None:
        if "task" in kinds:
            self.rung.set()

    async def offer_until_quit(self) -> None:
        while True:
            self.rung.clear()
            await self.stay_seen()
            now = datetime.now(UTC)
            run = await self.finish(
                in_thread(task_workers.claim_run, self.workspace, self.worker, self.asked.keys, now=now)
            )
            if run is not None:
                await self.socket.send(encoder.encode(run).decode())
            said = await (self.wait_for_ring() if run is None else self.wait_for_answer())
            if said == "quit":
                return
            if said is not None and (said != "ack" or run is None):
                raise violation("'ack' message")
            if run is not None:
                await self.finish(in_thread(task_workers.settle_run, self.workspace, self.worker, run.id))

    async def wait_for_ring(self) -> Any:
        """None once something may have come; or what the client says meanwhile."""
        ring = asyncio.create_task(self.rung.wait())
        await asyncio.wait({self.answer, ring}, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        ring.cancel()
        return self.take_answer() if self.answer.done() else None

    async def wait_for_answer(self) -> Any:
        while not self.answer.done():
            await asyncio.wait({self.answer}, timeout=RENEW_SECONDS)
            if not self.answer.done():
                await self.stay_seen()
        return self.take_answer()

    def take_answer(self) -> Any:
        """The type of the message that came. Raises Gone when the client went instead."""
        text = self.answer.result()
        self.answer = asyncio.create_task(self.socket.receive())
        return understand(text).type or "nothing"

    async def stay_seen(self) -> None:
        """Renew the subscription and what is offered, now and then."""
        clock = asyncio.get_running_loop().time()
        if clock - self.seen < RENEW_SECONDS:
            return
        self.seen = clock
        asked, now = self.asked, datetime.now(UTC)
        await self.finish(
            in_thread(task_workers.see_worker, self.workspace, self.worker, asked.client_id, asked.keys, now=now)
        )

    async def finish(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for it; being cancelled does not cancel it."""
        task = asyncio.create_task(work)
        self.work = task
        return await asyncio.shield(task)
