"""The dates of a schedule.

Pure: `start` comes from the caller. Every generator yields distinct, ascending moments of the schedule's zone that are
not before `start`; it may end early, or never: the caller takes what it needs.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import trunc
from zoneinfo import ZoneInfo

import msgspec
from croniter import CroniterBadDateError, croniter

from deployments.rules.recurrence import anchored_rrule, recur
from deployments.wire.schedules import CronSchedule, IntervalSchedule, RRuleSchedule, Schedule, timezones

MOST_DATES = 1000
EMPTY_YEARS = 9
"""Cron gives up after so many years without a match: the longest true gap is eight, between two 29 February."""

MIN_RUNS, MAX_RUNS = 3, 100
MIN_AHEAD, MAX_AHEAD = timedelta(hours=1), timedelta(days=100)


def complete_schedule(schedule: Schedule, now: datetime) -> Schedule:
    """The schedule with what it leaves open, as it is stored: an anchor, a zone, a start that later dates depend on."""
    if isinstance(schedule, IntervalSchedule):
        anchor = schedule.anchor_date or now
        if anchor.tzinfo is None:
            anchor = anchor.replace(tzinfo=UTC)
        return msgspec.structs.replace(schedule, anchor_date=anchor, timezone=schedule.timezone or "UTC")
    if isinstance(schedule, RRuleSchedule):
        zone = schedule.timezone or "UTC"
        return RRuleSchedule(rrule=anchored_rrule(schedule.rrule, now.astimezone(ZoneInfo(zone))), timezone=zone)
    return schedule


def schedule_name(schedule: Schedule) -> str:
    """The kind, as a run's `created_by` shows it when the schedule has no slug."""
    return type(schedule).__name__


def plan_dates(
    schedule: Schedule, start: datetime, *, end: datetime | None = None, min_ahead: timedelta = MIN_AHEAD,
    min_runs: int = MIN_RUNS, max_runs: int = MAX_RUNS,
) -> list[datetime]:  # fmt: skip
    """The runs to have ready: at least `min_runs` and far enough ahead, at most `max_runs` and not beyond `end`."""
    end = end or start + MAX_AHEAD
    dates: list[datetime] = []
    for date in islice(all_dates(schedule, start), min(max_runs, MOST_DATES)):
        if date > end:
            break
        dates.append(date)
        if len(dates) >= min_runs and date >= start + min_ahead:
            break
    return dates


def all_dates(schedule: Schedule, start: datetime) -> Iterator[datetime]:
    if isinstance(schedule, IntervalSchedule):
        dates = interval_dates(schedule, start)
    elif isinstance(schedule, CronSchedule):
        dates = cron_dates(schedule, start)
    else:
        dates = recur(schedule, start)
    last: datetime | None = None
    for date in dates:
        # Two wall clock times in a spring gap may be one moment, and an autumn hour has its clock times twice.
        moment = date.astimezone(UTC)
        if moment >= start and (last is None or moment > last):
            last = moment
            yield moment.astimezone(date.tzinfo)


def interval_dates(schedule: IntervalSchedule, start: datetime) -> Iterator[datetime]:
    """Whole days are stepped on the zone's clocks, the rest in absolute time: daily at nine stays at nine over DST."""
    zone = ZoneInfo(schedule.timezone) if schedule.timezone in timezones() else UTC
    assert schedule.anchor_date is not None
    anchor = schedule.anchor_date.astimezone(zone)
    passed = trunc((start - anchor).total_seconds() / schedule.interval)
    days, seconds = divmod(schedule.interval, 86_400)
    try:
        date = add(anchor, 0, schedule.interval * passed)
        while True:
            yield date
            date = add(date, days, seconds)
    except OverflowError:  # beyond the calendar
        return


def add(date: datetime, days: float, seconds: float) -> datetime:
    """Days by the clocks, then seconds by the time that passes."""
    if days:  # adding nothing would still forget which of an autumn hour's two passes this is
        date += timedelta(days=days)
    return (date.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(date.tzinfo)


def cron_dates(schedule: CronSchedule, start: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(schedule.timezone or "UTC")
    local = start.astimezone(zone).replace(tzinfo=None)
    # croniter looks for hits after its start, and one exactly at the start counts.
    since = local if local.microsecond else local - timedelta(seconds=1)
    hits = croniter(schedule.cron, since, day_or=schedule.day_or, max_years_between_matches=EMPTY_YEARS)
    try:
        while True:
            yield hits.get_next(datetime).replace(tzinfo=zone)
    except (CroniterBadDateError, OverflowError):
        return
