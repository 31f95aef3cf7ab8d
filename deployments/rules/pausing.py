"""Since when something is paused."""

from datetime import datetime


def paused_since(paused: bool, since: datetime | None, now: datetime) -> datetime | None:
    """Pausing once more does not begin a pause anew."""
    return (since or now) if paused else None
