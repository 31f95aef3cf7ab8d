"""Our OpenAPI document lacks no operation, parameter, field, operator, word or default of Prefect's two wires."""

from importlib import import_module

import httpx
import pytest

from controlplane.wire.doors import REGISTRY
from controlplane.wire.openapi import describe_api
from tests.contract.wire_facts import Facts, gather, read, read_file, write
from tests.contract.wire_gaps import Walk
from tests.contract.wire_known import KNOWN


@pytest.fixture(scope="module")
def ours() -> Facts:
    import_module("controlplane.api")
    return gather(describe_api(REGISTRY))


@pytest.mark.parametrize(("version", "operations"), [("3.8", 187), ("2.20", 170)])
def test_nothing_of_this_wire_is_missing(version, operations, ours):
    theirs = read_file(version)
    assert len(theirs.operations) == operations
    found = set(Walk(theirs, ours).gaps())
    known = KNOWN["*"] | KNOWN[version]
    assert sorted(found - known.keys()) == []
    assert sorted(known.keys() - found) == [], "these do not differ any more: strike them off"


THEIRS = """\
POST /runs/filter
  query since moment = null
  body! #Body
  200 [#Run]
PATCH /runs/{id}
  path uuid
  body! #Change
  204 any
#Body closed
  limit int = 200
  runs #Filter|null
#Change closed
  paused bool = false
#Filter closed
  operator "and_"|"or_" = "and_"
  any_ [uuid]|null
#Run
  id! uuid
  state #State|null
#State is "A"|"B"
"""


@pytest.mark.parametrize(
    ("_case", "line", "instead", "gap"),
    [
        ("an operation", "POST /runs/filter", "POST /runs/find", "POST /runs/filter: no such operation"),
        ("a parameter", "  query since", "  query until", "POST /runs/filter ?.since: missing"),
        ("a field", "  any_", "  some_", "POST /runs/filter <.runs.any_: missing"),
        ("a word", '"and_"|"or_" =', '"and_" =', 'POST /runs/filter <.runs.operator: no "or_"'),
        ("a default", "= 200", "= 100", "POST /runs/filter <.limit: default 100 for 200"),
        ("a type", "[uuid]|null", "[uuid]", "POST /runs/filter <.runs.any_: no null"),
        ("a narrower item", "[uuid]", "[int]", "POST /runs/filter <.runs.any_[]: no uuid"),
        ("more is required", "  limit int = 200", "  limit! int", "POST /runs/filter <.limit: is required"),
        ("a status", "  200 ", "  201 ", "POST /runs/filter: answers 201 for 200"),
        ("an answer's field", "  state", "  status", "POST /runs/filter >[].state: missing"),
        ("a word of an answer", '"A"|"B"', '"A"', 'POST /runs/filter >[].state: no "B"'),
        ("a field of a change", "  paused", "  stopped", "PATCH /runs/{id} <.paused: missing"),
        ("a path", "  path uuid", "  path int", "PATCH /runs/{id} /: no int"),
    ],
)
def test_a_gap_would_be_seen(_case, line, instead, gap):
    theirs, other = read(THEIRS.splitlines()), read(THEIRS.replace(line, instead, 1).splitlines())
    assert THEIRS.count(line) == 1
    assert list(Walk(theirs, theirs).gaps()) == []
    assert gap in set(Walk(theirs, other).gaps())


def test_the_facts_are_read_as_they_were_written():
    assert "\n".join(write(read(THEIRS.splitlines()))).splitlines() == THEIRS.splitlines()


def test_the_document_is_served_without_a_key(server, ours):
    answer = httpx.get(f"{server.url}/api/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    assert gather(document) == ours
    transition = document["paths"]["/flow_runs/{id}/set_state"]["post"]
    assert (transition["x-needs"], sorted(transition["responses"])) == (
        "run_flows", ["200", "401", "403", "404", "409", "413", "422"]
    )  # fmt: skip
