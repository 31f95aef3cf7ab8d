"""One stream from its request to its end: look, send what changed, wait for the doorbell.

Every look and every check of the session runs in a thread of its own small pool, so that streams never take the
threads of requests.
"""

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from django.db import close_old_connections
from django.utils import timezone

from controlplane.errors import Problem
from controlplane.live.doors import Feed, Visit
from controlplane.live.frames import END, PING, RETRY, Look, frame, gist
from controlplane.sql.transactions import workspace_transaction
from controlplane.streams.listening import ear

log = logging.getLogger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Result = TypeVar("Result")

MOST_STREAMS = 200
THREADS = 3
# Between two looks of one stream, whatever rings.
PACE_SECONDS = 0.4
# Nothing rings: look anyway, often when rings of other processes cannot be heard.
DEAF_SECONDS, QUIET_SECONDS = 1.0, 5.0
PING_SECONDS = 15.0
CHECK_SECONDS = 60.0
LIFE_SECONDS = 600.0

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]

pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live")
open_streams: dict["Stream", "asyncio.Task[None]"] = {}

Enter = Callable[[], tuple[Visit, Callable[[Visit], Feed]]]
"""In a thread: who looks and how the feed begins. Raises a Problem for whoever may not."""


async def serve(receive: Receive, send: Send, enter: Enter) -> None:
    """Answer a GET with a stream, or with a refusal in plain text."""
    if len(open_streams) >= MOST_STREAMS:
        await refuse(
            send, 503, "Too many pages are being followed. This page polls instead.", [(b"retry-after", b"10")]
        )
        return
    try:
        visit, begin = await in_thread(enter)
        stream = Stream(send, enter, visit, begin(visit))
        first = await in_thread(stream.look)
    except Problem as problem:
        await refuse(send, problem.status, problem.detail, [])
        return
    running = asyncio.create_task(stream.run(first))
    open_streams[stream] = running
    end_with_the_process(asyncio.get_running_loop())
    leaving = asyncio.create_task(wait_until_gone(receive))
    try:
        await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        open_streams.pop(stream, None)
        for task in (running, leaving):
            task.cancel()
        for outcome in await asyncio.gather(running, leaving, return_exceptions=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                log.error("A live page failed", exc_info=outcome)
        if not leaving.done() or leaving.cancelled():
            with contextlib.suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


def end_streams() -> None:
    """Close every stream of this process, which is about to end: browsers come back to its successor."""
    for running in list(open_streams.values()):
        running.cancel()


@cache
def end_with_the_process(loop: asyncio.AbstractEventLoop) -> None:
    """End the streams when the server is told to stop: it waits for open answers before it says so to the application.

    A loop hears of signals through its wake-up descriptor, so its own handlers (the server's) are called all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def stop(number: int, at: Any, before: Any = before) -> None:
            loop.call_soon_threadsafe(end_streams)
            if callable(before):
                before(number, at)

        signal.signal(number, stop)


async def wait_until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def refuse(send: Send, status: int, words: str, headers: list[tuple[bytes, bytes]]) -> None:
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": words.encode()})


async def in_thread(work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


class Stream:
    """One open page."""

    def __init__(self, send: Send, enter: Enter, visit: Visit, feed: Feed) -> None:
        self.send = send
        self.enter = enter
        self.visit = visit
        self.feed = feed
        self.shown: dict[str, int] = {}
        self.rung = asyncio.Event()
        self.spoke = self.checked = self.began = time.monotonic()

    def look(self) -> Look | None:
        close_old_connections()
        with timezone.override(self.visit.zone), workspace_transaction(self.visit.workspace):
            return self.feed.look(datetime.now(UTC))

    def hear(self, kinds: frozenset[str]) -> None:
        if not self.feed.kinds or self.feed.kinds & kinds:
            self.rung.set()

    async def run(self, look: Look | None) -> None:
        await self.send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        await self.write(RETRY)
        with ear().subscribe(self.visit.workspace, self.hear):
            again: float | None = None
            while time.monotonic() - self.began < LIFE_SECONDS:
                if look is not None:
                    again = look.again
                    await self.show(look)
                    if look.ended:
                        await self.write(END)
                        return
                await self.wait(again)
                try:
                    await self.check()
                    self.rung.clear()
                    look = await in_thread(self.look)
                except Problem as problem:
                    # Signed out, no longer a member, or the run is deleted: what is shown stays, and nothing follows.
                    log.info("A live page ended", extra={"status": problem.status})
                    if problem.status < 500:
                        await self.write(END)
                    return

    async def show(self, look: Look) -> None:
        frames = []
        for region, html in look.regions.items():
            if self.shown.get(region) != (now := gist(html)):
                self.shown[region] = now
                frames.append(frame(region, html))
        frames += [frame(addition.region, addition.html, addition.id) for addition in look.additions]
        if frames:
            await self.write(b"".join(frames))
        elif time.monotonic() - self.spoke > PING_SECONDS:
            await self.write(PING)

    async def write(self, data: bytes) -> None:
        self.spoke = time.monotonic()
        await self.send({"type": "http.response.body", "body": data, "more_body": True})

    async def wait(self, again: float | None) -> None:
        """Until something rings, or it is time to look anyway; never less than the pace."""
        await asyncio.sleep(PACE_SECONDS)
        most = QUIET_SECONDS if ear().hears else DEAF_SECONDS
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(most, again or most) - PACE_SECONDS):
                await self.rung.wait()

    async def check(self) -> None:
        """Whether the person may still look. Raises a Problem if not."""
        if time.monotonic() - self.spoke > PING_SECONDS:
            await self.write(PING)
        if time.monotonic() - self.checked > CHECK_SECONDS:
            self.checked = time.monotonic()
            await in_thread(self.enter)
