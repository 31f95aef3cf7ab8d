"""Moments and delays that cannot overflow."""

from datetime import UTC, datetime, timedelta
from math import exp, log, log2

FAR_FUTURE = datetime.max.replace(tzinfo=UTC)


def later(now: datetime, seconds: float) -> datetime:
    """`seconds` after `now`, or the end of time if a client asks for more than a calendar holds."""
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        return FAR_FUTURE


def clamped_poisson(mean: float, chance: float, spread: float = 0.3) -> float:
    """An exponential interval around `mean` seconds, cut off at both ends, so that callers do not all return at once.

    `chance` in [0, 1) picks the quantile; the longest interval is `mean * (1 + spread)`.
    """
    if mean <= 0:
        return 0.0
    longest = 1 + spread
    shortest = log2(2**longest / (2**longest - 1))
    low, high = 1 - exp(-shortest), 1 - exp(-longest)
    return -log(1 - (low + (high - low) * chance)) * mean
