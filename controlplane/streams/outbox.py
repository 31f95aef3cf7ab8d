"""Frames on their way to one reader, bounded: a reader that is too slow is dropped, not waited for."""

import asyncio
from collections import deque

MOST_FRAMES = 5_000
MOST_BYTES = 16_777_216


class TooSlow(Exception):
    """The reader left more unread than is kept for it."""


class Interrupted(Exception):
    """What follows may have a gap, for a reason of our own."""


class Outbox:
    """Filled by `put` in the event loop, emptied by `take`."""

    def __init__(self) -> None:
        self.frames: deque[str] = deque()
        self.size = 0
        self.full = False
        self.interrupted = False
        self.filled = asyncio.Event()

    def put(self, frame: str) -> None:
        if self.full or self.interrupted:
            return
        self.frames.append(frame)
        self.size += len(frame)
        self.full = len(self.frames) > MOST_FRAMES or self.size > MOST_BYTES
        self.filled.set()

    def interrupt(self) -> None:
        self.interrupted = True
        self.filled.set()

    async def take(self) -> str:
        """The next frame. Raises TooSlow once the bounds were passed, since what follows would have a gap.

        Raises Interrupted after `interrupt`, once the frames of before are taken.
        """
        while not self.frames and not self.full and not self.interrupted:
            self.filled.clear()
            await self.filled.wait()
        if self.full:
            raise TooSlow
        if not self.frames:
            raise Interrupted
        frame = self.frames.popleft()
        self.size -= len(frame)
        return frame
