"""What goes out on `/events/out`: what happened lately, oldest first, then what happens; each event once.

After `auth_success` every frame has an `event` member: clients die of any other.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from controlplane.sockets.socket import MIB, PROTOCOL_ERROR, TRY_LATER, HangUp, Socket
from controlplane.sockets.threads import in_thread
from controlplane.sql.transactions import workspace_transaction
from controlplane.streams.outbox import Interrupted, Outbox, TooSlow
from controlplane.streams.tail import Follower, Page, Tails
from events.rules.matching import fits_filter
from events.services.following import Live, read_page
from events.services.reading import BACKFILL_PAGE, after_event, read_backfill
from events.services.storage import EVENT
from events.wire.events import ReceivedEvent
from events.wire.filters import EventFilter, PageToken

REQUEST_SECONDS = 30.0


class Request(Struct):
    """The message after the handshake. Other members are ignored."""

    type: str = ""
    filter: Any = None
    backfill: bool = True


class Asked(Struct, frozen=True):
    filter: EventFilter
    backfill: bool


class Stream:
    """Puts the events that fit into an outbox; held back while the past is still being sent."""

    def __init__(self, filter: EventFilter) -> None:
        self.filter = filter
        self.outbox = Outbox()
        self.held: list[Live] | None = []
        self.sent: set[UUID] = set()

    def take(self, events: Sequence[Live]) -> None:
        fitting = [event for event in events if fits_filter(event.facts, self.filter)]
        if self.held is not None:
            self.held += fitting
            return
        for event in fitting:
            if event.event.id not in self.sent and fits_client(event.frame):
                self.outbox.put(event.frame)

    def release(self) -> None:
        """The past is sent: go on with what came meanwhile."""
        held, self.held = self.held or [], None
        self.take(held)


async def read_request(socket: Socket) -> Asked:
    """What the client wants to see. HangUp with 1002 if it asks for something else."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            request = msgspec.json.decode(await socket.receive(), type=Request)
    except (TimeoutError, msgspec.MsgspecError, ValueError) as error:
        raise HangUp(PROTOCOL_ERROR, "Expected 'filter' message") from error
    if request.type != "filter":
        raise HangUp(PROTOCOL_ERROR, "Expected 'filter' message")
    try:
        return Asked(msgspec.convert(request.filter, EventFilter), request.backfill)
    except (msgspec.ValidationError, ValueError) as error:
        raise HangUp(PROTOCOL_ERROR, f"Invalid filter: {error}") from error


async def stream_events(socket: Socket, workspaces: Sequence[UUID], asked: Asked) -> None:
    """Subscribe first, then show the past, then what was held back, then what comes."""
    stream = Stream(asked.filter)
    async with AsyncExitStack() as stack:
        for workspace in workspaces:
            await stack.enter_async_context(tails.following(workspace, Follower(stream.take, stream.outbox.interrupt)))
        if asked.backfill:
            now = datetime.now(UTC)
            for workspace in workspaces:
                await send_backfill(socket, workspace, stream, now)
        stream.release()
        try:
            while True:
                await socket.send(await stream.outbox.take())
        except TooSlow as error:
            raise HangUp(TRY_LATER, "Too slow: more events are waiting than are kept. Connect again") from error
        except Interrupted as error:
            raise HangUp(TRY_LATER, "The database had to recover. Connect again, and nothing is missed") from error


async def send_backfill(socket: Socket, workspace: UUID, stream: Stream, now: datetime) -> None:
    after: PageToken | None = None
    while True:
        events = await in_thread(backfill_page, workspace, stream.filter, after, now)
        for event in events:
            stream.sent.add(event.id)
            frame = Live(event).frame
            if fits_client(frame):
                await socket.send(frame)
        if len(events) < BACKFILL_PAGE:
            return
        after = after_event(events[-1])


def backfill_page(workspace: UUID, filter: EventFilter, after: PageToken | None, now: datetime) -> list[ReceivedEvent]:
    with workspace_transaction(workspace):
        return read_backfill(workspace, filter, after, now=now)


def fits_client(frame: str) -> bool:
    """Clients take frames of up to 1 MiB and break off at a larger one."""
    return len(frame) * 4 <= MIB or len(frame.encode()) <= MIB


async def read_live_page(workspace: UUID, cursor: int | None) -> Page[Live]:
    return await in_thread(read_page, workspace, cursor)


tails: Tails[Live] = Tails(EVENT, read_live_page)
