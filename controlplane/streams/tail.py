"""A tail: rows that are committed to a workspace's table, in order and each once, for any number of followers.

A page is read up to the oldest transaction that is still open, so that a row of a slow transaction is never jumped
over. Pages are read when the doorbell rings, again while an open transaction hides what rang, and now and then anyway.
After a crash PostgreSQL gives out again the numbers of transactions that had left nothing: a cursor of before may lie
above what is committed then. So followers are cut off, and read back what they missed when they come again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from msgspec import Struct

from controlplane.streams.listening import ear

log = logging.getLogger(__name__)

# Between two pages of a busy workspace.
PACE_SECONDS = 0.03
# While an open transaction hides what rang.
SLOWEST_REPEAT_SECONDS = 0.25
# Nothing rings: look anyway, often when rings of other processes cannot be heard.
DEAF_SECONDS = 1.0
QUIET_SECONDS = 5.0
FAILED_SECONDS = 1.0

Row = TypeVar("Row")


class Page(Struct, Generic[Row], frozen=True):
    """Rows since a cursor. All transactions below `cursor` have ended, and are in it or were before.

    Whatever was committed by now, and so may have rung, is below `ahead`. Transactions that are still open may stand
    at or above it: they ring when they end. `life` changes with each crash of PostgreSQL.
    """

    rows: list[Row]
    cursor: int
    ahead: int
    life: datetime


class Follower(NamedTuple, Generic[Row]):
    """`take` gets rows; `cut` says that it follows no more. Both are called in the event loop and must not wait."""

    take: Callable[[list[Row]], None]
    cut: Callable[[], None]


class Tail(Generic[Row]):
    """Follows one workspace for as long as someone listens. `read(None)` gives no rows, only the place to begin."""

    def __init__(self, workspace: UUID, kind: str, read: Callable[[int | None], Awaitable[Page[Row]]]) -> None:
        self.workspace = workspace
        self.kind = kind
        self.read = read
        self.cursor: int | None = None
        self.life: datetime | None = None
        self.target = 0
        self.followers: list[Follower[Row]] = []
        self.rung = asyncio.Event()
        self.started = asyncio.Event()

    def hear(self, kinds: frozenset[str]) -> None:
        if self.kind in kinds:
            self.rung.set()

    async def follow(self) -> None:
        """Read pages for ever."""
        with ear().subscribe(self.workspace, self.hear):
            repeat = PACE_SECONDS
            while True:
                fresh = self.rung.is_set()
                self.rung.clear()
                try:
                    page = await self.read(self.cursor)
                except Exception:
                    log.warning("A tail could not be read", exc_info=True)
                    await asyncio.sleep(FAILED_SECONDS)
                    continue
                if self.life not in (None, page.life):
                    self.cut_off()
                    continue
                self.hand_out(page)
                if fresh:
                    self.target, repeat = page.ahead, PACE_SECONDS
                if page.cursor < self.target:
                    await asyncio.sleep(repeat)
                    repeat = min(repeat * 1.5, SLOWEST_REPEAT_SECONDS)
                    continue
                await self.wait_for_ring()
                await asyncio.sleep(PACE_SECONDS)

    def hand_out(self, page: Page[Row]) -> None:
        self.cursor, self.life = page.cursor, page.life
        self.started.set()
        if page.rows:
            for follower in list(self.followers):
                follower.take(page.rows)

    def cut_off(self) -> None:
        log.warning("PostgreSQL crashed: those who follow a tail are asked to come again")
        self.cursor, self.life, self.target = None, None, 0
        for follower in list(self.followers):
            follower.cut()

    async def wait_for_ring(self) -> None:
        try:
            async with asyncio.timeout(QUIET_SECONDS if ear().hears else DEAF_SECONDS):
                await self.rung.wait()
        except TimeoutError:
            return


class Tails(Generic[Row]):
    """One tail for each workspace that is followed, shared by its followers."""

    def __init__(self, kind: str, read: Callable[[UUID, int | None], Awaitable[Page[Row]]]) -> None:
        self.kind = kind
        self.read = read
        self.running: dict[UUID, tuple[Tail[Row], asyncio.Task[None]]] = {}

    @asynccontextmanager
    async def following(self, workspace: UUID, follower: Follower[Row]) -> AsyncIterator[None]:
        """Rows committed from now on go to `follower`.

        What is committed and visible before the body begins may come too: followers that read back drop those.
        """
        tail = self.tail_of(workspace)
        tail.followers.append(follower)
        try:
            await tail.started.wait()
            yield
        finally:
            tail.followers.remove(follower)
            if not tail.followers:
                self.running.pop(workspace)[1].cancel()

    def tail_of(self, workspace: UUID) -> Tail[Row]:
        if workspace not in self.running:
            tail: Tail[Row] = Tail(workspace, self.kind, lambda cursor: self.read(workspace, cursor))
            self.running[workspace] = (tail, asyncio.get_running_loop().create_task(tail.follow()))
        return self.running[workspace][0]
