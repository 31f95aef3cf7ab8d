"""A filter in words."""

import msgspec
import pytest

from controlplane.filters import ENTITIES, describe
from tests.filter_samples import UUID_1, conditions


@pytest.mark.parametrize(
    ("_case", "entity", "filter", "sentences"),
    [
        ("nothing", "flow_runs", {}, []),
        (
            "several conditions",
            "flow_runs",
            {"name": {"any_": ["a", "b"]}, "start_time": {"after_": "2024-01-02T03:04:05+02:00"}},
            ["name is a or b", "start time is not before 2024-01-02 01:04 UTC"],
        ),
        (
            "or_ makes one sentence",
            "flow_runs",
            {"operator": "or_", "name": {"like_": "a"}, "flow_version": {"any_": ["1"]}},
            ["name contains a or flow version is 1"],
        ),
        (
            "a group",
            "flow_runs",
            {"state": {"type": {"any_": ["FAILED"]}, "name": {"not_any_": ["Late"]}}},
            ["state type is FAILED", "state is not Late"],
        ),
        ("tags", "flow_runs", {"tags": {"all_": ["a", "b"]}}, ["has the tags a and b"]),
        ("no tags", "flow_runs", {"tags": {"is_null_": True}}, ["has no tags"]),
        ("empty lists that say nothing", "flow_runs", {"tags": {"all_": []}, "id": {"not_any_": []}}, []),
        ("an empty list that matches nothing", "flow_runs", {"name": {"any_": []}}, ["name is nothing"]),
        ("the default that gave way", "task_runs", {"flow_run_id": {"any_": [UUID_1]}}, [f"flow run is {UUID_1}"]),
        ("the default", "task_runs", {"flow_run_id": {}}, ["flow run is set"]),
        ("a flag", "deployments", {"paused": {"eq_": False}}, ["not paused"]),
        ("what is ignored is not said", "deployments", {"concurrency_limit": {"ge_": 1}}, []),
        ("braces in a value", "flow_runs", {"name": {"any_": ["{field}"]}}, ["name is {field}"]),
        ("a search", "logs", {"text": {"query": "a -b"}}, ["text matches a -b"]),
    ],
)
def test_a_filter_is_said_in_words(_case, entity, filter, sentences):
    assert describe(entity, msgspec.convert(filter, ENTITIES[entity].struct)) == sentences


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_condition_has_a_sentence(entity):
    for case, filter in conditions(entity):
        for sentence in describe(entity, msgspec.convert(filter, ENTITIES[entity].struct)):
            assert sentence, case
            assert "{" not in sentence, case
