"""Frames on their way to a reader: what is lost is said, and nothing comes after it."""

import asyncio

import pytest

from controlplane.streams.outbox import MOST_FRAMES, Interrupted, Outbox, TooSlow


def test_after_an_interruption_come_the_frames_of_before_and_nothing_else():
    async def read() -> list[str]:
        outbox = Outbox()
        outbox.put("a")
        outbox.interrupt()
        outbox.put("b")
        taken = [await outbox.take()]
        with pytest.raises(Interrupted):
            await outbox.take()
        return taken

    assert asyncio.run(read()) == ["a"]


def test_an_interruption_wakes_a_reader_that_waits():
    async def read() -> None:
        outbox = Outbox()
        waiting = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.interrupt()
        with pytest.raises(Interrupted):
            await waiting

    asyncio.run(read())


def test_a_reader_that_left_too_much_unread_is_told():
    async def read() -> None:
        outbox = Outbox()
        for _ in range(MOST_FRAMES + 1):
            outbox.put("a")
        with pytest.raises(TooSlow):
            await outbox.take()

    asyncio.run(read())
