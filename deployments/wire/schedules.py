"""When a deployment runs by itself: an interval, a cron or an RRULE, checked as it is read.

A user writes these, and we iterate over them: whatever could run away (`INTERVAL=0`, a rule by the second, an EXRULE)
is refused here. `deployments.rules.schedules` makes the dates.
"""

from datetime import UTC, datetime
from functools import cache
from math import prod
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

import msgspec
from croniter import CroniterBadCronError, CroniterBadDateError, croniter
from dateutil.rrule import rrulestr
from msgspec import Meta, Struct, field

from controlplane.wire.structs import UNSET, Body, Out, UnsetType
from runs.wire.flow_runs import GIVEN

LONGEST_CRON = 256
LONGEST_RRULE = 6500
MOST_COUNTED = 10_000
MOST_RULE_LINES = 20
MOST_TIMES_A_DAY = 1440
PHASE = datetime(2020, 1, 1)
"""Where a rule without a DTSTART begins, on the clocks of its zone."""
FREQUENCIES = {"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"}
KEPT_RUNS = 50
"""The most `max_scheduled_runs`."""


class IntervalSchedule(Body, kw_only=True):
    """Every so many seconds from an anchor on; without an anchor the service sets now."""

    interval: float
    anchor_date: datetime | None = None
    timezone: str | None = None

    def __post_init__(self) -> None:
        if self.interval <= 0:
            raise ValueError("interval must be positive")
        if self.interval < 1:
            raise ValueError("interval must be at least one second")
        if self.interval > 3_155_760_000:
            raise ValueError("interval must be at most one hundred years")
        check_timezone(self.timezone)


class CronSchedule(Body, kw_only=True):
    """A cron line of five or six fields, read on the clocks of a time zone. `day_or`: either kind of day is enough."""

    cron: str
    timezone: str | None = None
    day_or: bool = True

    def __post_init__(self) -> None:
        check_timezone(self.timezone)
        check_cron(self.cron)


class RRuleSchedule(Body, kw_only=True):
    """An iCalendar recurrence: one RRULE, or lines of DTSTART, RRULE, RDATE and EXDATE."""

    rrule: str
    timezone: str | None = "UTC"

    def __post_init__(self) -> None:
        check_timezone(self.timezone)
        check_rrule(self.rrule)


Schedule = IntervalSchedule | CronSchedule | RRuleSchedule


def read_schedule(value: dict[str, Any]) -> Schedule:
    """The schedule of a JSON object; its key tells which kind it is. Raises ValueError in the wire's words."""
    kinds: dict[str, type[Schedule]] = {"interval": IntervalSchedule, "cron": CronSchedule, "rrule": RRuleSchedule}
    kind = next((kind for key, kind in kinds.items() if key in value), None)
    if kind is None:
        raise ValueError("A schedule has an interval, a cron or an rrule.")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error


@cache
def timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_timezone(name: str | None) -> None:
    if name is not None and name not in timezones():
        raise ValueError(
            f'Invalid timezone: "{name[:64]}" (specify in IANA tzdata format, for example, America/New_York)'
        )


def check_cron(cron: str) -> None:
    if len(cron) > LONGEST_CRON:
        raise ValueError(f"A cron string has at most {LONGEST_CRON} characters, got {len(cron)}.")
    try:
        if not croniter.is_valid(cron):
            raise ValueError(f'Invalid cron string: "{cron}"')
        if any(letter in field.upper() for field in cron.split() for letter in ("R", "H")) and is_unsteady(cron):
            raise ValueError(f"Random and Hashed expressions are unsupported, received {cron!r}")
    except (CroniterBadCronError, CroniterBadDateError, KeyError, OverflowError) as error:
        raise ValueError(f'Invalid cron string: "{cron}"') from error


def is_unsteady(cron: str) -> bool:
    """Whether a field is random or hashed: `R`, `H/5`, `R(0-10)`. Names of days and months hold these letters too."""
    fields = [part for field in cron.upper().split() for part in field.split(",")]
    return any(part[0] in "RH" and (len(part) == 1 or not part[1].isalpha()) for part in fields if part)


def check_rrule(rrule: str) -> None:
    if len(rrule) > LONGEST_RRULE:
        start = f"{rrule[:LONGEST_RRULE]}..." if len(rrule) < 10 else f"{rrule[:3]}..."
        raise ValueError(f'Invalid RRule string "{start}" Max length is {LONGEST_RRULE}, got {len(rrule)}')
    lines = [line for line in rrule.upper().split() if line]
    rules = [line.partition(":")[2] or line for line in lines if "FREQ=" in line]
    if any(line.startswith("EXRULE") for line in lines):
        raise ValueError(f'Invalid RRule string "{rrule}": EXRULE is not supported, use EXDATE')
    if len(rules) > MOST_RULE_LINES:
        raise ValueError(f'Invalid RRule string "{rrule[:64]}...": more than {MOST_RULE_LINES} rules')
    for rule in rules:
        check_rule(rule, rrule)
    try:
        parse_rrule(rrule)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        raise ValueError(f'Invalid RRule string "{rrule}": {error}') from error


def parse_rrule(text: str) -> Any:
    """dateutil's rule or set of rules. A TZID is taken as UTC: its clock times get the schedule's zone anyway."""
    return rrulestr(text, dtstart=None if "DTSTART" in text.upper() else PHASE, tzids=lambda name: UTC)


def check_rule(rule: str, whole: str) -> None:
    """What keeps iterating over one RRULE affordable."""
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    if parts.get("FREQ") not in FREQUENCIES:
        raise ValueError(f'Invalid RRule string "{whole}": FREQ must be one of YEARLY to MINUTELY')
    for key, low, high in (("INTERVAL", 1, 1_000_000), ("COUNT", 1, MOST_COUNTED)):
        value = parts.get(key, "1").strip()
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f'Invalid RRule string "{whole}": {key} must be a number from {low} to {high}')
    times = [parts.get(key, "").count(",") + 1 for key in ("BYHOUR", "BYMINUTE", "BYSECOND")]
    if prod(times) > MOST_TIMES_A_DAY:
        raise ValueError(f'Invalid RRule string "{whole}": more than {MOST_TIMES_A_DAY} times a day')


class DeploymentScheduleCreate(Body, kw_only=True):
    """A schedule of a new deployment. 2.x clients also send `catchup` and `max_active_runs`, which have no effect."""

    confidential = GIVEN

    schedule: dict[str, Any]
    active: bool | None = True
    max_scheduled_runs: Annotated[int, Meta(gt=0)] | None = None
    parameters: dict[str, Any] = {}
    slug: str | None = None
    replaces: str | None = None
    catchup: bool | None = None
    max_active_runs: int | None = None

    def __post_init__(self) -> None:
        read_schedule(self.schedule)
        check_kept_runs(self.max_scheduled_runs)


class DeploymentScheduleUpdate(Body, kw_only=True):
    """A change of a schedule. Parameters that are left out become `{}`: so does Prefect."""

    confidential = GIVEN

    schedule: dict[str, Any] | None | UnsetType = UNSET
    active: bool | None | UnsetType = UNSET
    max_scheduled_runs: Annotated[int, Meta(gt=0)] | None | UnsetType = UNSET
    parameters: dict[str, Any] = {}
    slug: str | None | UnsetType = UNSET
    replaces: str | None = None
    catchup: bool | None = None
    max_active_runs: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.schedule, dict):
            read_schedule(self.schedule)
        if isinstance(self.max_scheduled_runs, int):
            check_kept_runs(self.max_scheduled_runs)


def check_kept_runs(number: int | None) -> None:
    if number is not None and number > KEPT_RUNS:
        raise ValueError(f"`max_scheduled_runs` must be less than or equal to {KEPT_RUNS}.")


class DeploymentSchedule(Out, kw_only=True):
    """A schedule as it is read."""

    id: UUID
    created: datetime
    updated: datetime
    deployment_id: UUID
    schedule: Any
    active: bool
    max_scheduled_runs: int | None
    parameters: Any = field(default_factory=dict)
    slug: str | None


class Period(Struct, frozen=True):
    """The body of `/deployments/{id}/schedule`: which dates are wanted. Times in seconds."""

    start_time: datetime | None = None
    end_time: datetime | None = None
    min_time: float | None = None
    min_runs: int | None = None
    max_runs: int | None = None
