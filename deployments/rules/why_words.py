"""Times and numbers as the sentences of `why` say them."""

from datetime import UTC, datetime, timedelta

UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def ago(length: timedelta) -> str:
    """`40 s`, `12 min`, `16 h`, `3 d`: rounded down to one unit; less than nothing is `0 s`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def ordinal(number: int) -> str:
    return f"{number}{'th' if number // 10 % 10 == 1 else ENDINGS.get(number % 10, 'th')}"


def attempt(run_count: int, retries: int | None) -> str:
    """The attempt that comes next, after `run_count` that have been."""
    return f"Attempt {run_count + 1}" + ("" if retries is None else f" of {retries + 1}")
