"""Every scenario, step by step, on a real Prefect server and on ours: the same status, keys, types and values."""

import json
from pathlib import Path

import pytest

from tests.contract.deviations import DEVIATIONS
from tests.contract.playing import Player, play_both, shared_names

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.json"))


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_our_answers_are_those_of_a_real_prefect_server(file, real_server, tenant):
    theirs, ours = Player(real_server.api_url), Player(tenant.api_url, tenant.key)
    names = shared_names()
    theirs.names.update(names)
    ours.names.update(names)
    surprises, seen = [], set()
    for step in json.loads(file.read_text()):
        for found in play_both(theirs, ours, step):
            known = [deviation for deviation in DEVIATIONS if deviation.covers(file.stem, step["name"], found)]
            seen.update((deviation.step, deviation.where) for deviation in known)
            if not known:
                where = f"{step['name']}: {found.where}"
                surprises.append(f"{where}\n  theirs {str(found.theirs)[:400]}\n  ours   {str(found.ours)[:400]}")
    assert not surprises, f"{len(surprises)} differences\n" + "\n".join(surprises)
    listed = {(deviation.step, deviation.where) for deviation in DEVIATIONS if deviation.scenario == file.stem}
    assert listed - seen == set(), "these do not differ any more: strike them off"
