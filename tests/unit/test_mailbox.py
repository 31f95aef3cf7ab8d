"""Batches of the mailbox: complete, in order, and early enough."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from controlplane.streams.mailbox import SIZE, Mailbox

Write = Callable[[list[int]], Awaitable[None]]


def unexpected(error: BaseException) -> None:
    raise AssertionError("the mailbox failed") from error


def test_a_quiet_mailbox_is_written_by_itself() -> None:
    async def scenario() -> list[int]:
        written: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

        async def write(batch: list[int]) -> None:
            written.set_result(batch)

        mailbox: Mailbox[int] = Mailbox(write, unexpected)
        await mailbox.put(1, 10)
        await mailbox.put(2, 10)
        return await asyncio.wait_for(written, 5)

    assert asyncio.run(scenario()) == [1, 2]


@pytest.mark.parametrize(
    ("_case", "count", "weight", "sizes"),
    [
        ("full by number", SIZE + 3, 1, [SIZE, 3]),
        ("full by weight", 3, 2_097_152, [1, 1, 1]),
        ("nothing", 0, 1, []),
    ],
)
def test_batches_are_cut_when_full_and_the_rest_at_the_end(
    _case: str, count: int, weight: int, sizes: list[int]
) -> None:
    batches: list[list[int]] = []

    async def write(batch: list[int]) -> None:
        await asyncio.sleep(0)
        batches.append(batch)

    async def scenario() -> None:
        mailbox: Mailbox[int] = Mailbox(write, unexpected)
        for number in range(count):
            await mailbox.put(number, weight)
        await mailbox.close()

    asyncio.run(scenario())
    assert [len(batch) for batch in batches] == sizes
    assert [item for batch in batches for item in batch] == list(range(count))


def test_a_failed_write_is_told_once_and_nothing_is_written_after_it() -> None:
    told: list[str] = []
    tried: list[int] = []

    async def write(batch: list[int]) -> None:
        tried.append(len(batch))
        raise ConnectionError("away")

    async def scenario() -> None:
        mailbox: Mailbox[int] = Mailbox(write, lambda error: told.append(str(error)))
        for number in range(SIZE * 3):
            await mailbox.put(number, 1)
        await mailbox.close()

    asyncio.run(scenario())
    assert told == ["away"]
    assert tried == [SIZE]
