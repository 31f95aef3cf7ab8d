"""Durations as people type them: `1h 30m`, `45`, `PT1H30M`."""

import re

UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
PART = re.compile(r"(\d+(?:\.\d+)?)\s*(w|d|h|m|s)[a-z]*\s*")
ISO = re.compile(
    r"P(?:(?P<w>[\d.]+)W)?(?:(?P<d>[\d.]+)D)?(?:T(?:(?P<h>[\d.]+)H)?(?:(?P<m>[\d.]+)M)?(?:(?P<s>[\d.]+)S)?)?"
)


def seconds_of(text: str) -> float | None:
    """None for what is no duration."""
    text = text.strip()
    try:
        return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else spelled(text)
    except ValueError:
        return None


def spelled(text: str) -> float | None:
    if (iso := ISO.fullmatch(text)) and any(iso.groups()):
        return sum(float(amount) * UNITS[unit] for unit, amount in iso.groupdict().items() if amount)
    parts = PART.findall(text.lower())
    if not parts or PART.sub("", text.lower()):
        return None
    return sum(float(amount) * UNITS[unit] for amount, unit in parts)


def words_of(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    words, left = [], seconds
    for unit in ("d", "h", "m"):
        amount, left = divmod(left, UNITS[unit])
        words += [f"{amount:g}{unit}"] if amount else []
    return " ".join([*words, *([f"{left:g}s"] if left else [])])


def iso_of(seconds: float) -> str:
    return f"PT{seconds:g}S" if seconds % 60 else f"PT{seconds / 60:g}M" if seconds % 3600 else f"PT{seconds / 3600:g}H"
