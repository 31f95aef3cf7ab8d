"""Automations and events, the same on a real Prefect server and on ours: the same firings by the same events."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

ROUND = "prefect.resource.id"
BASE, PATIENCE, PACE = -30.0, 60.0, 0.7


def event(*expect: str, **fields: Any) -> dict[str, Any]:
    return {"type": "event", "posture": "Reactive", "expect": list(expect), **fields}


def silence(*expect: str, **fields: Any) -> dict[str, Any]:
    return event(*expect, **{"posture": "Proactive", "within": 10, **fields})


def compound(require: Any, *triggers: Any, within: float | None = 60) -> dict[str, Any]:
    return {"type": "compound", "require": require, "triggers": list(triggers), "within": within}


def sequence(*triggers: Any, within: float | None = 60) -> dict[str, Any]:
    return {"type": "sequence", "triggers": list(triggers), "within": within}


TAGGED = {"prefect.resource.id": "tag.prod", "prefect.resource.role": "tag"}
FLOW = {"prefect.resource.id": "flow.1", "prefect.resource.role": "flow"}

# Name, trigger, and events: second, name, resource, related ones. `~` stands for what keeps the cases apart.
CASES: list[tuple[str, dict[str, Any], list[tuple[Any, ...]]]] = [
    ("each event", event("~a"), [(0, "~a"), (2, "~a"), (4, "~b")]),
    ("globs", event("~a.*"), [(0, "~a.x"), (1, "~a"), (2, "~a.x.y"), (3, "~ax")]),
    ("cool down", event("~a", within=40), [(0, "~a"), (2, "~a"), (4, "~a")]),
    ("cooled down", event("~a", within=5), [(0, "~a"), (2, "~a"), (6, "~a"), (12, "~a")]),
    ("threshold", event("~a", threshold=3, within=10), [(0, "~a"), (1, "~a"), (9, "~a"), (10, "~a")]),
    ("too slow", event("~a", threshold=2, within=5), [(0, "~a"), (6, "~a"), (8, "~a")]),
    ("threshold alone", event("~a", threshold=3), [(0, "~a"), (1, "~a"), (2, "~a"), (3, "~a")]),
    (
        "for each resource", event("~a", threshold=2, within=9, for_each=[ROUND]),
        [(0, "~a", "x"), (1, "~a", "y"), (2, "~a", "x"), (3, "~a", "z"), (4, "~a", "y")],
    ),
    (
        "for each related", event("~a", threshold=2, within=9, for_each=["related:tag:prefect.resource.id"]),
        [(0, "~a", "x", [TAGGED]), (1, "~a", "y"), (2, "~a", "z", [TAGGED])],
    ),
    ("match", event("~a", match={ROUND: ["run.*", "!x"]}), [(0, "~a", "x"), (1, "~a", "run.1"), (2, "~a", "y")]),
    ("match letters", event("~a", match={ROUND: "[ab]?"}), [(0, "~a", "a1"), (1, "~a", "c1"), (2, "~a", "A1")]),
    ("missing label", event("~a", match={"colour": "!red"}), [(0, "~a")]),
    (
        "match related", event("~a", match_related={ROUND: "tag.*", "prefect.resource.role": "tag"}),
        [(0, "~a", "x"), (1, "~a", "x", [TAGGED]), (2, "~a", "x", [FLOW])],
    ),
    (
        "each of several related", event("~a", match_related=[{ROUND: "tag.prod"}, {ROUND: "flow.*"}]),
        [(0, "~a", "x", [TAGGED]), (1, "~a", "x", [TAGGED, FLOW])],
    ),
    ("nothing before after", event("~b", after=["~a"], within=10), [(0, "~b")]),
    ("after", event("~b", after=["~a"], within=10), [(0, "~a"), (3, "~b"), (4, "~b")]),
    ("too long after", event("~b", after=["~a"], within=10), [(0, "~a"), (11, "~b")]),
    ("after itself", event("~a", after=["~a"], within=9), [(0, "~a"), (2, "~a"), (3, "~a")]),
    ("any", compound("any", event("~a"), event("~b")), [(0, "~a"), (1, "~b")]),
    ("all", compound("all", event("~a"), event("~b")), [(0, "~a"), (1, "~a"), (2, "~b")]),
    ("two of three", compound(2, event("~a"), event("~b"), event("~c")), [(0, "~a"), (1, "~a"), (2, "~c")]),
    ("a row", sequence(event("~a"), event("~b")), [(0, "~a"), (1, "~b")]),
    ("the wrong way round", sequence(event("~a"), event("~b")), [(0, "~b"), (1, "~a")]),
    ("nested", compound("all", sequence(event("~a"), event("~b")), event("~c")), [(0, "~c"), (1, "~a"), (2, "~b")]),
    (
        "silence after", silence("~end", after=["~beat"], for_each=[ROUND]),
        [(23, "~beat", "x"), (24, "~beat", "y"), (26, "~end", "y")],
    ),
    (
        "heartbeats", silence("~beat", "~end", after=["~beat"], for_each=[ROUND]),
        [(22, "~beat", "x"), (25, "~beat", "x"), (25, "~beat", "y"), (26, "~end", "y")],
    ),
    ("not enough", silence("~end", after=["~a"], for_each=[ROUND], threshold=2), [(23, "~a"), (25, "~end")]),
]  # fmt: skip


def test_the_same_events_fire_the_same_automations_on_a_real_server_and_on_ours(real_server, tenant):
    theirs = Side(real_server.api_url, {})
    ours = Side(tenant.api_url, {"Authorization": f"Bearer {tenant.key}"})
    for side in (theirs, ours):
        side.make_automations()
    base = datetime.now(UTC)
    for place in range(max(len(script) for _, _, script in CASES)):
        for side in (theirs, ours):
            side.send_events(base, place)
        # The real server handles what comes at once in any order: this is a sender's pace, not a wait for an answer.
        time.sleep(PACE)
    for side in (theirs, ours):
        wait(side.is_done)
    expected, found = theirs.firings(), ours.firings()
    real_server.forget_automations()
    assert {name: found[name] for name in expected} == expected
    assert {name for name, fired in expected.items() if not fired} == {
        "missing label", "nothing before after", "too long after", "the wrong way round",
    }  # fmt: skip


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "the watch that ends all of them did not fire"
        time.sleep(0.5)


class Side:
    """One of the two servers."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30)
        self.ids: dict[str, str] = {}
        self.events: dict[str, tuple[str, int]] = {}
        self.mark = uuid4().hex[:8]

    def post(self, path: str, body: Any) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def make_automations(self) -> None:
        last = ("the end", silence("~end", after=["~begin"], within=12, for_each=[ROUND]), [])
        for number, (name, trigger, _) in enumerate([*CASES, last]):
            body = {"name": name, "trigger": self.apart(trigger, number), "actions": [{"type": "do-nothing"}]}
            self.ids[name] = self.post("/automations/", body)["id"]

    def apart(self, value: Any, number: int) -> Any:
        """Events of one case concern no other."""
        if isinstance(value, str):
            return value.replace("~", f"{self.mark}-{number}-")
        if isinstance(value, list):
            return [self.apart(one, number) for one in value]
        if isinstance(value, dict):
            return {key: self.apart(one, number) for key, one in value.items()}
        return value

    def send_events(self, base: datetime, place: int) -> None:
        """The events at one place of all scripts."""
        sent = []
        for number, (name, _, script) in enumerate([*CASES, ("the end", {}, [(30, "~begin")])]):
            for second, event_name, *rest in script[place : place + 1]:
                resource, related = [*rest, *["x", []][len(rest) :]]
                id = str(uuid4())
                self.events[id] = (name, place)
                occurred = base + timedelta(seconds=BASE + second)
                sent.append(
                    {
                        "id": id, "occurred": occurred.isoformat(), "event": self.apart(event_name, number),
                        "resource": {ROUND: resource}, "related": related,
                    }
                )  # fmt: skip
        self.post("/events", sent)

    def triggered(self, name: str) -> list[dict[str, Any]]:
        asked = {
            "event": {"name": ["prefect.automation.triggered"]},
            "resource": {"id": [f"prefect.automation.{self.ids[name]}"]}, "order": "ASC",
        }  # fmt: skip
        return self.post("/events/filter", {"filter": asked})["events"]

    def is_done(self) -> bool:
        return bool(self.triggered("the end"))

    def firings(self) -> dict[str, list[Any]]:
        """For each case which of its events fired, with which labels."""
        return {name: sorted(self.cause(one["payload"]) for one in self.triggered(name)) for name in self.ids}

    def cause(self, payload: dict[str, Any]) -> tuple[int, Any]:
        place = self.events[payload["triggering_event"]["id"]][1] if payload["triggering_event"] else -1
        return place, sorted(payload["triggering_labels"].values())
