"""How many refused permissions reach the audit trail."""

from uuid import uuid4

import pytest

from workspaces.services import denials


@pytest.fixture(autouse=True)
def forgotten():
    denials.noted.clear()
    denials.counted.clear()
    yield
    denials.noted.clear()
    denials.counted.clear()


def test_a_permission_is_news_once_a_minute(monkeypatch):
    clock = iter([0.0, 1.0, 59.0, 61.0])
    monkeypatch.setattr(denials.time, "monotonic", lambda: 1000.0 + next(clock))
    whom = (uuid4(), uuid4())
    assert [denials.is_news(whom, "manage_flows") for _ in range(4)] == [True, False, False, True]


def test_a_caller_that_tries_everything_is_told_thirty_times_an_hour(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(denials.time, "monotonic", lambda: now[0])
    noisy, other = (uuid4(), uuid4()), (uuid4(), uuid4())
    told = [denials.is_news(noisy, f"permission-{n % 50}") for n in range(10_000)]
    assert sum(told) == denials.MOST_AN_HOUR
    assert denials.is_news(other, "permission-1")
    now[0] += denials.HOUR_SECONDS
    assert denials.is_news(noisy, "permission-1")
