"""Random walks through the state machine: the same proposals to a real Prefect server and to ours, step by step.

A seed makes a walk; the failure names it with the whole path, so that it can be taken again.
"""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.contract.playing import Difference, Player, differences, play_both
from tests.world import make_tenant

STEPS = 25
TYPES = ("SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING")
NAMES = {
    "SCHEDULED": ["Late", "AwaitingRetry", "Resuming"], "PENDING": ["Submitting", "Pending"], "PAUSED": ["Suspended"],
}  # fmt: skip
# No plain number: with one of these stored, the real server fails at the next transition.
HOLDING = frozenset({"PENDING", "RUNNING", "CANCELLING"})
RESULTS = [None, {"type": "unpersisted"}, {"storage_key": "k"}]
AUTHORS = ["created_by", "updated_by"]
"""Only here a key belongs to somebody."""
ROUNDED = frozenset({"delay_seconds"})
"""Whole seconds to a moment: the two servers are asked a little one after the other."""


class Walk:
    """Two servers that are led along the same path."""

    def __init__(self, theirs: Player, ours: Player, seed: int) -> None:
        self.theirs, self.ours = theirs, ours
        self.dice = random.Random(seed)
        # Few ids, so that transitions and caches meet again.
        self.ids = [str(UUID(int=self.dice.getrandbits(128), version=4)) for _ in range(3)]
        self.cache_keys = [uuid4().hex for _ in range(2)]
        self.path: list[str] = []
        self.has_slots = False
        self.is_over = False
        self.standing: dict[str, tuple[str, str | None]] = {}
        self.given_back: set[str | None] = {None}

    def both(self, call: str, body: Any = ..., **step: Any) -> list[Difference]:
        if body is not ...:
            step["body"] = body
        return play_both(self.theirs, self.ours, {"call": call, **step})

    def make(self, call: str, body: Any, name: str) -> None:
        """Something that both have to make alike; later paths call it `{name}`."""
        assert self.both(call, {"name": name, **body}, save={name: "id"}) == []

    def steps(self) -> Iterator[int]:
        """To the end, or to a pause that was not to be left."""
        return takewhile(lambda _: not self.is_over, range(STEPS))

    def propose(self, place: str, state: dict[str, Any], *, force: bool = False, look: bool = True) -> None:
        """Ask both, and hold the answers and (if we look) the runs as they are then against each other."""
        if force:
            # Suspended by force without a deployment, a run of the real server counts as resuming when it is refused.
            state["state_details"].pop("pause_reschedule", None)
        self.path.append(f"{state['type']} {state.get('name') or ''} {state['state_details']} {'forced' * force}")
        body = {"state": state, "force": force}
        (status, theirs), (ours_status, ours) = (
            player.play({"call": f"POST {place}/set_state", "body": body}) for player in (self.theirs, self.ours)
        )
        found = [Difference("status", status, ours_status)] if status != ours_status else []
        found += differences(theirs, ours, ROUNDED)
        self.note_slot(place, theirs["state"])
        if "state from the StateType.PAUSED state" in str(theirs):
            # Its answer, unlike the run, is without the slot that it took for a moment.
            found = [difference for difference in found if not difference.where.endswith("_lease_id")]
            # A run of the real server that was refused to leave its pause counts as resuming all the same, and so it
            # is counted wrong when it runs again.
            self.is_over = True
        if look or found or self.is_over:
            found += self.both(f"GET {place}", ignore=["resuming"] if self.is_over else [])
        assert found == [], f"{found}\nafter {len(self.path)} steps:\n" + "\n".join(self.path)

    def note_slot(self, place: str, state: dict[str, Any] | None) -> None:
        """A run without a slot of its own makes the real server free another's when it stops: all is over then.

        Here holders are rows, so that no limit is exceeded (ADR 0009).
        """
        type, lease = self.standing.get(place, ("", None))
        now = state["type"] if state else ""
        if type in HOLDING and now not in HOLDING:
            self.is_over = self.is_over or (self.has_slots and lease in self.given_back)
            self.given_back.add(lease)
        self.standing[place] = (now, state["state_details"]["deployment_concurrency_lease_id"] if state else None)

    def some_state(self) -> dict[str, Any]:
        dice = self.dice
        type_ = "RUNNING" if dice.random() < 0.3 else dice.choice(TYPES)
        details = self.some_details(type_)
        state: dict[str, Any] = {"type": type_, "message": dice.choice([None, "m"]), "state_details": details}
        if dice.random() < 0.5:
            state["name"] = dice.choice([None, "Odd", *NAMES.get(type_, [])])
        if type_ == "COMPLETED" or dice.random() < 0.1:
            state["data"] = dice.choice(RESULTS)
        return state

    def some_details(self, type_: str) -> dict[str, Any]:
        dice, details = self.dice, {}
        if dice.random() < 0.1:
            details["transition_id"] = dice.choice(self.ids)
        if dice.random() < 0.1:
            details["cache_key"] = dice.choice(self.cache_keys)
        if type_ == "SCHEDULED" and dice.random() < 0.4:
            # Not so long ago that a service would mark the run late.
            details["scheduled_time"] = self.moment(dice.choice([-5, 3000]))
        if type_ == "PAUSED":
            details["pause_key"] = dice.choice("ab")
            details["pause_reschedule"] = dice.random() < 0.5
            if dice.random() < 0.5:
                # Not over already: services of both servers end such pauses when their turn comes.
                details["pause_timeout"] = self.moment(300)
        if type_ == "FAILED" and dice.random() < 0.3:
            details["retriable"] = dice.choice([True, False])
        return details

    def moment(self, seconds: float) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.fixture(scope="module")
def players(real_server, server) -> tuple[Player, Player]:
    """Both with a flow and a deployment of it."""
    tenant = make_tenant(server.url)
    theirs, ours = Player(real_server.api_url), Player(tenant.api_url, tenant.key)
    walk = Walk(theirs, ours, 0)
    name = uuid4().hex
    assert walk.both("POST /flows/", {"name": name}, save={"flow": "id"}) == []
    deployment = {"name": name, "flow_id": "{flow}", "enforce_parameter_schema": False}
    assert walk.both("POST /deployments/", deployment, save={"deployment": "id"}, ignore=AUTHORS) == []
    return theirs, ours


@pytest.fixture
def walk(players, seed) -> Walk:
    return Walk(*players, seed)


def start_flow_run(walk: Walk, **more: Any) -> None:
    """A run in some first state, with or without retries, perhaps already in a process."""
    policy = walk.dice.choice([{}, {"retries": 2, "retry_delay": 0}])
    state = {"type": walk.dice.choice(["PENDING", "SCHEDULED", "RUNNING"])}
    walk.make("POST /flow_runs/", {"flow_id": "{flow}", "empirical_policy": policy, "state": state, **more}, "run")
    if walk.dice.random() < 0.5:
        assert walk.both("PATCH /flow_runs/{run}", {"infrastructure_pid": "host:1"}) == []


def start_task_run(walk: Walk, **more: Any) -> None:
    keys = {"task_key": "task", "dynamic_key": uuid4().hex}
    walk.make("POST /task_runs/", {**keys, "empirical_policy": {"retries": 2, "retry_delay": 0}, **more}, "task")


def start_enclosing_run(walk: Walk) -> None:
    walk.make("POST /flow_runs/", {"flow_id": "{flow}", "state": {"type": "RUNNING"}}, "parent")


@pytest.mark.parametrize("seed", [1, 2, 3, 130, 137])
@pytest.mark.parametrize(
    ("_case", "more"), [("a run of nothing", {}), ("a run of a deployment", {"deployment_id": "{deployment}"})]
)
def test_flow_runs_go_the_same_ways(_case, more, walk):
    start_flow_run(walk, **more)
    for _ in walk.steps():
        walk.propose("/flow_runs/{run}", walk.some_state(), force=walk.dice.random() < 0.15)


@pytest.mark.parametrize("seed", [4, 5])
def test_subflow_runs_and_their_stand_ins_go_the_same_ways(walk):
    start_enclosing_run(walk)
    start_task_run(walk, flow_run_id="{parent}")
    start_flow_run(walk, parent_task_run_id="{task}")
    for _ in walk.steps():
        walk.propose("/flow_runs/{run}", walk.some_state(), force=walk.dice.random() < 0.15)
        assert walk.both("GET /task_runs/{task}") == [], "\n".join(walk.path)


@pytest.mark.parametrize("seed", [6, 7, 8])
def test_task_runs_go_the_same_ways(walk):
    start_enclosing_run(walk)
    start_task_run(walk, flow_run_id="{parent}")
    for _ in walk.steps():
        if walk.dice.random() < 0.15:
            moved = {"type": walk.dice.choice(["RUNNING", "RUNNING", "PAUSED", "FAILED"]), "state_details": {}}
            walk.propose("/flow_runs/{parent}", moved, force=True)
        walk.propose("/task_runs/{task}", walk.some_state(), force=walk.dice.random() < 0.1)


@pytest.mark.parametrize("seed", [9, 10])
def test_background_task_runs_go_the_same_ways(walk):
    first = {"type": "SCHEDULED", "state_details": {"deferred": True, "task_parameters_id": walk.ids[0]}}
    start_task_run(walk, state=first)
    for _ in walk.steps():
        state = walk.some_state()
        state["state_details"]["deferred"] = walk.dice.random() < 0.9
        if state["type"] == "SCHEDULED":
            # The real server cannot enqueue a task whose state has a result: 500.
            state.pop("data", None)
        walk.propose("/task_runs/{task}", state, force=walk.dice.random() < 0.1)


# --- hundreds of short ones, several at a time -----------------------------------------------------------------------

SHORT, LOOKS, AT_ONCE = 12, 4, 4


def walk_a_flow_run(walk: Walk, **more: Any) -> None:
    start_flow_run(walk, **more)
    step_by_step(walk, lambda: "/flow_runs/{run}")


def walk_a_deployed_run(walk: Walk) -> None:
    walk_a_flow_run(walk, deployment_id="{deployment}")


def walk_two_runs_with_one_slot(walk: Walk) -> None:
    """Runs of a deployment that allows one at a time."""
    options = {"concurrency_options": {"collision_strategy": walk.dice.choice(["ENQUEUE", "CANCEL_NEW"])}}
    walk.has_slots = True
    common = {"name": uuid4().hex, "flow_id": "{flow}", "enforce_parameter_schema": False}
    deployment = {**common, "concurrency_limit": 1, **options}
    assert walk.both("POST /deployments/", deployment, save={"limited": "id"}, ignore=AUTHORS) == []
    for name in ("one", "two"):
        run = {"flow_id": "{flow}", "deployment_id": "{limited}", "state": {"type": "SCHEDULED"}}
        walk.make("POST /flow_runs/", run, name)
    # Nothing is forced: who runs by force has no slot, and when it ends the real server gives back somebody else's.
    step_by_step(walk, lambda: walk.dice.choice(["/flow_runs/{one}", "/flow_runs/{two}"]), claiming=0.3, forcing=0.0)


def walk_a_subflow(walk: Walk) -> None:
    start_enclosing_run(walk)
    start_task_run(walk, flow_run_id="{parent}")
    walk_a_flow_run(walk, parent_task_run_id="{task}")
    assert walk.both("GET /task_runs/{task}") == [], "\n".join(walk.path)


def walk_a_task_run(walk: Walk) -> None:
    start_enclosing_run(walk)
    start_task_run(walk, flow_run_id="{parent}")
    step_by_step(walk, lambda: "/task_runs/{task}")


def step_by_step(walk: Walk, place: Callable[[], str], *, claiming: float = 0.0, forcing: float = 0.1) -> None:
    for step in range(SHORT):
        if walk.is_over:
            return
        state = walk.some_state()
        if walk.dice.random() < claiming:
            state = {"type": "PENDING", "state_details": {}}
        look = step % LOOKS == LOOKS - 1 or step == SHORT - 1
        walk.propose(place(), state, force=walk.dice.random() < forcing, look=look)


@pytest.mark.parametrize(
    ("_case", "way", "first", "count"),
    [
        ("flow runs", walk_a_flow_run, 1000, 50),
        ("runs of a deployment", walk_a_deployed_run, 2000, 40),
        ("two runs with one slot", walk_two_runs_with_one_slot, 3000, 40),
        ("sub-flows", walk_a_subflow, 4000, 30),
        ("task runs", walk_a_task_run, 5000, 40),
    ],
)
def test_hundreds_of_walks_go_the_same_ways(_case, way, first, count, players):
    """All of them to their end, so that one run of the test shows each that differs."""
    theirs, ours = players

    def go(seed: int) -> str | None:
        walk = Walk(theirs.again(), ours.again(), seed)
        try:
            way(walk)
        except AssertionError as difference:
            return f"seed {seed}: {difference}"
        return None

    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = [what for what in threads.map(go, range(first, first + count)) if what]
    assert found == [], f"{len(found)} of {count} walks differ\n" + "\n\n".join(found)
