"""Priorities of the queues in a pool: positive, each once, 1 first."""

from collections.abc import Collection


def shifted(taken: Collection[int], wanted: int | None) -> tuple[int, list[int]]:
    """The priority that a queue gets, and those that move down by one to make room: a gap stops the shift.

    Without a wish it is the lowest that is free.
    """
    if wanted is None:
        return next(number for number in range(1, len(taken) + 2) if number not in taken), []
    moved = []
    number = wanted
    while number in taken:
        moved.append(number)
        number += 1
    return wanted, moved
