"""Lengths of time as people write them: `15 min`, `2 h`, `90 s`."""

import re

UNITS = (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0), ("s", 1.0))
LENGTH = re.compile(r"([0-9]*\.?[0-9]+)\s*([a-z]*)")
UNIT_OF = {
    "": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
    "minutes": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86_400.0, "day": 86_400.0, "days": 86_400.0,
}  # fmt: skip


def format_length(seconds: float) -> str:
    """`900.0` -> `15 min`: exact, so that reading it back gives the same."""
    for unit, size in UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds!r} s" if seconds else "0 s"


def parse_length(text: str) -> float:
    """ValueError for what is no length of time."""
    match = LENGTH.fullmatch(text.strip().lower())
    if match is None or match[2] not in UNIT_OF:
        raise ValueError("Write a length of time, such as 15 min, 2 h or 90 s.")
    return float(match[1]) * UNIT_OF[match[2]]
