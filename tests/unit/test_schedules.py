"""Dates of schedules: time zones, daylight saving time, and what a hostile rule may cost."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from time import process_time

import pytest

from deployments.rules.schedules import all_dates, complete_schedule, plan_dates, schedule_name
from deployments.wire.schedules import read_schedule

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)


def dates(value: dict[str, object], start: datetime, number: int) -> list[str]:
    schedule = complete_schedule(read_schedule(value), start)
    return [date.isoformat() for date in islice(all_dates(schedule, start), number)]


@pytest.mark.parametrize(
    ("_case", "schedule", "start", "expected"),
    [
        (
            "interval steps from its anchor",
            {"interval": 600, "anchor_date": "2026-01-01T00:00:05Z"},
            datetime(2026, 5, 1, 10, 3, tzinfo=UTC),
            ["2026-05-01T10:10:05+00:00", "2026-05-01T10:20:05+00:00"],
        ),
        (
            "interval before its anchor",
            {"interval": 3600, "anchor_date": "2027-01-01T00:30:00Z"},
            datetime(2026, 5, 1, 10, 30, tzinfo=UTC),
            ["2026-05-01T10:30:00+00:00", "2026-05-01T11:30:00+00:00"],
        ),
        (
            "whole days stay at their clock time over DST",
            {"interval": 86400, "anchor_date": "2026-03-01T09:00:00-05:00", "timezone": "America/New_York"},
            datetime(2026, 3, 7, 0, tzinfo=UTC),
            ["2026-03-07T09:00:00-05:00", "2026-03-08T09:00:00-04:00", "2026-03-09T09:00:00-04:00"],
        ),
        (
            "hours pass in absolute time, through both passes of an autumn hour",
            {"interval": 3600, "anchor_date": "2026-01-01T00:00:00Z", "timezone": "Europe/Berlin"},
            datetime(2026, 10, 25, 0, tzinfo=UTC),
            ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"],
        ),
        (
            "cron counts a hit exactly at the start",
            {"cron": "0 9 * * *"},
            datetime(2026, 5, 1, 9, tzinfo=UTC),
            ["2026-05-01T09:00:00+00:00", "2026-05-02T09:00:00+00:00"],
        ),
        (
            "cron after a fraction of a second does not",
            {"cron": "0 9 * * *"},
            datetime(2026, 5, 1, 9, 0, 0, 1, tzinfo=UTC),
            ["2026-05-02T09:00:00+00:00"],
        ),
        (
            "cron keeps its clock time over DST",
            {"cron": "0 9 * * *", "timezone": "Europe/Berlin"},
            datetime(2026, 3, 28, 0, tzinfo=UTC),
            ["2026-03-28T09:00:00+01:00", "2026-03-29T09:00:00+02:00"],
        ),
        (
            "a time that the spring jumps over moves forward",
            {"cron": "30 2 * * *", "timezone": "America/New_York"},
            datetime(2026, 3, 8, 0, tzinfo=UTC),
            ["2026-03-08T03:30:00-04:00", "2026-03-09T02:30:00-04:00"],
        ),
        (
            "hourly cron runs once in a repeated hour",
            {"cron": "0 * * * *", "timezone": "America/New_York"},
            datetime(2026, 11, 1, 4, 30, tzinfo=UTC),
            ["2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00"],
        ),
        (
            "either kind of day",
            {"cron": "0 0 13 * 5"},
            datetime(2026, 11, 10, tzinfo=UTC),
            ["2026-11-13T00:00:00+00:00", "2026-11-20T00:00:00+00:00"],
        ),
        (
            "both kinds of day",
            {"cron": "0 0 13 * 5", "day_or": False},
            datetime(2026, 11, 10, tzinfo=UTC),
            ["2026-11-13T00:00:00+00:00", "2027-08-13T00:00:00+00:00"],
        ),
        (
            "leap day",
            {"cron": "0 0 29 2 *"},
            datetime(2096, 3, 1, tzinfo=UTC),
            ["2104-02-29T00:00:00+00:00"],
        ),
        (
            "rule on the clocks of its zone",
            {"rrule": "FREQ=WEEKLY;BYDAY=SU;BYHOUR=9", "timezone": "Europe/Berlin"},
            datetime(2026, 3, 22, 0, tzinfo=UTC),
            ["2026-03-22T09:00:00+01:00", "2026-03-29T09:00:00+02:00"],
        ),
        (
            "every second week keeps its phase",
            {"rrule": "DTSTART:20260105T080000\nRRULE:FREQ=WEEKLY;INTERVAL=2"},
            datetime(2026, 11, 10, tzinfo=UTC),
            ["2026-11-23T08:00:00+00:00", "2026-12-07T08:00:00+00:00"],
        ),
        (
            "last working day of the month",
            {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=17"},
            datetime(2026, 10, 1, tzinfo=UTC),
            ["2026-10-30T17:00:00+00:00", "2026-11-30T17:00:00+00:00"],
        ),
        (
            "set of rules with dates in and out",
            {"rrule": "DTSTART:20260101T090000\nRRULE:FREQ=DAILY\nEXDATE:20260103T090000\nRDATE:20260102T111500"},
            datetime(2026, 1, 2, tzinfo=UTC),
            ["2026-01-02T09:00:00+00:00", "2026-01-02T11:15:00+00:00", "2026-01-04T09:00:00+00:00"],
        ),
    ],
)
def test_dates_of_a_schedule(_case, schedule, start, expected):
    assert dates(schedule, start, len(expected)) == expected


def test_a_rule_that_is_counted_out_ends():
    rule = {"rrule": "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;COUNT=3"}
    assert dates(rule, datetime(2026, 1, 2, tzinfo=UTC), 9) == [
        "2026-01-02T00:00:00+00:00",
        "2026-01-03T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("_case", "schedule", "reason"),
    [
        ("no interval", {"interval": 0}, "interval must be positive"),
        ("a tiny interval", {"interval": 0.001}, "interval must be at least one second"),
        ("unknown zone", {"cron": "* * * * *", "timezone": "Mars/X"},
         'Invalid timezone: "Mars/X" (specify in IANA tzdata format, for example, America/New_York)'),
        ("not a cron", {"cron": "bad"}, 'Invalid cron string: "bad"'),
        ("a random cron", {"cron": "R * * * *"}, "Random and Hashed expressions are unsupported, received 'R * * * *'"),
        ("a hashed cron", {"cron": "H/5 * * * *"}, 'Invalid cron string: "H/5 * * * *"'),
        ("a long cron", {"cron": "1," * 200 + "1 * * * *"}, "A cron string has at most 256 characters, got 409."),
        ("rule by the second", {"rrule": "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"},
         'Invalid RRule string "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30": FREQ must be one of YEARLY to MINUTELY'),
        ("rule that never steps", {"rrule": "FREQ=DAILY;INTERVAL=0"},
         'Invalid RRule string "FREQ=DAILY;INTERVAL=0": INTERVAL must be a number from 1 to 1000000'),
        ("rule that counts for ever", {"rrule": "FREQ=DAILY;COUNT=1000000000"},
         'Invalid RRule string "FREQ=DAILY;COUNT=1000000000": COUNT must be a number from 1 to 10000'),
        ("rule with exceptions by rule", {"rrule": "RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY"},
         'Invalid RRule string "RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY": EXRULE is not supported, use EXDATE'),
        ("nothing", {}, "A schedule has an interval, a cron or an rrule."),
        ("two kinds", {"interval": 60, "cron": "* * * * *"}, "Object contains unknown field `cron`"),
    ],
)  # fmt: skip
def test_a_schedule_is_refused(_case, schedule, reason):
    with pytest.raises(ValueError, match=r".") as error:
        read_schedule(schedule)
    assert str(error.value) == reason


@pytest.mark.parametrize("cron", ["0 0 * * THU", "0 0 * MAR FRI", "@hourly", "*/15 * * * * *"])
def test_names_of_days_and_months_are_not_random(cron):
    assert read_schedule({"cron": cron}).cron == cron


@pytest.mark.parametrize(
    ("_case", "schedule"),
    [
        ("30 February by the minute", {"rrule": "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30"}),
        ("30 February by the day", {"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}),
        ("30 February by the year", {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
        ("30 February as cron", {"cron": "0 0 30 2 *"}),
        ("by the minute since 1900", {"rrule": "DTSTART:19000101T000000\nRRULE:FREQ=MINUTELY;COUNT=10000"}),
    ],
)
def test_a_rule_without_dates_ends_soon(_case, schedule):
    started = process_time()
    assert dates(schedule, NOW, 1) == []
    assert process_time() - started < 1.0


def test_a_minutely_rule_since_1900_is_reached_at_once():
    started = process_time()
    found = dates({"rrule": "DTSTART:19000101T000000\nRRULE:FREQ=MINUTELY;INTERVAL=7"}, NOW, 2)
    assert len(found) == 2
    assert datetime.fromisoformat(found[1]) - datetime.fromisoformat(found[0]) == timedelta(minutes=7)
    assert process_time() - started < 0.5


@pytest.mark.parametrize(
    ("_case", "schedule", "number", "last"),
    [
        ("five minutes: an hour ahead", {"cron": "*/5 * * * *"}, 13, datetime(2026, 11, 22, 13, 5, tzinfo=UTC)),
        ("daily: three", {"cron": "0 0 * * *"}, 3, datetime(2026, 11, 25, tzinfo=UTC)),
        ("by the second: a hundred", {"cron": "* * * * * *"}, 100, datetime(2026, 11, 22, 12, 2, 9, tzinfo=UTC)),
        ("monthly: within a hundred days", {"cron": "0 0 1 * *"}, 3, datetime(2027, 2, 1, tzinfo=UTC)),
        ("yearly: nothing that near", {"cron": "0 0 1 6 *"}, 0, None),
    ],
)
def test_how_many_runs_are_kept_ready(_case, schedule, number, last):
    planned = plan_dates(read_schedule(schedule), NOW)
    assert len(planned) == number
    assert (planned[-1] if planned else None) == last


@pytest.mark.parametrize(
    ("_case", "schedule", "stored"),
    [
        ("an interval gets an anchor", {"interval": 60}, {"interval": 60.0, "anchor_date": NOW, "timezone": "UTC"}),
        ("a daily rule begins in 2020", {"rrule": "FREQ=DAILY"},
         {"rrule": "DTSTART:20200101T000000\nFREQ=DAILY", "timezone": "UTC"}),
        ("a minutely rule begins lately", {"rrule": "FREQ=MINUTELY;INTERVAL=7"},
         {"rrule": "DTSTART:20261122T115500\nFREQ=MINUTELY;INTERVAL=7", "timezone": "UTC"}),
        ("a cron stays", {"cron": "@daily"}, {"cron": "@daily", "timezone": None, "day_or": True}),
    ],
)  # fmt: skip
def test_what_a_schedule_leaves_open_is_stored(_case, schedule, stored):
    complete = complete_schedule(read_schedule(schedule), NOW)
    assert {name: getattr(complete, name) for name in complete.__struct_fields__} == stored


def test_a_schedule_without_a_slug_is_named_after_its_kind():
    assert schedule_name(read_schedule({"cron": "@daily"})) == "CronSchedule"
