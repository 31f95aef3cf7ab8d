"""Deadlines on a wall clock: the last one that passed, with the stretch of time it is about."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Deadline(NamedTuple):
    """`day` is the local date of the deadline; what counts happened from `since` to `moment`."""

    day: str
    since: datetime
    moment: datetime


def last_deadline(now: datetime, *, by: str, since: str, zone: str, days: Collection[str]) -> Deadline | None:
    """The newest deadline at or before `now`, in UTC; None if no day has one within a week.

    A time that the clocks skip is the moment they are put forward to; one that comes twice is the first of the two.
    A `since` that is later in the day than the deadline is on the day before.
    """
    place, (by_time, since_time) = ZoneInfo(zone), (time.fromisoformat(by), time.fromisoformat(since))
    today = now.astimezone(place).date()
    for back in range(9):
        day = today - timedelta(days=back)
        moment = datetime.combine(day, by_time, place).astimezone(UTC)
        if moment > now or DAYS[day.weekday()] not in days:
            continue
        first = day if since_time < by_time else day - timedelta(days=1)
        return Deadline(day.isoformat(), datetime.combine(first, since_time, place).astimezone(UTC), moment)
    return None
