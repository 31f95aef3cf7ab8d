"""Deadlines on a wall clock, across midnight, weekends and the change of clocks."""

from datetime import UTC, datetime

import pytest

from automations.rules.wall_clock import DAYS, last_deadline


@pytest.mark.parametrize(
    ("_case", "now", "options", "day", "since", "moment"),
    [
        ("today's", "2030-03-04T13:00", {}, "2030-03-04", "2030-03-04T00:00", "2030-03-04T06:00"),
        ("not yet today", "2030-03-04T05:59", {}, "2030-03-03", "2030-03-03T00:00", "2030-03-03T06:00"),
        ("to the second", "2030-03-04T06:00", {}, "2030-03-04", "2030-03-04T00:00", "2030-03-04T06:00"),
        ("from the evening before", "2030-03-04T07:00", {"since": "20:00"}, "2030-03-04", "2030-03-03T20:00",
         "2030-03-04T06:00"),
        ("weekdays only", "2030-03-03T13:00", {"days": DAYS[:5]}, "2030-03-01", "2030-03-01T00:00", "2030-03-01T06:00"),
        ("far away", "2030-03-04T13:00", {"zone": "Asia/Tokyo"}, "2030-03-04", "2030-03-03T15:00", "2030-03-03T21:00"),
        ("in summer", "2030-07-01T13:00", {"zone": "Europe/Berlin"}, "2030-07-01", "2030-06-30T22:00",
         "2030-07-01T04:00"),
        ("a time that the clocks skip", "2030-03-31T13:00", {"zone": "Europe/Berlin", "by": "02:30"}, "2030-03-31",
         "2030-03-30T23:00", "2030-03-31T01:30"),
        ("a time that comes twice", "2030-10-27T13:00", {"zone": "Europe/Berlin", "by": "02:30"}, "2030-10-27",
         "2030-10-26T22:00", "2030-10-27T00:30"),
    ],
)  # fmt: skip
def test_the_last_deadline(_case, now, options, day, since, moment):
    choice = {"by": "06:00", "since": "00:00", "zone": "UTC", "days": DAYS, **options}
    found = last_deadline(datetime.fromisoformat(now).replace(tzinfo=UTC), **choice)
    assert found == (
        day,
        datetime.fromisoformat(since).replace(tzinfo=UTC),
        datetime.fromisoformat(moment).replace(tzinfo=UTC),
    )
