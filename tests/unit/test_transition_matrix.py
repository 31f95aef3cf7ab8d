"""Every pair of state types, as the reference server answers it."""

from datetime import timedelta
from itertools import product

import pytest

from runs.rules import MINIMAL_FLOW_POLICY, MINIMAL_TASK_POLICY, EnclosingFlowRun, flow_policy
from runs.wire.states import DEFAULT_NAMES, STATE_TYPES, TERMINAL
from tests.unit.transitions import DEPLOYMENT, FLOW_RUN, NOW, decide, flow_run, state, stored, task_run

# What the reference server answered: a run created in the row's state, then asked for the column's.
# A accept, R reject, C reject and cancel, X abort; "X/A" without and with a deployment.
MATRIX = """
            SCHEDULED PENDING RUNNING PAUSED CANCELLING COMPLETED FAILED CANCELLED CRASHED
SCHEDULED   A         A       A       R      C          A         A      A         A
PENDING     A         X       A       R      A          A         A      A         A
RUNNING     A         X       A       A      A          A         A      A         A
PAUSED      A         R       A       R      A          A         A      A         A
CANCELLING  R         R       R       R      R          R         R      A         R
COMPLETED   X/A       A       A       X      X          A         A      A         X
FAILED      X/A       A       A       X      X          A         A      A         X
CANCELLED   X/A       X       A       X      X          A         A      A         X
CRASHED     X/A       A       A       X      X          A         A      A         X
"""
COLUMNS, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
CELLS = [
    (f"{row[0]} to {column} {where}", row[0], column, deployment, answer.split("/")[-1 if deployment else 0])
    for row in ROWS
    for column, answer in zip(COLUMNS, row[1:], strict=True)
    for where, deployment in (("without deployment", None), ("with deployment", DEPLOYMENT))
]


def test_the_matrix_names_every_pair_of_types_twice():
    assert len({case[0] for case in CELLS}) == 2 * len(STATE_TYPES) ** 2


@pytest.mark.parametrize(("_case", "left", "entered", "deployment", "answer"), CELLS, ids=[cell[0] for cell in CELLS])
def test_every_transition_is_answered_as_the_matrix_says(_case, left, entered, deployment, answer):
    due = {"scheduled_time": NOW - timedelta(seconds=20)} if left == "SCHEDULED" else {}
    decision = decide(flow_run(state(left, **due), deployment_id=deployment), entered)
    expected = {
        "A": ("ACCEPT", f"{entered} {DEFAULT_NAMES[entered]}"),
        "R": ("REJECT", None),
        "C": ("REJECT", "CANCELLED Cancelled"),
        "X": ("ABORT", None),
    }[answer]
    assert (decision.status, stored(decision)) == expected
    assert (decision.run is None) == (decision.state is None)


@pytest.mark.parametrize("entered", STATE_TYPES)
def test_a_run_without_a_state_enters_any_but_paused(entered):
    decision = decide(flow_run(None), entered)
    if entered == "PAUSED":
        assert (decision.status, decision.reason) == ("ABORT", "Cannot pause flows with no state.")
    else:
        assert (decision.status, decision.state.type) == ("ACCEPT", entered)


@pytest.mark.parametrize(
    ("left", "entered"), [pair for pair in product(STATE_TYPES, STATE_TYPES) if pair != ("SCHEDULED", "CANCELLING")]
)
def test_force_stores_anything(left, entered):
    decision = decide(flow_run(state(left)), entered, policy=flow_policy(force=True))
    assert (decision.status, stored(decision)) == ("ACCEPT", f"{entered} {DEFAULT_NAMES[entered]}")


def test_even_force_does_not_lose_a_result():
    decision = decide(flow_run(state("COMPLETED", persisted=True)), "COMPLETED", policy=MINIMAL_FLOW_POLICY)
    assert (decision.status, decision.state) == ("REJECT", None)
    assert (
        decision.reason
        == "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not."
    )


# Inside a running flow run nearly everything goes; a finished task that runs again does so under another name.
TASK_MATRIX = """
            SCHEDULED PENDING RUNNING  PAUSED CANCELLING COMPLETED FAILED CANCELLED CRASHED
unfinished  A         A       A        A      A          A         A      A         A
finished    A         A       Retrying X      X          A         A      A         X
"""
TASK_COLUMNS, *TASK_ROWS = (line.split() for line in TASK_MATRIX.strip().splitlines())
TASK_ANSWERS = {row[0]: row[1:] for row in TASK_ROWS}
TASK_CELLS = [
    (f"{left} to {entered}", left, entered, answer)
    for left in STATE_TYPES
    for entered, answer in zip(
        TASK_COLUMNS, TASK_ANSWERS["finished" if left in TERMINAL else "unfinished"], strict=True
    )
]


@pytest.mark.parametrize(("_case", "left", "entered", "answer"), TASK_CELLS, ids=[cell[0] for cell in TASK_CELLS])
def test_every_transition_of_a_task_run_is_answered_as_the_matrix_says(_case, left, entered, answer):
    enclosing = EnclosingFlowRun(id=FLOW_RUN, state_type="RUNNING", run_count=1)
    run_count = 1 if left == "RUNNING" else 0
    facts = task_run(state(left), flow_run_id=FLOW_RUN, flow_run=enclosing, run_count=run_count)
    decision = decide(facts, entered)
    if answer == "X":
        assert (decision.status, decision.reason, decision.state) == ("ABORT", f"Run is already {left}.", None)
    else:
        again = "Rerunning" if left == entered == "RUNNING" else DEFAULT_NAMES[entered]
        assert (decision.status, decision.reason) == ("ACCEPT", None)
        assert stored(decision) == f"{entered} {again if answer == 'A' else answer}"


@pytest.mark.parametrize(("left", "entered"), list(product(STATE_TYPES, STATE_TYPES)))
def test_force_stores_any_state_of_a_task_run(left, entered):
    decision = decide(task_run(state(left, persisted=True)), entered, policy=MINIMAL_TASK_POLICY)
    assert (decision.status, stored(decision)) == ("ACCEPT", f"{entered} {DEFAULT_NAMES[entered]}")
