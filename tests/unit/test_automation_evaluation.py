"""What fires, and what does not: scripts of events in seconds against triggers, without a database."""

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import msgspec
import pytest

from automations.rules.arrivals import moment_of, order
from automations.rules.evaluating import Evaluator, Kept
from automations.rules.labels import find_label, why_no_match, why_no_related
from automations.rules.loops import causes_of, why_stopped
from automations.rules.machines import MOST_NOTES, Machine, begin_watch, deadline, is_over
from automations.rules.watching import Happening, Index, Watched, machine_id
from automations.wire.automations import Automation
from automations.wire.triggers import Trigger

ZERO = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORKSPACE = UUID(int=1)


def event_trigger(*expect: str, **fields: Any) -> dict[str, Any]:
    return {"type": "event", "posture": "Reactive", "expect": list(expect), **fields}


def silence(*expect: str, **fields: Any) -> dict[str, Any]:
    return event_trigger(*expect, **{"posture": "Proactive", "within": 10, **fields})


def compound(require: Any, *triggers: Any, within: float | None = 60) -> dict[str, Any]:
    return {"type": "compound", "require": require, "triggers": list(triggers), "within": within}


def sequence(*triggers: Any, within: float | None = 60) -> dict[str, Any]:
    return {"type": "sequence", "triggers": list(triggers), "within": within}


def watch(trigger: dict[str, Any]) -> Watched:
    numbers = iter(range(100, 200))

    def number(one: dict[str, Any]) -> dict[str, Any]:
        return {
            **one, "id": str(UUID(int=next(numbers))),
            **({"triggers": [number(child) for child in one["triggers"]]} if "triggers" in one else {}),
        }  # fmt: skip

    checked = msgspec.convert(number(trigger), Trigger, strict=False)
    empty = msgspec.Raw(b"[]")
    automation = Automation(
        name="a", description="", enabled=True, tags=[], trigger=msgspec.Raw(msgspec.json.encode(checked)),
        actions=empty, actions_on_trigger=empty, actions_on_resolve=empty, id=UUID(int=2), created=ZERO, updated=ZERO,
    )  # fmt: skip
    return Watched(WORKSPACE, automation, 1)


class Play:
    """An automation, and what happened to it."""

    def __init__(self, trigger: dict[str, Any]) -> None:
        self.watched = watch(trigger)
        self.evaluator = Evaluator()
        self.number = 0
        for one in self.watched.watches():
            assert one.id is not None
            kept = Kept(self.watched, one.id, begin_watch(one, now=ZERO))
            self.evaluator.kept[machine_id(one.id, {})] = kept

    def event(self, second: float, name: str, resource: str = "r", id: int | None = None) -> Happening:
        self.number += 1
        at = ZERO + timedelta(seconds=second)
        return Happening(
            UUID(int=id or 1000 + self.number), at, at, at, name,
            {"prefect.resource.id": resource}, [{"prefect.resource.id": "t", "prefect.resource.role": "tag"}],
        )  # fmt: skip

    def hear(self, happening: Happening) -> None:
        for leaf in self.watched.leaves:
            concerned = leaf.expects(happening.event) or leaf.starts(happening.event)
            if concerned and self.evaluator.concerns(leaf, happening):
                self.evaluator.hear(leaf, happening)
        self.store()

    def run_clock(self, second: float) -> None:
        as_of = ZERO + timedelta(seconds=second)
        for id, kept in list(self.evaluator.kept.items()):
            until = deadline(kept.machine, kept.watched.triggers[kept.trigger_id])
            if until is not None and until <= as_of:
                self.evaluator.run_clock(id, as_of=as_of)
                if is_over(kept.machine, kept.watched.triggers[kept.trigger_id], as_of=as_of):
                    del self.evaluator.kept[id]
        self.store()

    def store(self) -> None:
        """As the table does: what cannot be written and read back is lost here."""
        for id, kept in self.evaluator.kept.items():
            text = msgspec.json.encode(kept.machine)
            self.evaluator.kept[id] = kept._replace(machine=msgspec.json.decode(text, type=Machine))

    @property
    def fired(self) -> list[float]:
        return [(one.at - ZERO).total_seconds() for one in self.evaluator.firings]


def play(trigger: dict[str, Any], *script: Any) -> Play:
    """A step is `(second, name)` or `(second, name, resource)`, or a number: the clock is there."""
    made = Play(trigger)
    for step in script:
        if isinstance(step, tuple):
            made.hear(made.event(*step))
        else:
            made.run_clock(step)
    return made


@pytest.mark.parametrize(
    ("_case", "trigger", "script", "fired"),
    [
        ("each expected event", event_trigger("a"), [(0, "a"), (2, "a"), (4, "b")], [0, 2]),
        ("a glob of names", event_trigger("x.*"), [(0, "x.a"), (1, "xa"), (2, "x.b.c")], [0, 2]),
        ("no names are all names", event_trigger(), [(0, "a"), (1, "b")], [0, 1]),
        ("once, then it cools down", event_trigger("a", within=40), [(0, "a"), (2, "a"), (4, "a")], [0]),
        ("again when it has cooled down", event_trigger("a", within=5), [(0, "a"), (2, "a"), (6, "a")], [0, 6]),
        ("at the threshold", event_trigger("a", threshold=3, within=10), [(0, "a"), (1, "a"), (9, "a")], [9]),
        ("too slow for the threshold", event_trigger("a", threshold=2, within=5), [(0, "a"), (6, "a")], []),
        ("the slow one begins anew", event_trigger("a", threshold=2, within=5), [(0, "a"), (6, "a"), (8, "a")], [8]),
        ("a threshold alone", event_trigger("a", threshold=3), [(0, "a"), (1, "a"), (2, "a"), (3, "a")], [2]),
        (
            "counted apart for each resource",
            event_trigger("a", threshold=2, within=9, for_each=["prefect.resource.id"]),
            [(0, "a", "x"), (1, "a", "y"), (2, "a", "x"), (3, "a", "z")],
            [2],
        ),
        ("nothing before `after`", event_trigger("b", after=["a"], within=10), [(0, "b")], []),
        ("after `after`", event_trigger("b", after=["a"], within=10), [(0, "a"), (3, "b"), (4, "b")], [3]),
        ("too long after `after`", event_trigger("b", after=["a"], within=10), [(0, "a"), (11, "b"), (12, "b")], []),
        ("both in one does not count itself", event_trigger("a", after=["a"], within=9), [(0, "a"), (2, "a")], [2]),
    ],
)  # fmt: skip
def test_what_a_reactive_trigger_does(_case, trigger, script, fired):
    assert play(trigger, *script).fired == fired


@pytest.mark.parametrize(
    ("_case", "trigger", "script", "fired"),
    [
        ("silence from the beginning", silence("a"), [9, 11], [10]),
        ("it came", silence("a"), [(5, "a"), 11], []),
        ("silence in the second window", silence("a"), [(5, "a"), 11, 21], [20]),
        ("again and again", silence("a"), [10, 20, 30], [10, 20, 30]),
        ("a clock that stood still makes up for nothing", silence("a"), [100, 105, 110], [10, 110]),
        ("too few", silence("a", threshold=2), [(5, "a"), 11], [10]),
        ("an event past the end waits for its window", silence("a"), [(5, "a"), (15, "a"), 21], []),
        ("none after the end though one past it", silence("a"), [(12, "a"), 12], [10]),
        ("not before the first of a resource", silence("a", for_each=["prefect.resource.id"]), [50], []),
        (
            "a resource that falls silent",
            silence("beat", after=["beat"], for_each=["prefect.resource.id"], within=30),
            [(0, "beat", "x"), (0, "beat", "y"), (20, "beat", "x"), 31, 51, 90],
            [30, 50],
        ),
        (
            "a heartbeat and its end",
            silence("beat", "end", after=["beat"], for_each=["prefect.resource.id"], within=30),
            [(0, "beat"), (20, "beat"), (40, "end"), 100],
            [],
        ),
        ("with `after` only after it", silence("b", after=["a"]), [30, (40, "a"), 60], [50]),
        ("`after`, and it came", silence("b", after=["a"]), [(0, "a"), (5, "b"), 30], []),
    ],
)  # fmt: skip
def test_what_a_proactive_trigger_does(_case, trigger, script, fired):
    assert play(trigger, *script).fired == fired


A, B, C = event_trigger("a"), event_trigger("b"), event_trigger("c")


@pytest.mark.parametrize(
    ("_case", "trigger", "script", "fired"),
    [
        ("any", compound("any", A, B), [(0, "a"), (1, "b")], [0, 1]),
        ("all", compound("all", A, B), [(0, "a"), (1, "a"), (2, "b")], [2]),
        ("used up", compound("all", A, B), [(0, "a"), (1, "b"), (2, "b"), (3, "a")], [1, 3]),
        ("too far apart", compound("all", A, B, within=5), [(0, "a"), (6, "b")], []),
        ("ever", compound("all", A, B, within=None), [(0, "a"), (6000, "b")], [6000]),
        ("two of three", compound(2, A, B, C), [(0, "a"), (1, "a"), (2, "c")], [2]),
        ("in a row", sequence(A, B), [(0, "a"), (1, "b")], [1]),
        ("the wrong way round", sequence(A, B), [(0, "b"), (1, "a")], []),
        ("the wrong way round, then right", sequence(A, B), [(0, "b"), (1, "a"), (2, "b")], [2]),
        ("nested", compound("all", sequence(A, B), C), [(0, "c"), (1, "a"), (2, "b")], [2]),
        ("nested, the outer incomplete", compound("all", sequence(A, B), C), [(1, "a"), (2, "b")], []),
        ("with silence inside", compound("all", A, silence("b")), [(1, "a"), 11], [10]),
    ],
)
def test_what_composite_triggers_do(_case, trigger, script, fired):
    assert play(trigger, *script).fired == fired


DISORDERLY = [
    ("threshold", event_trigger("a", threshold=2, within=30), [(0, "a"), (10, "a"), (20, "a"), (50, "a")]),
    ("cool down", event_trigger("a", within=20), [(0, "a"), (10, "a"), (25, "a"), (30, "a")]),
    ("after", event_trigger("b", after=["a"], within=20), [(0, "a"), (5, "b"), (30, "a"), (45, "b")]),
    ("sequence", sequence(A, B), [(0, "a"), (5, "b"), (9, "a"), (12, "b")]),
    ("all", compound("all", A, B, C, within=30), [(0, "a"), (20, "b"), (25, "c"), (40, "a"), (50, "b")]),
    ("nested", compound("all", sequence(A, B), C), [(0, "c"), (10, "a"), (20, "b")]),
    ("silence that was broken", silence("b", after=["a"], within=30), [(0, "a"), (20, "b"), (30, "a"), (55, "b")]),
]


@pytest.mark.parametrize(("_case", "trigger", "script"), DISORDERLY)
def test_the_order_of_arrival_within_a_minute_changes_nothing(_case, trigger, script):
    orderly = len(play(trigger, *script, 200).fired)
    assert {len(play(trigger, *mixed, 200).fired) for mixed in permutations(script)} == {orderly}


EACH = {"for_each": ["prefect.resource.id"]}
SHUFFLED = [
    ("reactive", event_trigger("a", **EACH)),
    ("proactive, after another", silence("b", after=["a"], within=12, **EACH)),
    ("proactive, too few", silence("b", after=["a"], threshold=2, within=15, **EACH)),
    ("compound, all", compound("all", A, B, C, within=30)),
    ("compound, two of three", compound(2, A, B, C, within=20)),
    ("compound, any", compound("any", A, B)),
    ("sequence", sequence(A, B)),
]


# Where news of something earlier can say that it should not have fired: what was told is not taken back.
PREVENTED = [
    ("reactive, after another", event_trigger("b", after=["a"], within=20, **EACH)),
    ("reactive, some in a while", event_trigger("a", threshold=3, within=20, **EACH)),
    ("reactive, with a cool down", event_trigger("a", within=15, **EACH)),
    ("compound of a sequence", compound("all", sequence(A, B), C)),
    ("sequence of some in a while", sequence(event_trigger("a", threshold=2, within=20), B, within=40)),
    ("sequence of three", sequence(A, B, C)),
]


def shuffled(trigger: Any, seed: int) -> tuple[int, list[int]]:
    """How often it fires in order, and in six orders of chance."""
    dice = random.Random(seed)
    script = [(second, dice.choice("abc"), f"r{dice.randrange(3)}") for second in sorted(dice.sample(range(50), 14))]
    mixed = [len(play(trigger, *dice.sample(script, len(script)), 200).fired) for _ in range(6)]
    return len(play(trigger, *script, 200).fired), mixed


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("_case", "trigger"), PREVENTED)
def test_no_order_loses_a_firing_though_what_was_told_stands(_case, trigger, seed):
    orderly, mixed = shuffled(trigger, seed)
    assert min(mixed) >= orderly


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("_case", "trigger"), SHUFFLED)
def test_whatever_happened_within_a_minute_may_come_in_any_order(_case, trigger, seed):
    orderly, mixed = shuffled(trigger, seed)
    assert set(mixed) == {orderly}


def test_an_inner_trigger_corrects_what_it_told():
    """In order: seven and 37 with c, then 45 and 47 with c. What comes first looks like 7 and 47."""
    trigger = compound("all", sequence(A, B), C)
    script = [(38, "c"), (35, "c"), (47, "b"), (7, "a"), (37, "b"), (45, "a")]
    assert play(trigger, *sorted(script)).fired == [37, 47]
    assert len(play(trigger, *script).fired) == 2


def test_late_news_fires_what_the_order_of_things_says():
    play_it = Play(event_trigger("b", after=["a"], within=20))
    play_it.hear(play_it.event(5, "b"))
    assert play_it.fired == []
    play_it.hear(play_it.event(0, "a"))
    assert play_it.fired == [5]


def test_an_event_counts_once_however_often_it_comes():
    play_it = Play(event_trigger("a", threshold=2, within=30))
    for _ in range(3):
        play_it.hear(play_it.event(0, "a", id=7))
    assert play_it.fired == []


def test_the_memory_of_a_busy_trigger_is_bounded():
    play_it = Play(event_trigger("a", threshold=100_000, within=3600))
    for number in range(3 * MOST_NOTES):
        play_it.hear(play_it.event(number / 100, "a"))
    [kept] = play_it.evaluator.kept.values()
    assert kept.machine.state.count == 3 * MOST_NOTES
    assert len(kept.machine.notes) <= 2 * MOST_NOTES + 2


def test_random_disorder_of_many_resources():
    dice = random.Random(5)
    trigger = event_trigger("a", threshold=3, within=20, for_each=["prefect.resource.id"])
    script = [(second, "a", f"r{dice.randrange(4)}") for second in range(50)]
    orderly = len(play(trigger, *script).fired)
    for _ in range(20):
        assert len(play(trigger, *dice.sample(script, len(script))).fired) == orderly


# ----------------------------------------------------------------------------------------------------------- matching

RUN = {"prefect.resource.id": "prefect.flow-run.1", "prefect.resource.name": "Fox", "kind": "[x]"}
RELATED = [
    {"prefect.resource.id": "prefect.flow.1", "prefect.resource.role": "flow", "prefect.resource.name": "etl"},
    {"prefect.resource.id": "prefect.tag.prod", "prefect.resource.role": "tag"},
]


@pytest.mark.parametrize(
    ("_case", "match", "fits"),
    [
        ("nothing asked", {}, True),
        ("a glob", {"prefect.resource.id": "prefect.flow-run.*"}, True),
        ("one of a list", {"prefect.resource.name": ["Bear", "F?x"]}, True),
        ("a set of letters", {"prefect.resource.name": "[EFG]ox"}, True),
        ("the case counts", {"prefect.resource.name": "fox"}, False),
        ("not this", {"prefect.resource.name": "!Bear"}, True),
        ("not this glob", {"prefect.resource.name": "!F*"}, False),
        ("a missing label is not even another", {"colour": "!red"}, False),
        ("no value is wanted", {"prefect.resource.name": []}, False),
        ("all labels", {"prefect.resource.name": "Fox", "prefect.resource.id": "x"}, False),
    ],
)
def test_which_resources_match(_case, match, fits):
    assert (why_no_match(RUN, match) is None) is fits


@pytest.mark.parametrize(
    ("_case", "match", "fits"),
    [
        ("nothing asked", {}, True),
        ("one resource has all labels", {"prefect.resource.role": "flow", "prefect.resource.name": "etl"}, True),
        ("not spread over two", {"prefect.resource.role": "tag", "prefect.resource.name": "etl"}, False),
        ("each of a list", [{"prefect.resource.role": "flow"}, {"prefect.resource.id": "prefect.tag.prod"}], True),
        ("one of a list fails", [{"prefect.resource.role": "flow"}, {"prefect.resource.id": "prefect.tag.dev"}], False),
        ("another than this", {"prefect.resource.role": "tag", "prefect.resource.id": "!prefect.tag.prod"}, False),
    ],
)
def test_which_related_resources_match(_case, match, fits):
    assert (why_no_related(RELATED, match) is None) is fits


def test_a_mismatch_says_which_label_and_what_it_was():
    assert why_no_match(RUN, {"prefect.resource.name": "Bear"}) == ("match: prefect.resource.name is Fox, wanted Bear")
    assert why_no_related(RELATED, {"prefect.resource.id": ["a", "b"]}) == (
        "match_related: no related resource has prefect.resource.id a or b"
    )


@pytest.mark.parametrize(
    ("_case", "label", "value"),
    [
        ("of the resource", "prefect.resource.name", "Fox"),
        ("of a related resource", "related:flow:prefect.resource.name", "etl"),
        ("of a role that is not there", "related:pool:prefect.resource.name", ""),
        ("missing", "colour", ""),
    ],
)
def test_labels_to_tell_apart_by(_case, label, value):
    assert find_label(RUN, RELATED, label) == value


def test_an_event_finds_the_triggers_by_its_name_and_no_others():
    index, watched = Index(), watch(compound("all", event_trigger("a.*"), silence("b", after=["c"])))
    index.put(watched)
    assert [len(index.interested(WORKSPACE, name)) for name in ("a.x", "b", "c", "d", "prefect.log.write")] == [
        1, 1, 1, 0, 0,
    ]  # fmt: skip
    assert index.interested(UUID(int=9), "a.x") == ()
    index.drop(WORKSPACE, watched.id)
    assert index.interested(WORKSPACE, "a.x") == ()


# -------------------------------------------------------------------------------------------------------------- order


def test_a_follower_stands_after_its_leader_whatever_its_clock_says():
    leader, follower, last = UUID(int=1), UUID(int=2), UUID(int=3)
    moments = {follower: ZERO, last: ZERO - timedelta(seconds=5), leader: ZERO + timedelta(seconds=5)}
    placed = order(moments, {follower: leader, last: follower})
    assert sorted(placed, key=lambda id: placed[id]) == [leader, follower, last]


def test_followers_in_a_circle_are_taken_as_they_occurred():
    one, other = UUID(int=1), UUID(int=2)
    assert set(order({one: ZERO, other: ZERO}, {one: other, other: one})) == {one, other}


@pytest.mark.parametrize(
    ("_case", "occurred", "second"),
    [
        ("before it was received", -30, -30),
        ("a little ahead", 30, 30),
        ("a clock that is far ahead", 86_400, 60),
    ],
)
def test_where_an_event_stands(_case, occurred, second):
    assert moment_of(ZERO + timedelta(seconds=occurred), ZERO) == ZERO + timedelta(seconds=second)


# -------------------------------------------------------------------------------------------------------------- loops


def test_the_creator_of_a_run_is_the_cause_of_its_events():
    automation = UUID(int=5)
    creator = {"prefect.resource.id": f"prefect.automation.{automation}", "prefect.resource.role": "creator"}
    assert list(causes_of(RUN, [*RELATED, creator])) == [automation]
    assert list(causes_of({"prefect.resource.id": "prefect.automation.nonsense"}, [])) == []


@pytest.mark.parametrize(
    ("_case", "depth", "this_minute", "stopped"),
    [("a short chain", 10, 0, False), ("a long chain", 11, 0, True), ("a flood", 1, 600, True)],
)
def test_circles_and_floods_are_stopped(_case, depth, this_minute, stopped):
    assert (why_stopped(depth=depth, this_minute=this_minute) is not None) is stopped
