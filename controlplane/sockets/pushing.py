"""Sockets that only send."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from controlplane.sockets.socket import Socket


async def push(socket: Socket, work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, which sends, until it ends or the client goes. What the client says meanwhile is not heard.

    Reading all the time is what lets the server answer pings and notice that the client is gone.
    """
    tasks = [asyncio.create_task(work), asyncio.create_task(ignore(socket))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def ignore(socket: Socket) -> None:
    while True:
        await socket.receive()
