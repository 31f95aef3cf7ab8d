"""The wire Structs that the declaration makes: exactly the wire's fields and operators, and nothing else accepted."""

import json

import msgspec
import pytest

import automations.filters
import blocks.filters
import deployments.filters
import runs.filters
from controlplane.filters import ENTITIES, FAMILIES, SORTS
from controlplane.filters.entities import Group

ROOMS = [automations.filters, blocks.filters, deployments.filters, runs.filters]

# † = takes `operator`.
WIRE = {
    "FlowFilter†": "id{any_,not_any_} deployment†{is_null_} name{any_,like_} tags†{all_,is_null_}",
    "FlowRunFilter†": "id{any_,not_any_} name{any_,like_} tags†{all_,any_,is_null_} deployment_id†{any_,is_null_} "
    "work_queue_name†{any_,is_null_} state.type{any_,not_any_} state.name{any_,not_any_} flow_version{any_} "
    "start_time{before_,after_,is_null_} end_time{before_,after_,is_null_} expected_start_time{before_,after_} "
    "next_scheduled_start_time{before_,after_} parent_flow_run_id†{any_} parent_task_run_id†{any_,is_null_} "
    "idempotency_key{any_,not_any_} created_by†{id_,type_,is_null_}",
    "TaskRunFilter†": "id{any_} name{any_,like_} tags†{all_,is_null_} state.type{any_} state.name{any_} "
    "start_time{before_,after_,is_null_} end_time{before_,after_,is_null_} expected_start_time{before_,after_} "
    "subflow_runs{exists_} flow_run_id†{any_,is_null_}",
    "DeploymentFilter†": "id{any_,not_any_} name{any_,like_} flow_or_deployment_name{like_} paused{eq_} "
    "tags†{all_,any_,is_null_} work_queue_name{any_} concurrency_limit{ge_,le_,is_null_} is_schedule_active{eq_}",
    "WorkPoolFilter†": "id{any_} name{any_} type{any_}",
    "WorkQueueFilter†": "id{any_} name{any_,startswith_}",
    "WorkerFilter†": "last_heartbeat_time{before_,after_} status{any_,not_any_}",
    "LogFilter†": "level{ge_,le_} timestamp{before_,after_} flow_run_id{any_} task_run_id{any_,is_null_} text{query}",
    "BlockTypeFilter": "name{like_} slug{any_}",
    "BlockSchemaFilter†": "block_type_id{any_} block_capabilities{all_} id{any_} version{any_}",
    "BlockDocumentFilter†": "id{any_} is_anonymous{eq_} block_type_id{any_} name{any_,like_}",
    "ArtifactFilter†": "id{any_} key{any_,like_,exists_} flow_run_id{any_} task_run_id{any_} type{any_,not_any_}",
    "ArtifactCollectionFilter†": "latest_id{any_} key{any_,like_,exists_} flow_run_id{any_} task_run_id{any_} "
    "type{any_,not_any_}",
    "VariableFilter†": "id{any_} name{any_,like_} value{any_,like_} tags†{all_,is_null_}",
    "AutomationFilter†": "id{any_} name{any_} created{before_} tags†{all_,any_,is_null_}",
}

BODIES = {
    "FlowsFilter": "flows flow_runs task_runs deployments work_pools sort limit offset",
    "FlowsCount": "flows flow_runs task_runs deployments work_pools",
    "FlowsPaginate": "flows flow_runs task_runs deployments work_pools sort limit page",
    "DeploymentsBulk": "flows flow_runs task_runs deployments work_pools work_pool_queues limit",
    "FlowsBulk": "flows flow_runs task_runs deployments work_pools limit",
    "FlowRunsFilter": "flows flow_runs task_runs deployments work_pools work_pool_queues sort limit offset",
    "FlowRunsCount": "flows flow_runs task_runs deployments work_pools work_pool_queues",
    "FlowRunsLateness": "flows flow_runs task_runs deployments work_pools work_pool_queues",
    "FlowRunsPaginate": "flows flow_runs task_runs deployments work_pools work_pool_queues sort limit page",
    "FlowRunsHistory": "flows flow_runs task_runs deployments work_pools work_queues "
    "history_start history_end history_interval_seconds",
    "FlowRunsBulk": "flows flow_runs task_runs deployments work_pools work_pool_queues limit",
    "FlowRunsBulkStates": "flows flow_runs task_runs deployments work_pools work_pool_queues limit state force",
    "FlowRunDots": "flows flow_runs task_runs deployments work_pools work_pool_queues sort limit offset",
    "TaskRunsFilter": "flows flow_runs task_runs deployments sort limit offset",
    "TaskRunsCount": "flows flow_runs task_runs deployments",
    "TaskRunsPaginate": "flows flow_runs task_runs deployments sort limit page",
    "TaskRunsHistory": "flows flow_runs task_runs deployments history_start history_end history_interval_seconds",
    "TaskOutcomesFilter": "flows flow_runs task_runs deployments work_queues work_pools",
    "DeploymentsFilter": "flows flow_runs task_runs deployments work_pools work_pool_queues sort limit offset",
    "DeploymentsCount": "flows flow_runs task_runs deployments work_pools work_pool_queues",
    "DeploymentsPaginate": "flows flow_runs task_runs deployments work_pools work_pool_queues sort limit page",
    "LogsFilter": "logs sort limit offset",
    "ArtifactsFilter": "artifacts flow_runs task_runs flows deployments sort limit offset",
    "ArtifactsCount": "artifacts flow_runs task_runs flows deployments",
    "LatestArtifactsFilter": "artifacts flow_runs task_runs flows deployments sort limit offset",
    "LatestArtifactsCount": "artifacts flow_runs task_runs flows deployments",
    "WorkPoolsFilter": "work_pools limit offset",
    "WorkPoolsCount": "work_pools",
    "WorkQueuesFilter": "work_queues limit offset",
    "WorkPoolQueuesFilter": "work_queues limit offset",
    "WorkersFilter": "workers limit offset",
    "BlockTypesFilter": "block_types block_schemas limit offset",
    "BlockSchemasFilter": "block_schemas limit offset",
    "BlockDocumentsFilter": "block_documents block_types block_schemas include_secrets sort limit offset",
    "BlockDocumentsCount": "block_documents block_types block_schemas",
    "VariablesFilter": "variables sort limit offset",
    "VariablesCount": "variables",
    "AutomationsFilter": "automations sort limit offset",
    "AutomationsCount": "automations",
}


def made(name):
    return next(getattr(room, name) for room in ROOMS if hasattr(room, name))


def names(struct):
    return {field.encode_name for field in msgspec.structs.fields(struct)}


def inner(struct, name):
    """The Struct behind a field `name: Struct | None`."""
    field = next(field for field in msgspec.structs.fields(struct) if field.name == name)
    return next(kind for kind in field.type.__args__ if kind is not type(None))


def spelled(struct, label, prefix=""):
    fields = names(struct) - {"operator"}
    return f"{prefix}{label}{'†' if 'operator' in names(struct) else ''}", fields


@pytest.mark.parametrize("entity", ENTITIES.values(), ids=ENTITIES)
def test_an_entity_has_the_wire_s_fields_and_operators(entity):
    found = set()
    for field in entity.fields:
        struct = inner(entity.struct, field.name)
        parts = [(f"{field.name}.{part.name}", inner(struct, part.name)) for part in field.fields] if isinstance(
            field, Group) else [(field.name, struct)]  # fmt: skip
        for label, part in parts:
            marked, operators = spelled(part, label)
            found.add((marked, frozenset(operators)))
    label, _ = spelled(entity.struct, entity.struct.__name__)

    expected = {
        (name, frozenset(operators.rstrip("}").split(",")))
        for name, operators in (word.split("{") for word in WIRE[label].split())
    }
    assert found == expected


def test_every_filter_of_the_wire_is_declared():
    assert {spelled(entity.struct, entity.struct.__name__)[0] for entity in ENTITIES.values()} == set(WIRE)


@pytest.mark.parametrize(("name", "fields"), BODIES.items(), ids=BODIES)
def test_a_route_takes_its_filters_and_parameters(name, fields):
    assert names(made(name)) == set(fields.split())


def test_every_body_is_in_the_table():
    assert {name for family in FAMILIES.values() for name in family.bodies} == set(BODIES)


@pytest.mark.parametrize(
    ("_case", "name", "body", "message"),
    [
        (
            "unknown field",
            "FlowRunsFilter",
            {"flow_runs": {"bogus": 1}},
            "Object contains unknown field `bogus` - at `$.flow_runs`",
        ),
        (
            "operator of another field",
            "FlowRunsFilter",
            {"flow_runs": {"id": {"like_": "x"}}},
            "Object contains unknown field `like_` - at `$.flow_runs.id`",
        ),
        (
            "operator where the wire has none",
            "FlowRunsFilter",
            {"flow_runs": {"id": {"operator": "or_"}}},
            "Object contains unknown field `operator` - at `$.flow_runs.id`",
        ),
        (
            "unknown combination",
            "FlowsFilter",
            {"flows": {"operator": "xor_"}},
            "Invalid enum value 'xor_' - at `$.flows.operator`",
        ),
        (
            "unknown state type",
            "FlowRunsCount",
            {"flow_runs": {"state": {"type": {"any_": ["LATE"]}}}},
            "Invalid enum value 'LATE' - at `$.flow_runs.state.type.any_[0]`",
        ),
        ("not a uuid", "FlowsFilter", {"flows": {"id": {"any_": ["x"]}}}, "Invalid UUID - at `$.flows.id.any_[0]`"),
        ("unknown sort", "FlowRunsFilter", {"sort": "AGE_ASC"}, "Invalid enum value 'AGE_ASC' - at `$.sort`"),
        ("negative offset", "LogsFilter", {"offset": -1}, "Expected `int` >= 0 - at `$.offset`"),
        ("page zero", "FlowsPaginate", {"page": 0}, "Expected `int` >= 1 - at `$.page`"),
        (
            "a level beyond an integer",
            "LogsFilter",
            {"logs": {"level": {"ge_": 2**31}}},
            "Expected `int` <= 2147483647 - at `$.logs.level.ge_`",
        ),
        (
            "a search without its query",
            "LogsFilter",
            {"logs": {"text": {}}},
            "Object missing required field `query` - at `$.logs.text`",
        ),
        (
            "a search that is too long",
            "LogsFilter",
            {"logs": {"text": {"query": "x" * 201}}},
            "Expected `str` of length <= 200 - at `$.logs.text.query`",
        ),
    ],
)
def test_what_the_wire_does_not_know_is_refused(_case, name, body, message):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(json.dumps(body), type=made(name))

    assert str(refused.value) == message


def test_a_body_ignores_unknown_parameters_and_takes_null_for_left_out():
    body = msgspec.json.decode(
        b'{"nonsense": 1, "flows": null, "sort": null, "limit": null, "offset": null}', type=made("FlowsFilter")
    )

    assert (body.flows, body.sort, body.limit, body.offset) == (None, None, None, None)


@pytest.mark.parametrize(
    ("root", "sort", "words"),
    [
        (
            "flow_runs",
            "ID_DESC",
            "ID_DESC START_TIME_ASC START_TIME_DESC EXPECTED_START_TIME_ASC EXPECTED_START_TIME_DESC "
            "NAME_ASC NAME_DESC NEXT_SCHEDULED_START_TIME_ASC END_TIME_DESC",
        ),
        (
            "task_runs",
            "ID_DESC",
            "ID_DESC EXPECTED_START_TIME_ASC EXPECTED_START_TIME_DESC NAME_ASC NAME_DESC "
            "NEXT_SCHEDULED_START_TIME_ASC END_TIME_DESC",
        ),
        ("flows", "NAME_ASC", "NAME_ASC NAME_DESC CREATED_DESC UPDATED_DESC"),
        ("deployments", "NAME_ASC", "NAME_ASC NAME_DESC CREATED_DESC UPDATED_DESC"),
        ("logs", "TIMESTAMP_ASC", "TIMESTAMP_ASC TIMESTAMP_DESC"),
        ("artifacts", "ID_DESC", "ID_DESC CREATED_DESC UPDATED_DESC KEY_DESC KEY_ASC"),
        ("artifact_collections", "ID_DESC", "ID_DESC CREATED_DESC UPDATED_DESC KEY_DESC KEY_ASC"),
        ("variables", "NAME_ASC", "NAME_ASC NAME_DESC CREATED_DESC UPDATED_DESC"),
        ("block_documents", "NAME_ASC", "NAME_ASC NAME_DESC BLOCK_TYPE_AND_NAME_ASC"),
        ("automations", "NAME_ASC", "NAME_ASC NAME_DESC CREATED_DESC UPDATED_DESC"),
    ],
)
def test_a_root_has_the_wire_s_sorts_and_its_default_first(root, sort, words):
    family = FAMILIES[root]
    body = made(next(name for name, base in family.bodies.items() if base.sortable))

    assert [word.value for word in family.sort] == words.split()
    assert list(SORTS[root]) == words.split()
    assert body().sort.value == sort
