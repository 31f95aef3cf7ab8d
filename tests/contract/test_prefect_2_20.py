"""An unmodified Prefect 2.20 works through Signalbox: flows, a worker, an agent, and what only 2.x has."""

import re
from dataclasses import replace

import pytest

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Outbox
from tests.contract.client import Client, eventually
from tests.contract.older_client import Client2, make_older_client
from tests.fakes.slack import fake_slack

RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
TASKS = {"extract": ("COMPLETED", 1), "flaky": ("COMPLETED", 2), "report": ("COMPLETED", 1)}


@pytest.fixture(scope="module")
def client(server, tmp_path_factory) -> Client2:
    return make_older_client(server.url, tmp_path_factory.mktemp("prefect-2"))


def finished(client: Client, run_id: str) -> dict:
    def look():
        run = client.tenant.ok("GET", f"/flow_runs/{run_id}")
        return run if run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

    return eventually(look, seconds=60, what=f"the end of run {run_id}")


def start(client: Client, deployment: dict, **parameters: object) -> str:
    """A run of a deployment, without the seconds that the CLI takes; its id."""
    body = {"parameters": parameters}
    return client.tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", body)["id"]


def tasks_of(client: Client, run: dict) -> dict[str, tuple[str, int]]:
    found = client.tenant.ok("POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    return {task["task_key"].split("-")[0]: (task["state_type"], task["run_count"]) for task in found}


def states_of(client: Client, run: dict) -> list[str]:
    return [state["name"] for state in client.tenant.ok("GET", f"/flow_run_states/?flow_run_id={run['id']}")]


def says(client: Client, run: dict, *wanted: str) -> bool:
    """Whether the run's log has these lines; a client sends the last ones after the run's last state."""

    def look():
        lines = client.tenant.ok("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}})
        return set(wanted) <= {line["message"] for line in lines}

    return eventually(look, seconds=60, what=f"the log lines {wanted}")


# --- alone -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def local(client: Client) -> dict:
    """A flow that is simply run: no deployment, no worker."""
    printed = replace(client, whole=True).run("python", "flows.py")
    assert "total 6" in printed.splitlines()
    (run,) = client.tenant.ok("POST", "/flow_runs/filter", {"flows": {"name": {"any_": ["main"]}}})
    return run


def test_the_client_takes_us_for_prefect_cloud(client):
    version = replace(client, whole=True).run("prefect", "version")
    assert re.search(r"Version:\s+2\.20\.", version), version
    assert re.search(r"Server type:\s+cloud", version), version


def test_login_with_a_key_and_a_workspace_by_name(client, tmp_path):
    tenant = client.tenant
    handle = f"{tenant.account.handle}/{tenant.workspace.handle}"
    fresh = replace(client, home=tmp_path)
    printed = fresh.run("prefect", "cloud", "login", "--key", tenant.key, "--workspace", handle)
    assert f"Authenticated with Prefect Cloud! Using workspace '{handle}'." in " ".join(printed.split())


def test_a_local_run_completes_with_its_retry_and_its_subflow(client, local):
    assert (local["state_type"], local["state_name"], local["parameters"]) == (
        "COMPLETED",
        "Completed",
        {"n": 4, "seconds": 0},
    )
    assert states_of(client, local) == ["Pending", "Running", "Completed"]
    assert tasks_of(client, local) == TASKS
    parent = {"flow_runs": {"parent_flow_run_id": {"any_": [local["id"]]}}}
    (child,) = client.tenant.ok("POST", "/flow_runs/filter", parent)
    assert (child["state_type"], child["parameters"]) == ("COMPLETED", {"total": 6})


def test_its_tasks_are_written_by_calls_and_its_look_alike_events_change_nothing(client, local):
    """2.20 tells the same in events; only those of 3.x make task runs."""
    body = {"flow_runs": {"id": {"any_": [local["id"]]}}}
    flaky = next(t for t in client.tenant.ok("POST", "/task_runs/filter", body) if t["task_key"].startswith("flaky"))
    states = client.tenant.ok("GET", f"/task_run_states/?task_run_id={flaky['id']}")
    assert [state["name"] for state in states] == ["Pending", "Running", "AwaitingRetry", "Retrying", "Completed"]
    told = {"filter": {"resource": {"id": [f"prefect.task-run.{flaky['id']}"]}, "order": "ASC"}}

    def look():
        events = client.tenant.ok("POST", "/events/filter", told)["events"]
        return [event["event"].rpartition(".")[2] for event in events] if len(events) == 5 else None

    events = eventually(look, seconds=60, what="the events of the task")
    assert events == ["Pending", "Running", "AwaitingRetry", "Running", "Completed"]


def test_its_logs_arrive(client, local):
    assert says(client, local, "starting with 4", "Finished in state Completed()")


# --- a worker --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deployed(client: Client) -> dict:
    client.run("prefect", "work-pool", "create", "my-pool", "--type", "process")
    client.run("prefect", "--no-prompt", "deploy", "--name", "nightly")
    return client.tenant.ok("GET", "/deployments/name/main/nightly")


def test_a_deployment_keeps_what_2_x_calls_by_other_names(client, deployed):
    assert deployed["job_variables"] == {"env": {"GREETING": "hello"}}
    assert [(s["schedule"]["cron"], s["active"]) for s in deployed["schedules"]] == [("0 3 * * *", True)]
    assert (deployed["paused"], deployed["enforce_parameter_schema"]) == (False, False)
    assert (deployed["work_pool_name"], deployed["parameters"]) == ("my-pool", {"n": 4})


@pytest.fixture(scope="module")
def worked(client: Client, deployed) -> tuple[dict, dict]:
    """A run to its end, and beside it one that is cancelled while it runs."""
    with client.background("prefect", "worker", "start", "--pool", "my-pool", "--name", "old-laptop"):
        slow = start(client, deployed, seconds=120)
        quick = RUN_ID.findall(client.run("prefect", "deployment", "run", "main/nightly"))[0]
        cancel(client, slow)
        return finished(client, quick), finished(client, slow)


def cancel(client: Client, run_id: str) -> None:
    def look():
        run = client.tenant.ok("GET", f"/flow_runs/{run_id}")
        return run["state_type"] == "RUNNING" and run["infrastructure_pid"]

    eventually(look, seconds=60, what="a running process")
    client.tenant.ok("POST", f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLING"}})


def test_a_worker_runs_it(client, worked):
    run, _ = worked
    assert (run["state_type"], run["state_name"], run["run_count"]) == ("COMPLETED", "Completed", 1)
    assert states_of(client, run) == ["Scheduled", "Pending", "Running", "Completed"]
    assert tasks_of(client, run) == TASKS
    assert says(client, run, "greeting hello")
    (seen,) = client.tenant.ok("POST", "/work_pools/my-pool/workers/filter", {})
    assert (seen["name"], seen["heartbeat_interval_seconds"]) == ("old-laptop", 30)


def test_a_worker_stops_a_run_that_is_cancelled(client, worked):
    _, run = worked
    assert (run["state_type"], run["state_name"]) == ("CANCELLED", "Cancelled")
    assert states_of(client, run) == ["Scheduled", "Pending", "Running", "Cancelling", "Cancelled"]


# --- an agent --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def applied(client: Client) -> dict:
    """Built and applied with an infrastructure block, as before there were work pools."""
    client.run(
        "prefect", "deployment", "build", "flows.py:main", "--name", "classic", "--work-queue", "default",
        "--infra", "process", "--cron", "0 4 * * *", "--override", "env.GREETING=hi", "--apply",
    )  # fmt: skip
    return client.tenant.ok("GET", "/deployments/name/main/classic")


def test_an_applied_deployment_has_its_infrastructure_block(client, applied):
    block = client.tenant.ok("GET", f"/block_documents/{applied['infrastructure_document_id']}")
    assert (block["block_type"]["slug"], block["is_anonymous"]) == ("process", True)
    assert (applied["work_pool_name"], applied["work_queue_name"]) == ("default-agent-pool", "default")
    assert applied["job_variables"] == {"env.GREETING": "hi"}


def test_an_agent_runs_it(client, applied):
    with client.background("prefect", "agent", "start", "-q", "default"):
        run = finished(client, start(client, applied))
    assert (run["state_type"], run["state_name"]) == ("COMPLETED", "Completed")
    assert states_of(client, run) == ["Scheduled", "Pending", "Running", "Completed"]
    assert tasks_of(client, run) == TASKS
    assert says(client, run, "greeting hi")
    queue = client.tenant.ok("GET", f"/work_queues/{applied['work_queue_id']}/status")
    assert (queue["healthy"], queue["late_runs_count"]) == (True, 0)


# --- what only 2.x has, in one process because each takes seconds to start -------------------------------------------


@pytest.fixture(scope="module")
def spoken(client: Client, applied) -> list[str]:
    client.tenant.ok("POST", "/variables/", {"name": "limits", "value": {"cpu": 2}})
    return client.run("python", "calls.py").splitlines()


@pytest.mark.parametrize(
    ("_case", "line"),
    [
        ("a notification policy is kept", "policies True ['Failed'] ['prod'] {flow_run_name} is {flow_run_state_name}"),
        ("and changed", "inactive policies False ['Failed', 'Crashed'] ['prod']"),
        ("and deleted", "policies left 0"),
        ("its deletion is told from one that never was", "no such policy ObjectNotFound"),
        ("a queue is made in the agents' pool", "queue default-agent-pool first 3 False"),
        ("and its polls are seen", "queue polled True 0"),
        ("a queue that is there already", "queue again ObjectAlreadyExists"),
        ("a deployment with the names of 2.x", "deployment 0 4 * * * True {'env.GREETING': 'hi'}"),
        ("a paused one stays paused when it is sent back", "paused False True 1"),
        ("and is resumed", "resumed True False"),
        ("deployments by an active schedule", "active classic"),
        ("a variable that 2.x cannot hold comes as text", 'variables limits={"cpu":2}'),
        ("unknown limits do not hold up anybody", "slots []"),
    ],
)
def test_calls_of_the_2_x_client(_case, line, spoken):
    assert line in spoken


def test_a_notification_policy_tells_through_its_block_in_its_own_words(client):
    with fake_slack() as slack:
        client.run("python", "telling.py", slack.url)
        posts = slack.wait(1, 20)
        (run,) = client.tenant.ok("POST", "/flow_runs/filter", {"flow_runs": {"tags": {"all_": ["prod"]}}})
        eventually(lambda: tells_nothing_more(client), seconds=60, what="an empty outbox")
        assert len(slack.posts) == 1
    words = 'doomed is Failed ({"day":"tuesday"}): '
    assert words in posts[0].body["text"].replace('": "', '":"')
    assert "no data for tuesday" in posts[0].body["text"]
    assert run["id"] in str(posts[0].body)


def tells_nothing_more(client: Client) -> bool:
    with workspace_transaction(client.tenant.workspace_id):
        waiting = Outbox.objects.of(client.tenant.workspace_id).filter(delivered=None, dead=None)
        return not waiting.exists()
