from datetime import UTC, datetime, timedelta

import pytest

from controlplane.ui import moments

NOW = datetime(2026, 11, 22, 13, 29, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("_case", "seconds", "words"),
    [
        ("none yet", None, "—"),
        ("a clock that ran backwards", -1, "0 ms"),
        ("below a second", 0.34, "340 ms"),
        ("rounds up to a second", 0.9999, "1.0 s"),
        ("one decimal", 3.84, "3.8 s"),
        ("no decimal from ten", 9.96, "10 s"),
        ("never 60 seconds", 59.7, "1 m 00 s"),
        ("minutes", 62, "1 m 02 s"),
        ("never 60 minutes", 3599.6, "1 h 00 m"),
        ("hours", 3840, "1 h 04 m"),
        ("days", 180000, "2 d 2 h"),
    ],
)
def test_a_duration_in_words(_case, seconds, words):
    assert moments.duration(seconds) == words


@pytest.mark.parametrize(
    ("_case", "ago", "words"),
    [
        ("now", 0, "just now"),
        ("a moment ahead", -4.9, "just now"),
        ("seconds", 42.9, "42 s ago"),
        ("minutes", 5 * 60 + 59, "5 min ago"),
        ("hours ahead", -16 * 3600, "in 16 h"),
        ("days", 2.5 * 86400, "2 d ago"),
    ],
)
def test_a_moment_in_words(_case, ago, words):
    assert moments.relative(NOW - timedelta(seconds=ago), NOW) == words
