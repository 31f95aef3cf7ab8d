"""A mailbox: items that arrive one by one are written in batches, in order.

What is guaranteed: every item that was put is handed to `write`, also after the socket has closed, unless the
process dies first. What is not: the ASGI server answers a client's ping (which clients of `/events/in` take as
"stored so far") as soon as it reads it, so a process that is killed loses what was acknowledged in its last moments.
That window is kept small: a batch is written once no item came for `IDLE_SECONDS`, at the latest after
`WINDOW_SECONDS`, and at once when it is full. While a batch is being written and the next one is full, `put`
waits, hence nothing is read from the socket and its pings stay unanswered.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

IDLE_SECONDS = 0.01
WINDOW_SECONDS = 0.1
SIZE = 500
WEIGHT = 2_097_152

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Collects items for `write`. `on_failure` is told once when `write` fails for good; later puts are refused."""

    def __init__(
        self,
        write: Callable[[list[Item]], Awaitable[None]],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self.write = write
        self.on_failure = on_failure
        self.items: list[Item] = []
        self.weight = 0
        self.seen = 0
        self.deadline = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.writing: asyncio.Task[None] | None = None
        self.failed = False

    async def put(self, item: Item, weight: int) -> None:
        """Add an item of `weight` bytes; waits while the mailbox is full."""
        self.items.append(item)
        self.weight += weight
        if len(self.items) >= SIZE or self.weight >= WEIGHT:
            await self.settle()
            self.start()
        elif self.timer is None:
            loop = asyncio.get_running_loop()
            self.deadline = loop.time() + WINDOW_SECONDS
            self.arm()

    async def close(self) -> None:
        """Write what is left and wait for it, even when cancelled meanwhile."""
        finishing = asyncio.create_task(self.finish())
        cancelled: asyncio.CancelledError | None = None
        while not finishing.done():
            try:
                await asyncio.shield(finishing)
            except asyncio.CancelledError as cancel:
                cancelled = cancel
        if cancelled is not None:
            raise cancelled

    async def finish(self) -> None:
        await self.settle()
        self.start()
        await self.settle()

    def arm(self) -> None:
        self.seen = len(self.items)
        self.timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.tick)

    def tick(self) -> None:
        """Write if it has been quiet or late enough, and nothing is being written; else look again soon."""
        self.timer = None
        if not self.items:
            return
        quiet = len(self.items) == self.seen
        late = asyncio.get_running_loop().time() >= self.deadline
        if (quiet or late) and self.writing is None:
            self.start()
        else:
            self.arm()

    def start(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        batch, self.items, self.weight = self.items, [], 0
        if batch and not self.failed:
            self.writing = asyncio.create_task(self.run(batch))

    async def run(self, batch: list[Item]) -> None:
        try:
            await self.write(batch)
        except Exception as error:
            self.failed = True
            self.on_failure(error)
        finally:
            self.writing = None

    async def settle(self) -> None:
        """Wait for the batch that is being written; a cancelled waiter does not cancel the write."""
        while self.writing is not None:
            await asyncio.shield(self.writing)
