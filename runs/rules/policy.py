"""Rules, and policies: tuples of rules in the order in which they judge."""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import product
from typing import Any, Generic, TypeVar, cast

from msgspec import Struct

from runs.rules.facts import CurrentState, FlowRunFacts, Proposed, RunFacts, TaskRunFacts
from runs.rules.verdicts import Abort, Amend, Reject, Release, Wait
from runs.wire.states import STATE_TYPES, StateType, Status

R = TypeVar("R", bound=RunFacts)

ANY: frozenset[StateType | None] = frozenset({*STATE_TYPES, None})


class Transition(Struct, Generic[R], frozen=True):
    """A run, the state it is asked to enter, and the moment; `chance` in [0, 1) is all the randomness there is."""

    run: R
    proposed: Proposed
    now: datetime
    chance: float = 0.5

    @property
    def current(self) -> CurrentState:
        """The state being left, for rules that guard only runs that have one."""
        return cast(CurrentState, self.run.state)


FlowTransition = Transition[FlowRunFacts]
TaskTransition = Transition[TaskRunFacts]
Verdict = Amend[R] | Reject[R] | Wait | Abort | None
FlowVerdict = Verdict[FlowRunFacts]
TaskVerdict = Verdict[TaskRunFacts]
Judge = Callable[[Any], Verdict[Any]]


class Rule(Struct, frozen=True):
    """A judgement on the transitions between these types of states; None stands for a run without a state."""

    judge: Judge
    leaving: frozenset[StateType | None]
    entering: frozenset[StateType]


def rule(
    *, leaving: Iterable[StateType | None] = ANY, entering: Iterable[StateType] = STATE_TYPES
) -> Callable[[Judge], Rule]:
    """Make a rule of a function that judges transitions from one of `leaving` to one of `entering`."""
    return lambda judge: Rule(judge, frozenset(leaving), frozenset(entering))


class Policy:
    """Rules in order, and what to free once the outcome is known; indexed once, so that only rules that apply run."""

    def __init__(self, *rules: Rule, frees: Callable[[Any, Status, Proposed], Release | None] | None = None) -> None:
        self.rules = rules
        self.frees = frees
        self.judges = {
            (left, entered): tuple(each.judge for each in rules if left in each.leaving and entered in each.entering)
            for left, entered in product(ANY, STATE_TYPES)
        }
