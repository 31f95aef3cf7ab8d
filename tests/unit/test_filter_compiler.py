"""From a filter to its condition: exact texts, edges and nulls."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from controlplane.filters import FAMILIES
from tests.filter_samples import UUID_1, UUID_2, compiled

ONE, TWO = UUID(UUID_1), UUID(UUID_2)
TAGGED = (
    "SELECT 1 FROM flow_run_tag AS tagged"
    " WHERE tagged.workspace_id = flow_run.workspace_id AND tagged.flow_run_id = flow_run.id"
)


def own(root, filter):
    """The condition that a root's own filter adds to the workspace's, and its parameters."""
    family = FAMILIES[root]
    sql = compiled(root, {family.key: filter})
    opening = f"{family.entity.table}.workspace_id = %(workspace)s::uuid"
    assert sql.text.startswith(opening)
    return sql.text.removeprefix(opening).removeprefix(" AND "), dict(sql.params)


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("nothing asked", {}),
        ("an empty filter", {"flow_runs": {}}),
        ("an empty or_", {"flow_runs": {"operator": "or_"}}),
        ("an empty field", {"flow_runs": {"name": {}}}),
        ("null fields", {"flow_runs": {"name": None, "id": {"any_": None}}}),
        ("an empty group", {"flow_runs": {"state": {"type": {}, "name": None}}}),
        ("exclude nothing", {"flow_runs": {"id": {"not_any_": []}}}),
        ("all of no tags", {"flow_runs": {"tags": {"all_": []}}}),
        ("like nothing", {"flow_runs": {"name": {"like_": ""}}}),
    ],
)
def test_without_conditions_only_the_workspace_remains(_case, body):
    sql = compiled("flow_runs", body)

    assert (sql.text, dict(sql.params)) == ("flow_run.workspace_id = %(workspace)s::uuid", {})


@pytest.mark.parametrize(
    ("_case", "root", "filter", "text", "params"),
    [
        (
            "any",
            "flow_runs",
            {"id": {"any_": [UUID_1, UUID_2]}},
            "flow_run.id = ANY(%(f0)s::uuid[])",
            {"f0": [ONE, TWO]},
        ),
        (
            "any of nothing matches nothing",
            "flow_runs",
            {"id": {"any_": []}},
            "flow_run.id = ANY(%(f0)s::uuid[])",
            {"f0": []},
        ),
        (
            "not any",
            "flow_runs",
            {"idempotency_key": {"not_any_": ["k"]}},
            "flow_run.idempotency_key <> ALL(%(f0)s::text[])",
            {"f0": ["k"]},
        ),
        (
            "like keeps the caller's wildcards",
            "flow_runs",
            {"name": {"like_": "a_%"}},
            "flow_run.name ILIKE %(f0)s::text",
            {"f0": "%a_%%"},
        ),
        (
            "two operators of one field",
            "flow_runs",
            {"name": {"any_": ["a"], "like_": "b"}},
            "(flow_run.name = ANY(%(f0)s::text[]) AND flow_run.name ILIKE %(f1)s::text)",
            {"f0": ["a"], "f1": "%b%"},
        ),
        (
            "two fields",
            "flow_runs",
            {"name": {"any_": ["a"]}, "flow_version": {"any_": ["1"]}},
            "(flow_run.name = ANY(%(f0)s::text[]) AND flow_run.flow_version = ANY(%(f1)s::text[]))",
            {"f0": ["a"], "f1": ["1"]},
        ),
        (
            "two fields with or_",
            "flow_runs",
            {"operator": "or_", "name": {"any_": ["a"]}, "flow_version": {"any_": ["1"]}},
            "(flow_run.name = ANY(%(f0)s::text[]) OR flow_run.flow_version = ANY(%(f1)s::text[]))",
            {"f0": ["a"], "f1": ["1"]},
        ),
        (
            "an empty field is true under or_",
            "flow_runs",
            {"operator": "or_", "name": {"any_": ["a"]}, "id": {}},
            "(true OR flow_run.name = ANY(%(f0)s::text[]))",
            {"f0": ["a"]},
        ),
        (
            "an empty part of a group is left out under or_",
            "flow_runs",
            {"state": {"operator": "or_", "type": {}, "name": {"any_": ["Late"]}}},
            "flow_run.state_name = ANY(%(f0)s::text[])",
            {"f0": ["Late"]},
        ),
        (
            "state type, both ways at once",
            "flow_runs",
            {"state": {"type": {"any_": ["FAILED", "CRASHED"], "not_any_": ["CRASHED"]}}},
            "(flow_run.state_type = ANY(%(f0)s::text[]) AND flow_run.state_type <> ALL(%(f1)s::text[]))",
            {"f0": ["FAILED", "CRASHED"], "f1": ["CRASHED"]},
        ),
        (
            "state type or name",
            "task_runs",
            {"state": {"operator": "or_", "type": {"any_": ["FAILED"]}, "name": {"any_": ["Odd"]}}},
            "(task_run.state_type = ANY(%(f0)s::text[]) OR task_run.state_name = ANY(%(f1)s::text[]))",
            {"f0": ["FAILED"], "f1": ["Odd"]},
        ),
        (
            "reference or null",
            "flow_runs",
            {"deployment_id": {"operator": "or_", "any_": [UUID_1], "is_null_": True}},
            "(flow_run.deployment_id = ANY(%(f0)s::uuid[]) OR flow_run.deployment_id IS NULL)",
            {"f0": [ONE]},
        ),
        ("not null", "flow_runs", {"work_queue_name": {"is_null_": False}}, "flow_run.work_queue_name IS NOT NULL", {}),
        (
            "a run starts when it is expected to until it has",
            "flow_runs",
            {"start_time": {"before_": "2024-01-02T03:04:05Z"}},
            "coalesce(flow_run.start_time, flow_run.expected_start_time) <= %(f0)s::timestamptz",
            {"f0": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)},
        ),
        ("but has not started", "flow_runs", {"start_time": {"is_null_": True}}, "flow_run.start_time IS NULL", {}),
        (
            "a naive time is UTC",
            "task_runs",
            {"start_time": {"after_": "2024-01-02T03:04:05"}},
            "task_run.start_time >= %(f0)s::timestamptz",
            {"f0": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)},
        ),
        (
            "a tag of",
            "flow_runs",
            {"tags": {"any_": ["a", "b"]}},
            f"EXISTS ({TAGGED} AND tagged.tag = ANY(%(f0)s::text[]))",
            {"f0": ["a", "b"]},
        ),
        (
            "all tags",
            "flow_runs",
            {"tags": {"all_": ["a", "b"]}},
            f"EXISTS ({TAGGED} AND tagged.tag = (%(f0)s::text[])[1]) AND NOT EXISTS (SELECT 1"
            f" FROM unnest((%(f0)s::text[])[2:]) AS wanted (tag)"
            f" WHERE NOT EXISTS ({TAGGED} AND tagged.tag = wanted.tag))",
            {"f0": ["a", "b"]},
        ),
        ("no tags", "flow_runs", {"tags": {"is_null_": True}}, f"NOT EXISTS ({TAGGED})", {}),
        ("some tags", "flow_runs", {"tags": {"is_null_": False}}, f"EXISTS ({TAGGED})", {}),
        (
            "subflow runs of",
            "flow_runs",
            {"parent_flow_run_id": {"any_": [UUID_1]}},
            "EXISTS (SELECT 1 FROM task_run AS parent WHERE parent.workspace_id = flow_run.workspace_id"
            " AND parent.id = flow_run.parent_task_run_id AND parent.flow_run_id = ANY(%(f0)s::uuid[]))",
            {"f0": [ONE]},
        ),
        (
            "created by",
            "flow_runs",
            {"created_by": {"id_": [UUID_1], "type_": ["DEPLOYMENT"]}},
            "(flow_run.created_by ->> 'id' = ANY(%(f0)s::uuid[]::text[])"
            " AND flow_run.created_by ->> 'type' = ANY(%(f1)s::text[]))",
            {"f0": [ONE], "f1": ["DEPLOYMENT"]},
        ),
        (
            "flows without deployments",
            "flows",
            {"deployment": {"is_null_": True}},
            "NOT EXISTS (SELECT 1 FROM deployment AS own WHERE own.workspace_id = flow.workspace_id"
            " AND own.flow_id = flow.id)",
            {},
        ),
        (
            "runs a subflow",
            "task_runs",
            {"subflow_runs": {"exists_": True}},
            "EXISTS (SELECT 1 FROM flow_run AS child WHERE child.workspace_id = task_run.workspace_id"
            " AND child.parent_task_run_id = task_run.id)",
            {},
        ),
        (
            "task runs of some flow run, by default",
            "task_runs",
            {"flow_run_id": {}},
            "task_run.flow_run_id IS NOT NULL",
            {},
        ),
        ("any task runs", "task_runs", {"flow_run_id": {"is_null_": None}}, "", {}),
        ("background tasks", "task_runs", {"flow_run_id": {"is_null_": True}}, "task_run.flow_run_id IS NULL", {}),
        (
            "the default gives way, even under or_",
            "task_runs",
            {"flow_run_id": {"operator": "or_", "any_": [UUID_1]}},
            "task_run.flow_run_id = ANY(%(f0)s::uuid[])",
            {"f0": [ONE]},
        ),
        (
            "background tasks win",
            "task_runs",
            {"flow_run_id": {"any_": [UUID_1], "is_null_": True}},
            "task_run.flow_run_id IS NULL",
            {},
        ),
        ("paused", "deployments", {"paused": {"eq_": True}}, "deployment.paused", {}),
        (
            "an active schedule is not paused",
            "deployments",
            {"is_schedule_active": {"eq_": True}},
            "NOT deployment.paused",
            {},
        ),
        (
            "a limit counts for nothing, even under or_",
            "deployments",
            {"operator": "or_", "concurrency_limit": {"ge_": 1}, "name": {"any_": ["a"]}},
            "deployment.name = ANY(%(f0)s::text[])",
            {"f0": ["a"]},
        ),
        (
            "either name",
            "deployments",
            {"flow_or_deployment_name": {"like_": "x"}},
            "(deployment.name ILIKE %(f0)s::text OR EXISTS (SELECT 1 FROM flow AS named"
            " WHERE named.workspace_id = deployment.workspace_id"
            " AND named.id = deployment.flow_id AND named.name ILIKE %(f0)s::text))",
            {"f0": "%x%"},
        ),
        (
            "prefixes",
            "work_queues",
            {"name": {"startswith_": ["a", "b"]}},
            "work_queue.name ILIKE ANY(%(f0)s::text[])",
            {"f0": ["a%", "b%"]},
        ),
        ("no prefixes", "work_queues", {"name": {"startswith_": []}}, "", {}),
        (
            "level",
            "logs",
            {"level": {"ge_": 20, "le_": 30}},
            "(log.level >= %(f0)s::integer AND log.level <= %(f1)s::integer)",
            {"f0": 20, "f1": 30},
        ),
        (
            "search",
            "logs",
            {"text": {"query": "a 5% -b +c"}},
            "((log.message || ' ' || log.name) ILIKE ANY(%(f0)s::text[])"
            " AND (log.message || ' ' || log.name) NOT ILIKE ALL(%(f1)s::text[])"
            " AND (log.message || ' ' || log.name) ILIKE ALL(%(f2)s::text[]))",
            {"f0": ["%a%", "%5\\%%"], "f1": ["%b%"], "f2": ["%c%"]},
        ),
        (
            "an empty search is left out under or_",
            "logs",
            {"operator": "or_", "text": {"query": ""}, "level": {"ge_": 20}},
            "log.level >= %(f0)s::integer",
            {"f0": 20},
        ),
        ("has a key", "artifacts", {"key": {"exists_": True}}, "artifact.key IS NOT NULL", {}),
        (
            "capable of",
            "block_schemas",
            {"block_capabilities": {"all_": ["c"]}},
            "block_schema.capabilities @> %(f0)s::text[]",
            {"f0": ["c"]},
        ),
        ("named documents, by default", "block_documents", None, "NOT block_document.is_anonymous", {}),
        ("named documents, by default of the filter", "block_documents", {}, "NOT block_document.is_anonymous", {}),
        ("all documents", "block_documents", {"is_anonymous": None}, "", {}),
        ("anonymous documents", "block_documents", {"is_anonymous": {"eq_": True}}, "block_document.is_anonymous", {}),
        (
            "a string variable",
            "variables",
            {"value": {"any_": ["x"]}},
            "variable.value #>> '{}' = ANY(%(f0)s::text[])",
            {"f0": ["x"]},
        ),
    ],
)
def test_a_filter_becomes_one_condition(_case, root, filter, text, params):
    assert own(root, filter) == (text, params)
