"""The arithmetic of concurrency limits."""

from uuid import UUID

import pytest

from runs.rules.slots import (
    Limit,
    decayed,
    free,
    have_room,
    mean_wait_seconds,
    refuse,
    retry_after,
    take,
)

SOMEONE = UUID(int=1)


def limit(**changes) -> Limit:
    fields = {
        "workspace_id": SOMEONE, "id": UUID(int=2), "name": "db", "limit": 4, "active": True, "active_slots": 0,
        "denied_slots": 0, "slot_decay_per_second": 0.0, "avg_slot_occupancy_seconds": 2.0, "idle_seconds": 0.0,
    }  # fmt: skip
    return Limit(**{**fields, **changes})


@pytest.mark.parametrize(
    ("_case", "count", "per_second", "seconds", "left"),
    [
        ("nothing comes free by itself", 3, 0.0, 1000.0, 3),
        ("a part of a slot is still taken", 3, 0.5, 1.9, 3),
        ("whole slots come free", 3, 0.5, 4.1, 1),
        ("never fewer than none", 3, 0.5, 1e300, 0),
        ("an endless rate", 3, 1e308, 1e300, 0),
        ("a clock that went back", 3, 1.0, -5.0, 3),
    ],
)
def test_slots_decay(_case, count, per_second, seconds, left):
    assert decayed(count, per_second, seconds) == left


@pytest.mark.parametrize(
    ("_case", "changes", "taken"),
    [
        ("leases beside the number", {"active_slots": 1, "leased_slots": 2}, 3),
        (
            "where slots decay the number has all",
            {"active_slots": 3, "leased_slots": 2, "slot_decay_per_second": 1.0},
            3,
        ),
        (
            "less what came free",
            {"active_slots": 3, "leased_slots": 2, "slot_decay_per_second": 1.0, "idle_seconds": 2.5},
            1,
        ),
    ],
)
def test_taken_slots(_case, changes, taken):
    assert limit(**changes).taken == taken


@pytest.mark.parametrize(
    ("_case", "limits", "slots", "room"),
    [
        ("none", [], 1, True),
        ("the last one", [limit(active_slots=3)], 1, True),
        ("one too many", [limit(active_slots=3)], 2, False),
        ("all or none", [limit(), limit(active_slots=4)], 1, False),
        ("a limit that is switched off", [limit(active_slots=4, active=False)], 9, True),
    ],
)
def test_room(_case, limits, slots, room):
    assert have_room(limits, slots) is room


def test_taking_with_a_lease_leaves_the_number_alone_unless_slots_decay():
    assert take(limit(), 2, leased=True) is None
    assert take(limit(active_slots=1), 2, leased=False).active_slots == 3
    assert take(limit(active_slots=1, slot_decay_per_second=0.1), 2, leased=True).active_slots == 3


def test_a_refusal_is_remembered_for_as_long_as_slots_are_usually_held():
    assert refuse(limit(denied_slots=1), 2).denied_slots == 3
    assert refuse(limit(denied_slots=5, idle_seconds=6.0), 1).denied_slots == 3
    assert refuse(limit(denied_slots=2**31 - 1), 5).denied_slots == 2**31 - 1


@pytest.mark.parametrize(
    ("_case", "changes", "slots", "occupancy", "leased", "active_slots", "average"),
    [
        ("without a lease", {"active_slots": 3}, 1, None, False, 2, 2.0),
        ("never below none", {"active_slots": 1}, 5, None, False, 0, 2.0),
        ("a lease does not touch the number", {"active_slots": 3}, 1, 10.0, True, 3, 3.0),
        ("except where slots decay", {"active_slots": 3, "slot_decay_per_second": 0.1}, 2, 20.0, True, 1, 3.0),
        ("short ones count as a tenth of a second", {"active_slots": 3}, 1, 0.001, False, 2, 1.7625),
        ("a limit of nought has no average", {"limit": 0, "active_slots": 3}, 1, 10.0, False, 2, 2.0),
    ],
)
def test_freeing(_case, changes, slots, occupancy, leased, active_slots, average):
    books = free(limit(**changes), slots, occupancy, leased=leased)
    assert (books.active_slots, books.avg_slot_occupancy_seconds) == (active_slots, pytest.approx(average))


def test_a_caller_that_asks_often_does_not_stop_the_decay():
    """Asking every 0.3 seconds, a slot that takes a second to come free is free after four times."""
    now = limit(limit=1, active_slots=1, slot_decay_per_second=1.0)
    carried, refused = 0.0, 0
    while refused < 10:
        now = limit(limit=1, active_slots=1, slot_decay_per_second=1.0, idle_seconds=carried + 0.3)
        if have_room([now], 1):
            break
        carried = refuse(now, 1).carried_seconds
        refused += 1
    assert refused == 3


@pytest.mark.parametrize(
    ("_case", "changes", "slots", "seconds"),
    [
        ("by the average", {"denied_slots": 3}, 1, 2.0),
        ("at most half a minute", {"denied_slots": 400}, 1, 30.0),
        ("at most ten seconds for tags", {"name": "tag:db", "denied_slots": 400}, 1, 10.0),
        ("by the decay", {"slot_decay_per_second": 0.5, "denied_slots": 3}, 1, 8.0),
        ("a limit of nought", {"limit": 0}, 1, 2.0),
    ],
)
def test_the_mean_wait(_case, changes, slots, seconds):
    assert mean_wait_seconds(limit(**changes), slots) == pytest.approx(seconds)


def test_the_wait_is_spread_around_the_mean_of_the_busiest_limit():
    calm, busy = limit(name="calm"), limit(name="busy", denied_slots=7)
    waits = [retry_after([calm, busy], 1, chance) for chance in (0.0, 0.5, 0.999)]
    assert waits == sorted(waits)
    assert 4.0 * 0.7 < waits[0] < 4.0 < waits[2] < 4.0 * 1.3
