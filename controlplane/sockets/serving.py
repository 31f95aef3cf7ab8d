"""The life of a socket: handshake, handler, a fresh look at the caller every few seconds, and an end with a reason."""

import asyncio
import logging

from controlplane.errors import Unavailable
from controlplane.sockets.doors import Found, Visit
from controlplane.sockets.handshake import Gate, Turned, admit, shake_hands
from controlplane.sockets.socket import OUR_FAULT, RESTART, TRY_LATER, Gone, HangUp, Socket
from controlplane.sql.transactions import LOST

log = logging.getLogger(__name__)

RECHECK_SECONDS = 3.0
DRAIN_SECONDS = 20.0

# Sockets that are open in this process, for the drain.
open_sockets: dict[asyncio.Task[None], Socket] = {}


async def serve(socket: Socket, found: Found, gate: Gate) -> None:
    """Serve one socket from its upgrade to its end."""
    task = asyncio.current_task()
    assert task is not None
    open_sockets[task] = socket
    try:
        await socket.connected()
        socket.max_message = found.door.max_message
        token, visit = await shake_hands(socket, found.door, gate)
        await attend(socket, found, visit, gate, token)
        await socket.close(1000, "")
    except HangUp as end:
        await socket.close(end.code, end.reason)
    except (Gone, Turned):
        return
    except (Unavailable, *LOST):
        log.warning("A websocket ends for want of the database", exc_info=True)
        await socket.close(TRY_LATER, "Try again later")
    except Exception:
        log.exception("A websocket handler failed")
        await socket.close(OUR_FAULT, "Internal error")
    finally:
        del open_sockets[task]


async def attend(socket: Socket, found: Found, visit: Visit, gate: Gate, token: str) -> None:
    """Run the handler until it returns, the caller is no longer welcome, or someone hangs up.

    A handler that is cut short is cancelled once and awaited: its `finally` writes what it still holds.
    """
    handler = asyncio.ensure_future(found.door.function(socket, visit, **found.arguments))
    others = [asyncio.create_task(watch(visit, gate, token)), asyncio.create_task(raise_hang_up(socket))]
    try:
        await asyncio.wait([handler, *others], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in others:
            task.cancel()
        if not handler.done():
            handler.cancel()
        ends = await asyncio.gather(handler, *others, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def watch(visit: Visit, gate: Gate, token: str) -> None:
    """Raise HangUp once the token no longer admits to the same places. A database that is away changes nothing."""
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        try:
            fresh = await admit(gate, token)
        except HangUp as end:
            if end.code != TRY_LATER:
                raise
            continue
        if not set(visit.workspaces) <= set(fresh.workspaces):
            raise HangUp(RESTART, "What this key may see has changed")


async def raise_hang_up(socket: Socket) -> None:
    raise await socket.hung_up()


async def drain() -> None:
    """Hang up on every socket, and wait until what their handlers hold is written."""
    for socket in open_sockets.values():
        socket.hang_up(RESTART, "The server restarts: connect again")
    if open_sockets:
        await asyncio.wait(list(open_sockets), timeout=DRAIN_SECONDS)
