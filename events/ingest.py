"""What comes in on `/events/in`: each frame is one event, and nothing is answered."""

import asyncio
import logging
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import Unavailable
from controlplane.sockets.socket import OUR_FAULT, TRY_LATER, HangUp, Socket
from controlplane.sockets.threads import in_thread
from controlplane.sql.transactions import LOST
from controlplane.streams.mailbox import Mailbox
from controlplane.wire.front_door import ESCAPED_NUL, parse, read_again
from controlplane.wire.invalid import InvalidBody
from events.services.storage import Reported, store_stream
from events.wire.events import MAX_EVENT, Event

log = logging.getLogger(__name__)

# Pauses between attempts to write while PostgreSQL is away; then the client is told to come back with its events.
PATIENCE_SECONDS = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
TRANSIENT = (Unavailable, *LOST)


async def receive_events(socket: Socket, workspace: UUID) -> None:
    """Store what arrives until the client goes; what arrived before is stored whatever ends the socket."""

    async def write(batch: list[Reported]) -> None:
        await write_patiently(workspace, batch)

    mailbox = Mailbox(write, lambda error: give_up(socket, error))
    try:
        while True:
            text = await socket.receive()
            if (reported := read_event(text)) is not None:
                await mailbox.put(reported, len(reported.raw))
    finally:
        await mailbox.close()


def read_event(text: str) -> Reported | None:
    """The event of a frame, None if it is too large to keep. Raises HangUp for anything that is no event."""
    raw = text.encode()
    if len(raw) > MAX_EVENT:
        return None
    if b"\\u0000" in raw:
        raw = ESCAPED_NUL.sub(rb"\1", raw)
    try:
        return read_value(parse(raw), raw)
    except InvalidBody as error:
        raise HangUp(OUR_FAULT, f"Invalid event: {error}") from error


def read_value(value: Any, raw: bytes) -> Reported:
    try:
        return Reported(msgspec.convert(value, Event), raw)
    except ValueError as error:
        return Reported(*read_again(Event, value, error))


async def write_patiently(workspace: UUID, batch: list[Reported]) -> None:
    for pause in PATIENCE_SECONDS:
        try:
            return await in_thread(store_stream, workspace, batch)
        except TRANSIENT:
            log.warning("Events wait for the database", extra={"events": len(batch)})
            await asyncio.sleep(pause)
    return await in_thread(store_stream, workspace, batch)


def give_up(socket: Socket, error: BaseException) -> None:
    if isinstance(error, TRANSIENT):
        socket.hang_up(TRY_LATER, "Events cannot be stored now: try again later")
        return
    log.error("Events could not be stored", exc_info=error)
    socket.hang_up(OUR_FAULT, "Events could not be stored")
