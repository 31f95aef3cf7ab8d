"""ECS push pools, seen from the door and from AWS: moto's server stands for ECS, everything else is real."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.api.deploying import make_deployment, run
from tests.conftest import free_port
from tests.contract.client import eventually
from tests.fakes.aws import client_of, environment_of, push_pool, start_aws, tasks_of
from tests.world import Tenant, make_tenant


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with start_aws() as url:
        yield url


@pytest.fixture(scope="module")
def ecs(aws: str) -> Any:
    client = client_of(aws, "ecs")
    client.create_cluster(clusterName="runs")
    return client


@pytest.fixture
def pusher(server) -> Tenant:
    return make_tenant(server.url)


def until(look: Callable[[], Any], what: str) -> Any:
    """The sweep comes round every few seconds."""
    return eventually(look, seconds=60, what=what)


def deployed(tenant: Tenant, pool: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return make_deployment(tenant, work_pool_name=pool["name"], **fields)


def started_task(tenant: Tenant, flow_run: dict[str, Any], cluster: str = "runs") -> Any:
    until(lambda: read(tenant, flow_run)["infrastructure_pid"], "a process id")
    (task,) = tasks_of(cluster, flow_run["id"])
    return task


def read(tenant: Tenant, flow_run: dict[str, Any]) -> dict[str, Any]:
    return tenant.ok("GET", f"/flow_runs/{flow_run['id']}")


def state_of(tenant: Tenant, flow_run: dict[str, Any]) -> tuple[str, str]:
    state = read(tenant, flow_run)["state"]
    return state["type"], state["message"]


def ended(tenant: Tenant, flow_run: dict[str, Any], type: str) -> str:
    until(lambda: state_of(tenant, flow_run)[0] == type, type)
    return state_of(tenant, flow_run)[1]


def lines_of(tenant: Tenant, flow_run: dict[str, Any]) -> list[str]:
    body = {"logs": {"flow_run_id": {"any_": [flow_run["id"]]}}, "sort": "TIMESTAMP_ASC"}
    return [line["message"] for line in tenant.ok("POST", "/logs/filter", body)]


def test_a_due_run_becomes_one_task_of_the_customers_cluster(pusher: Tenant, aws: str, ecs: Any) -> None:
    pool = push_pool(pusher, aws, cluster="runs", cpu=512, memory=1024, env={"STAGE": "prod"}, labels={"team": "data"})
    deployment = deployed(pusher, pool, job_variables={"image": "acme/flows:7"})
    flow_run = run(pusher, deployment, job_variables={"env": {"STAGE": "test"}})

    task = started_task(pusher, flow_run)
    assert state_of(pusher, flow_run)[0] == "PENDING"
    assert read(pusher, flow_run)["infrastructure_pid"] == f"{task.cluster_arn}::{task.task_arn}"
    assert lines_of(pusher, flow_run) == [f"Submitted to ECS as task {task.task_arn}."]

    definition = ecs.describe_task_definition(taskDefinition=task.task_definition_arn)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    assert (container["image"], container["name"]) == ("acme/flows:7", "prefect")
    assert (definition["cpu"], definition["memory"], definition["networkMode"]) == ("512", "1024", "awsvpc")

    environment = environment_of(task)
    key = environment.pop("PREFECT_API_KEY")
    assert environment == {
        "STAGE": "test", "PREFECT_API_URL": pusher.api_url, "PREFECT_CLOUD_API_URL": f"{pusher.url}/api",
        "PREFECT__FLOW_RUN_ID": flow_run["id"],
    }  # fmt: skip
    assert task.overrides["containerOverrides"][0]["command"] == ["prefect", "flow-run", "execute"]
    assert {"key": "team", "value": "data"} in task.tags

    # The task's key works, in this workspace, with a worker's permissions and no more.
    container = Tenant(pusher.url, pusher.user, pusher.account, pusher.workspace, key)
    assert container.ok("GET", f"/flow_runs/{flow_run['id']}")["id"] == flow_run["id"]
    assert container.call("DELETE", f"/deployments/{deployment['id']}").status_code == 403


def test_two_runs_share_the_definition_and_the_key_of_their_pool(pusher: Tenant, aws: str, ecs: Any) -> None:
    deployment = deployed(pusher, push_pool(pusher, aws, cluster="runs"))
    tasks = [started_task(pusher, flow_run) for flow_run in [run(pusher, deployment), run(pusher, deployment)]]
    assert len({task.task_definition_arn for task in tasks}) == 1
    assert len({environment_of(task)["PREFECT_API_KEY"] for task in tasks}) == 1


@pytest.mark.parametrize(
    ("_case", "containers", "reason", "message"),
    [
        (
            "out of memory", [{"name": "prefect", "exitCode": 137, "reason": "OutOfMemoryError"}],
            "Essential container exited",
            "The ECS task ended with exit code 137 (killed, most often for lack of memory): "
            "OutOfMemoryError; Essential container exited",
        ),
        (
            "no image", [{"name": "prefect"}], "CannotPullContainerError",
            "The ECS task stopped without an exit code: CannotPullContainerError",
        ),
        ("a word too few", [{"name": "prefect", "exitCode": 0}], "", "The ECS task ended with exit code 0"),
    ],
)  # fmt: skip
def test_a_task_that_ends_before_its_run_has_crashed(
    _case: str, containers: list[dict[str, Any]], reason: str, message: str, pusher: Tenant, aws: str, ecs: Any
) -> None:
    flow_run = run(pusher, deployed(pusher, push_pool(pusher, aws, cluster="runs")))
    task = started_task(pusher, flow_run)
    stop(task, containers, reason)
    assert ended(pusher, flow_run, "CRASHED") == message
    assert lines_of(pusher, flow_run)[-1] == message


def test_a_run_that_ended_itself_stays_as_it_is(pusher: Tenant, aws: str, ecs: Any) -> None:
    flow_run = run(pusher, deployed(pusher, push_pool(pusher, aws, cluster="runs")))
    task = started_task(pusher, flow_run)
    for type in ("RUNNING", "COMPLETED"):
        pusher.ok("POST", f"/flow_runs/{flow_run['id']}/set_state", {"state": {"type": type}})
    stop(task, [{"name": "prefect", "exitCode": 1}], "")
    until(lambda: len(lines_of(pusher, flow_run)) == 2, "the last look")
    assert lines_of(pusher, flow_run)[1] == "The ECS task ended with exit code 1"
    assert state_of(pusher, flow_run)[0] == "COMPLETED"


def test_a_cancelled_run_has_its_task_stopped(pusher: Tenant, aws: str, ecs: Any) -> None:
    flow_run = run(pusher, deployed(pusher, push_pool(pusher, aws, cluster="runs")))
    task = started_task(pusher, flow_run)
    pusher.ok("POST", f"/flow_runs/{flow_run['id']}/set_state", {"state": {"type": "RUNNING"}})
    pusher.ok("POST", f"/flow_runs/{flow_run['id']}/set_state", {"state": {"type": "CANCELLING"}})
    ended(pusher, flow_run, "CANCELLED")
    (seen,) = ecs.describe_tasks(cluster="runs", tasks=[task.task_arn])["tasks"]
    assert (seen["lastStatus"], seen["stoppedReason"]) == ("STOPPED", "The flow run is cancelled.")


@pytest.mark.parametrize(
    ("_case", "variables", "message"),
    [
        ("no such cluster", {"cluster": "elsewhere"}, "The run could not be submitted. AWS answered ClusterNotFound"),
        ("no credentials", {"credentials": None}, "Choose an AWS credentials block for the pool"),
        ("a plain secret", {"credentials": {"aws_access_key_id": "x"}}, "Choose an AWS credentials block"),
        ("a block that is gone", {"credentials": "{{ prefect.blocks.aws.gone }}"}, "There is no prefect.blocks.aws"),
        ("logs without a role", {"configure_cloudwatch_logs": True}, "An execution role is needed to write CloudWatch"),
    ],
)  # fmt: skip
def test_a_job_that_cannot_run_crashes_with_the_reason(
    _case: str, variables: dict[str, Any], message: str, pusher: Tenant, aws: str, ecs: Any
) -> None:
    pool = push_pool(pusher, aws, **{"cluster": "runs", **variables})
    flow_run = run(pusher, deployed(pusher, pool))
    assert ended(pusher, flow_run, "CRASHED").startswith(message)
    assert tasks_of("runs", flow_run["id"]) == []


@pytest.mark.parametrize(
    ("_case", "given", "message"),
    [
        ("quotes", {"command": 'prefect "x'}, "The command cannot be taken apart into words: No closing quotation."),
        ("memory", {"task_definition": {"memory": "much"}}, "The memory of a task is a number of MiB"),
        ("containers", {"task_definition": {"containerDefinitions": ["x"]}}, "`containerDefinitions` has to be a list"),
        ("overrides", {"task_run_request": {"overrides": "x"}}, "`overrides` has to be an object"),
    ],
)
def test_a_template_of_another_shape_crashes_with_the_reason(
    _case: str, given: dict[str, Any], message: str, pusher: Tenant, aws: str, ecs: Any
) -> None:
    pool = push_pool(pusher, aws, cluster="runs")
    template = pool["base_job_template"]
    template["job_configuration"] |= given
    pusher.ok("PATCH", f"/work_pools/{pool['name']}", {"base_job_template": template})
    assert message in ended(pusher, run(pusher, deployed(pusher, pool)), "CRASHED")


@pytest.mark.parametrize(("_case", "entered"), [("waits to start", []), ("runs", ["RUNNING"])])
def test_a_run_outlives_the_block_that_its_task_was_started_with(
    _case: str, entered: list[str], pusher: Tenant, aws: str, ecs: Any
) -> None:
    pool = push_pool(pusher, aws, cluster="runs")
    flow_run = run(pusher, deployed(pusher, pool))
    task = started_task(pusher, flow_run)
    for type in entered:
        pusher.ok("POST", f"/flow_runs/{flow_run['id']}/set_state", {"state": {"type": type}})
    (block,) = pusher.ok("POST", "/block_documents/filter", {})
    pusher.ok("DELETE", f"/block_documents/{block['id']}")
    until(lambda: "The task cannot be looked at." in lines_of(pusher, flow_run)[-1], "a look without the block")
    assert state_of(pusher, flow_run)[0] == (entered or ["PENDING"])[-1]
    assert task.last_status != "STOPPED"


def test_while_aws_is_away_the_run_waits(pusher: Tenant, ecs: Any) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    flow_run = run(pusher, deployed(pusher, push_pool(pusher, nowhere, cluster="runs")))
    (line,) = until(lambda: lines_of(pusher, flow_run), "a try")
    assert line.startswith("Submitting is tried again in 5 s. AWS was not reached: ")
    assert state_of(pusher, flow_run)[0] == "PENDING"


def test_a_push_pool_is_ready_without_a_worker(pusher: Tenant, aws: str, ecs: Any) -> None:
    pool = push_pool(pusher, aws)
    assert pool["status"] == "READY"
    path = f"/work_pools/{pool['name']}"
    pusher.ok("PATCH", path, {"is_paused": True})
    assert pusher.ok("GET", path)["status"] == "PAUSED"
    pusher.ok("PATCH", path, {"is_paused": False})
    assert pusher.ok("GET", path)["status"] == "READY"


@pytest.mark.parametrize(
    ("_case", "type", "kind"),
    [
        ("cloud run", "cloud-run:push", "push"),
        ("modal", "modal:push", "push"),
        ("managed", "prefect:managed", "managed"),
    ],
)
def test_other_push_pools_are_refused(_case: str, type: str, kind: str, pusher: Tenant) -> None:
    answer = pusher.call("POST", "/work_pools/", {"name": "elsewhere", "type": type})
    assert answer.status_code == 403
    assert answer.json() == {
        "detail": f"Work pools of type '{type}' are not supported: Signalbox submits runs itself to Amazon ECS only "
        f"('ecs:push'). In place of a {kind} pool, use a pool with a worker of your own."
    }
    assert pusher.ok("POST", "/work_pools/filter", {}) == []


def stop(task: Any, containers: list[dict[str, Any]], reason: str) -> None:
    """As ECS tells of a task that ended by itself; moto runs no containers."""
    task.containers = containers
    task.stopped_reason = reason
    task.desired_status = task.status = task.last_status = "STOPPED"
