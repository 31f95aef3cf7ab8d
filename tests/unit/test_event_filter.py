"""The filter of events in memory, as live streams use it."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from events.rules.buckets import bucket_of, count_buckets, seconds_of
from events.rules.globs import glob
from events.rules.matching import Facts, fits_filter
from events.wire.events import Event
from events.wire.filters import EventFilter
from tests.event_cases import CASES, EVENT

FACTS = Facts(
    id=uuid4(),
    occurred=datetime(2026, 1, 1, tzinfo=UTC),
    event=EVENT["event"],
    resource=EVENT["resource"],
    related=EVENT["related"],
    text=lambda: msgspec.json.encode(EVENT).decode().lower(),
)


@pytest.mark.parametrize(("_case", "filter", "expected"), CASES, ids=[case[0] for case in CASES])
def test_an_event_fits_a_filter(_case: str, filter: dict[str, Any], expected: bool) -> None:
    assert fits_filter(FACTS, msgspec.convert(filter, EventFilter)) is expected


def test_an_absent_end_is_no_end() -> None:
    later = msgspec.structs.replace(FACTS, occurred=datetime(2999, 1, 1, tzinfo=UTC))
    assert fits_filter(later, EventFilter()) is True


@pytest.mark.parametrize(
    ("_case", "filter"),
    [
        ("unknown key", {"zz": 1}),
        ("unknown key inside", {"resource": {"zz": 1}}),
        ("misspelt related key", {"related": [{"label": {}}]}),
        ("order in small letters", {"order": "desc"}),
        ("null ends", {"occurred": {"since": None}}),
        ("a long text", {"text": {"query": "x" * 201}}),
    ],
)
def test_a_filter_is_strict(_case: str, filter: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(filter, EventFilter)


def test_a_glob_of_many_stars_is_fast() -> None:
    began = time.perf_counter()
    assert glob("a" * 5_000, "a*" * 500 + "b") is False
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("_case", "change", "message"),
    [
        ("no id", {"resource": {}}, "Resources must include the prefect.resource.id label"),
        ("empty id", {"resource": {"prefect.resource.id": ""}}, "The prefect.resource.id label must be non-empty"),
        (
            "related without role",
            {"related": [{"prefect.resource.id": "a"}]},
            "Related Resources must include the prefect.resource.role label",
        ),
        (
            "too many labels",
            {"resource": {"prefect.resource.id": "a", **{str(n): "" for n in range(500)}}},
            "The maximum number of labels per resource is 500",
        ),
        (
            "too many related",
            {"related": [{"prefect.resource.id": "a", "prefect.resource.role": "b"}] * 101},
            "The maximum number of related resources is 100",
        ),
        ("a long name", {"event": "x" * 1025}, "Event name must be at most 1024 characters"),
        ("a payload that is a list", {"payload": []}, "Expected `object`, got `array` - at `$.payload`"),
    ],
)
def test_an_event_keeps_the_rules(_case: str, change: dict[str, Any], message: str) -> None:
    event = {"id": str(uuid4()), "occurred": "2026-01-01T00:00:00Z", **EVENT, **change}
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(msgspec.json.encode(event), type=Event)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("_case", "moment", "unit", "interval", "bucket"),
    [
        ("the pivot begins bucket 0", datetime(2024, 4, 1, tzinfo=UTC), "day", 1.0, 0),
        ("the last moment of it", datetime(2024, 4, 1, 23, 59, 59, 999_999, tzinfo=UTC), "day", 1.0, 0),
        ("before the pivot", datetime(2024, 3, 31, 23, tzinfo=UTC), "day", 1.0, -1),
        ("weeks begin on Mondays", datetime(2024, 4, 8, tzinfo=UTC), "week", 1.0, 1),
        ("half hours", datetime(2024, 4, 1, 1, tzinfo=UTC), "hour", 0.5, 2),
    ],
)
def test_moments_fall_into_buckets(_case: str, moment: datetime, unit: Any, interval: float, bucket: int) -> None:
    assert bucket_of(moment, seconds_of(unit, interval)) == bucket


def test_buckets_are_counted_with_both_ends() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    assert count_buckets(day, day, 3600.0) == 1
    assert count_buckets(day, datetime(2026, 1, 2, tzinfo=UTC), 3600.0) == 25
