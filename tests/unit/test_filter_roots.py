"""From a body to the WHERE and ORDER BY of its root: joins between entities, and every operator of every entity."""

import re

import msgspec
import pytest

import blocks.filters
import deployments.filters
import runs.filters
from controlplane.filters import FAMILIES, SORTS, compile_filter, order_by
from tests.filter_samples import UUID_1, bodies, compiled


@pytest.mark.parametrize(
    ("_case", "root", "body", "text"),
    [
        (
            "a run's flow",
            "flow_runs",
            {"flows": {"name": {"any_": ["a"]}}},
            "flow_run.workspace_id = %(workspace)s::uuid AND EXISTS (SELECT 1 FROM flow"
            " WHERE flow.workspace_id = flow_run.workspace_id"
            " AND flow.id = flow_run.flow_id AND flow.name = ANY(%(f0)s::text[]))",
        ),
        (
            "an empty foreign filter asks that the row is there",
            "flow_runs",
            {"deployments": {}},
            "flow_run.workspace_id = %(workspace)s::uuid AND EXISTS (SELECT 1 FROM deployment"
            " WHERE deployment.workspace_id = flow_run.workspace_id AND deployment.id = flow_run.deployment_id)",
        ),
        (
            "a run's pool is its queue's",
            "flow_runs",
            {"work_pools": {"name": {"any_": ["p"]}}},
            "flow_run.workspace_id = %(workspace)s::uuid AND EXISTS (SELECT 1 FROM work_queue"
            " WHERE work_queue.workspace_id = flow_run.workspace_id AND work_queue.id = flow_run.work_queue_id"
            " AND EXISTS (SELECT 1 FROM work_pool WHERE work_pool.workspace_id = work_queue.workspace_id"
            " AND work_pool.id = work_queue.work_pool_id AND work_pool.name = ANY(%(f0)s::text[])))",
        ),
        (
            "the task run belongs to the very flow run",
            "flows",
            {"flow_runs": {"name": {"any_": ["a"]}}, "task_runs": {"name": {"any_": ["b"]}}},
            "flow.workspace_id = %(workspace)s::uuid AND EXISTS (SELECT 1 FROM flow_run"
            " WHERE flow_run.workspace_id = flow.workspace_id"
            " AND flow_run.flow_id = flow.id AND flow_run.name = ANY(%(f0)s::text[]) AND EXISTS (SELECT 1 FROM task_run"
            " WHERE task_run.workspace_id = flow_run.workspace_id AND task_run.flow_run_id = flow_run.id"
            " AND task_run.name = ANY(%(f1)s::text[])))",
        ),
        (
            "own filter and a foreign one",
            "task_runs",
            {"task_runs": {"name": {"any_": ["a"]}}, "flow_runs": {"id": {"any_": [UUID_1]}}},
            "task_run.workspace_id = %(workspace)s::uuid AND task_run.name = ANY(%(f0)s::text[]) AND EXISTS (SELECT 1"
            " FROM flow_run"
            " WHERE flow_run.workspace_id = task_run.workspace_id AND flow_run.id = task_run.flow_run_id"
            " AND flow_run.id = ANY(%(f1)s::uuid[]))",
        ),
    ],
)
def test_a_foreign_filter_is_one_exists_of_the_same_workspace(_case, root, body, text):
    assert compiled(root, body).text == text


def test_the_history_calls_its_queue_filter_by_another_name():
    body = msgspec.json.decode(
        b'{"history_start": "2024-01-01T00:00:00Z", "history_end": "2024-01-02T00:00:00Z",'
        b' "history_interval_seconds": 60, "work_queues": {"name": {"any_": ["q"]}}}',
        type=runs.filters.FlowRunsHistory,
    )

    assert dict(compile_filter("flow_runs", body).params) == {"f0": ["q"]}


def test_one_shape_is_one_text():
    few, many = (
        compiled("flow_runs", {"flow_runs": {"tags": {"all_": ["a"] * n}, "name": {"any_": ["x"] * n}}})
        for n in (1, 50)
    )

    assert few.text == many.text


@pytest.mark.parametrize("root", FAMILIES)
def test_every_operator_of_every_entity_compiles(root):
    for case, _root, body in (each for each in bodies() if each[1] == root):
        sql = compiled(root, body)

        assert set(re.findall(r"%\((\w+)\)s::", sql.text)) == {"workspace", *sql.params}, case
        assert sql.text.replace("%(", "").count("(") == sql.text.replace(")s::", "").count(")"), case
        assert "{" not in sql.text.replace("'{}'", ""), case
        # Every table that is read names its workspace.
        tables = len(re.findall(r"\bFROM (?!unnest)", sql.text)) + 1
        assert len(re.findall(r"\w\.workspace_id = ", sql.text)) == tables, case


@pytest.mark.parametrize(
    ("_case", "root", "sort", "text"),
    [
        ("the default", "flow_runs", None, "flow_run.id DESC"),
        (
            "on the expected time while not started",
            "flow_runs",
            "START_TIME_ASC",
            "coalesce(flow_run.start_time, flow_run.expected_start_time) ASC, flow_run.id ASC",
        ),
        ("unfinished runs first", "flow_runs", "END_TIME_DESC", "flow_run.end_time DESC, flow_run.id DESC"),
        ("a fixed order", "work_pool_queues", None, "work_queue.priority ASC, work_queue.id ASC"),
    ],
)
def test_an_order_ends_with_the_id(_case, root, sort, text):
    word = None if sort is None else FAMILIES[root].sort(sort)

    assert order_by(root, word) == text
    assert all(re.search(r"\.id (ASC|DESC)$", order) for order in SORTS[root].values())


def test_a_body_is_made_once():
    assert deployments.filters.DeploymentsFilter is deployments.filters.DeploymentsFilter
    assert not hasattr(blocks.filters, "NoSuchBody")
