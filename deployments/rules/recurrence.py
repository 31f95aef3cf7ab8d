"""Dates of an RRULE within a budget.

A rule that matches nothing (30 February) makes dateutil search to the end of the calendar. The searching is counted
here, and a rule that searches too long has no more dates.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from types import FunctionType
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule as dateutil_rrule
from dateutil.rrule import DAILY, HOURLY, MINUTELY, WEEKLY, rrule, rruleset

from deployments.wire.schedules import PHASE, RRuleSchedule, parse_rrule

MOST_STEPS = 20_000
PERIODS = {
    MINUTELY: timedelta(minutes=1), HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1),
}  # fmt: skip


class Searched(Exception):
    """The budget is used up."""


class CountingCalendar(dateutil_rrule._iterinfo):  # type: ignore[misc]  # dateutil has no types
    """dateutil asks its calendar once for each period that it looks at: a year costs more than a day."""

    def __init__(self, rule: Any) -> None:
        self.steps = 0
        super().__init__(rule)

    def step(self, cost: int) -> None:
        self.steps += cost
        if self.steps > MOST_STEPS:
            raise Searched

    def ydayset(self, year: int, month: int, day: int) -> Any:
        self.step(40)
        return super().ydayset(year, month, day)

    def mdayset(self, year: int, month: int, day: int) -> Any:
        self.step(5)
        return super().mdayset(year, month, day)

    def wdayset(self, year: int, month: int, day: int) -> Any:
        self.step(2)
        return super().wdayset(year, month, day)

    def ddayset(self, year: int, month: int, day: int) -> Any:
        self.step(1)
        return super().ddayset(year, month, day)


class BudgetedRule(rrule):  # type: ignore[misc]  # dateutil has no types
    """dateutil's rule, reading the calendar that counts."""

    _iter = FunctionType(
        rrule._iter.__code__, {**vars(dateutil_rrule), "_iterinfo": CountingCalendar}, "_iter", rrule._iter.__defaults__
    )


def anchored_rrule(text: str, now: datetime) -> str:
    """The text with a DTSTART, so that its dates do not depend on when it is read. `now` is in the schedule's zone.

    A rule by the minute begins at a recent moment in phase with the beginning of 2020, so that no search starts there.
    """
    if "DTSTART" in text.upper():
        return text
    start = PHASE
    parsed = parse_rrule(text)
    if isinstance(parsed, rrule) and parsed._freq == MINUTELY and parsed._count is None:
        start = rebase(PHASE, now.replace(tzinfo=None), parsed._interval * PERIODS[MINUTELY])
    return f"DTSTART:{start:%Y%m%dT%H%M%S}\n{text}"


def rebase(start: datetime, towards: datetime, period: timedelta) -> datetime:
    """The last whole period before `towards`, in phase with `start`; `start` itself if that is later."""
    periods = (towards - start) // period
    return start + max(0, periods) * period


def recur(schedule: RRuleSchedule, start: datetime) -> Iterator[datetime]:
    """The dates from `start` on. The rule runs on bare clock times, which then get their zone."""
    zone = ZoneInfo(schedule.timezone or "UTC")
    local = start.astimezone(zone).replace(tzinfo=None, microsecond=0)
    # A day of slack: clocks may be turned back in it.
    dates = bare_rules(parse_rrule(schedule.rrule), local - timedelta(days=1), zone).xafter(
        local - timedelta(days=1), inc=True
    )
    try:
        for date in dates:
            yield date.replace(tzinfo=zone)
    except (Searched, OverflowError):
        return


def bare_rules(parsed: rrule | rruleset, towards: datetime, zone: tzinfo) -> rruleset:
    """All of a set's rules and dates without their zones, the rules in reach of `towards`."""
    bare = rruleset()
    if isinstance(parsed, rrule):
        bare.rrule(bare_rule(parsed, towards, zone))
        return bare
    for rule in parsed._rrule:
        bare.rrule(bare_rule(rule, towards, zone))
    for date in parsed._rdate:
        bare.rdate(date.replace(tzinfo=None))
    for date in parsed._exdate:
        bare.exdate(date.replace(tzinfo=None))
    return bare


def bare_rule(rule: Any, towards: datetime, zone: tzinfo) -> BudgetedRule:
    start = rule._dtstart.replace(tzinfo=None)
    until = rule._until.replace(tzinfo=None) if rule._until is not None else None
    period = PERIODS.get(rule._freq)
    if period is not None and rule._count is None:
        start = rebase(start, towards, period * rule._interval)
    # What dateutil derives from DTSTART (by the month: on that day of the month) is written out before DTSTART moves.
    by = {
        "bymonth": rule._bymonth, "bymonthday": rule._bymonthday + rule._bynmonthday, "byyearday": rule._byyearday,
        "byweekno": rule._byweekno, "byhour": rule._byhour, "byminute": rule._byminute, "bysecond": rule._bysecond,
        "bysetpos": rule._bysetpos, "byeaster": rule._byeaster, "byweekday": weekdays(rule),
    }  # fmt: skip
    given = {name: value for name, value in by.items() if value}
    return BudgetedRule(
        rule._freq, dtstart=start, interval=rule._interval, wkst=rule._wkst, count=rule._count, until=until, **given
    )


def weekdays(rule: Any) -> list[Any]:
    plain = [dateutil_rrule.weekday(day) for day in rule._byweekday or ()]
    return plain + [dateutil_rrule.weekday(day, number) for day, number in rule._bynweekday or ()]
