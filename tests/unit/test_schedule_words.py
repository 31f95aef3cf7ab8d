"""Schedules in words."""

import pytest

from deployments.rules.schedule_words import describe_schedule


@pytest.mark.parametrize(
    ("_case", "schedule", "words"),
    [
        ("minutes", {"interval": 600.0}, "Every 10 minutes"),
        ("one hour", {"interval": 3600}, "Every hour"),
        ("ninety minutes", {"interval": 5400}, "Every 90 minutes"),
        ("a broken number", {"interval": 1.5}, "Every 1.5 seconds"),
        ("weeks", {"interval": 1_209_600}, "Every 2 weeks"),
        ("every day", {"cron": "30 6 * * *"}, "At 06:30 every day"),
        ("weekdays", {"cron": "0 6 * * MON-FRI"}, "At 06:00 every weekday"),
        ("one day", {"cron": "0 6 * * 7"}, "At 06:00 every Sunday"),
        ("a named day", {"cron": "0 6 * * tue"}, "At 06:00 every Tuesday"),
        ("a day of the month", {"cron": "0 6 1 * *"}, "At 06:00 on day 1 of every month"),
        ("every few minutes", {"cron": "*/5 * * * *"}, "Every 5 minutes"),
        ("every hour", {"cron": "0 * * * *"}, "Every hour"),
        ("a minute of every hour", {"cron": "7 * * * *"}, "Every hour at minute 7"),
        ("every few hours", {"cron": "0 */2 * * *"}, "Every 2 hours"),
        ("no simple words", {"cron": "0 6 1 * 1"}, "Cron 0 6 1 * 1"),
        ("six fields", {"cron": "0 0 6 * * *"}, "Cron 0 0 6 * * *"),
        ("a plain rule", {"rrule": "DTSTART:20260101T000000\nRRULE:FREQ=DAILY;INTERVAL=2"}, "Every 2 days"),
        ("a rule with more", {"rrule": "FREQ=DAILY;BYHOUR=6"}, "Rule FREQ=DAILY;BYHOUR=6"),
    ],
)
def test_a_schedule_is_told_in_words(_case, schedule, words):
    assert describe_schedule(schedule) == words
