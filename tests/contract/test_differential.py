"""Every scenario, step by step, on a real Prefect server and on ours: the same status, keys, types and values."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.management.commands.wire_map import read_operations
from tests.contract.deviations import DEVIATIONS
from tests.contract.playing import Player, play_both, shared_names
from tests.contract.scenario_coverage import ACCEPTED_GAPS, steps_by_operation

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.json"))
SEEN: dict[str, set[int]] = defaultdict(set)
"""Statuses of the real server by step, of all scenarios that were played."""


@pytest.fixture
def theirs(real_server) -> Iterator[Player]:
    yield Player(real_server.api_url)
    real_server.forget_automations()


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_our_answers_are_those_of_a_real_prefect_server(file, theirs, tenant):
    ours = Player(tenant.api_url, tenant.key)
    names = shared_names()
    theirs.names.update(names)
    ours.names.update(names)
    surprises, seen = [], set()
    for step in json.loads(file.read_text()):
        found_here = play_both(theirs, ours, step)
        SEEN[f"{file.stem}: {step['name']}"].add(theirs.status)
        for found in found_here:
            known = [deviation for deviation in DEVIATIONS if deviation.covers(file.stem, step["name"], found)]
            seen.update((deviation.step, deviation.where) for deviation in known)
            if not known:
                where = f"{step['name']}: {found.where}"
                surprises.append(f"{where}\n  theirs {str(found.theirs)[:400]}\n  ours   {str(found.ours)[:400]}")
    assert not surprises, f"{len(surprises)} differences\n" + "\n".join(surprises)
    listed = {(deviation.step, deviation.where) for deviation in DEVIATIONS if deviation.scenario == file.stem}
    assert listed - seen == set(), "these do not differ any more: strike them off"


def test_every_operation_is_played_for_success_and_for_an_error():
    """After the scenarios, and only if all were played. What cannot be played is listed."""
    if {step.partition(":")[0] for step in SEEN} != {file.stem for file in SCENARIOS}:
        pytest.skip("not all scenarios were played")
    played: dict[str, set[int]] = defaultdict(set)
    for operation, step in steps_by_operation():
        played[operation] |= SEEN[step]
    gaps = {}
    for method, path in read_operations():
        statuses = played[f"{method} {path}"]
        missing = [word for word, fits in (("success", 200 <= min(statuses, default=0) < 300),
                                           ("error", max(statuses, default=0) >= 400)) if not fits]  # fmt: skip
        if missing:
            gaps[f"{method} {path}"] = missing
    assert gaps == {operation: missing for operation, (missing, _reason) in ACCEPTED_GAPS.items()}
