"""The main job, end to end: an unmodified Prefect 3.8 worker runs a deployment through Signalbox."""

import json
import re
from dataclasses import replace

import pytest

from tests.contract.client import Client, eventually
from tests.world import make_tenant

TERMINAL = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


@pytest.fixture(scope="module")
def client(client: Client) -> Client:
    """Here every program is a whole process, as people start them."""
    return replace(client, whole=True)


@pytest.fixture(scope="module")
def deployed(client: Client) -> dict:
    """The work pool and the deployment, made by the real CLI."""
    client.run("prefect", "work-pool", "create", "my-pool", "--type", "process")
    client.run("prefect", "--no-prompt", "deploy", "--name", "nightly")
    return client.tenant.ok("GET", "/deployments/name/main/nightly")


@pytest.fixture(scope="module")
def worker(client: Client, deployed):
    with client.background("prefect", "worker", "start", "--pool", "my-pool", "--name", "laptop") as log:
        yield log


def finished(client: Client, run_id: str) -> dict:
    def look():
        run = client.tenant.ok("GET", f"/flow_runs/{run_id}")
        return run if run["state_type"] in TERMINAL else None

    return eventually(look, seconds=90, what=f"the end of run {run_id}")


def start(client: Client, *params: str) -> str:
    printed = client.run("prefect", "deployment", "run", "main/nightly", *params)
    match = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", printed)
    assert match, printed
    return match[0]


@pytest.fixture(scope="module")
def completed(client: Client, worker) -> dict:
    return finished(client, start(client))


@pytest.fixture(scope="module")
def failed(client: Client, worker) -> dict:
    return finished(client, start(client, "--param", "fail=true"))


def test_the_client_takes_us_for_prefect_cloud(client):
    version = client.run("prefect", "version")
    assert re.search(r"Server type:\s+cloud", version), version


def test_login_with_a_key_and_a_workspace_by_name(client, tmp_path):
    tenant = client.tenant
    handle = f"{tenant.account.handle}/{tenant.workspace.handle}"
    fresh = replace(client, home=tmp_path)
    printed = fresh.run("prefect", "cloud", "login", "--key", tenant.key, "--workspace", handle)
    assert f"Authenticated with Prefect Cloud! Using workspace '{handle}'." in " ".join(printed.split())
    assert handle in "".join(fresh.run("prefect", "cloud", "workspace", "ls").split())


def test_a_wrong_key_is_told_apart(client, tmp_path):
    wrong = replace(client, home=tmp_path)
    printed = wrong.run(
        "prefect", "cloud", "login", "--key", "sbu_wrong", "--workspace", "a/b", check=False, PREFECT_API_KEY=""
    )
    assert "Unable to authenticate with Prefect Cloud" in " ".join(printed.split())


def test_the_deployment_is_as_it_was_written(deployed):
    assert deployed["parameters"] == {"n": 4}
    assert deployed["tags"] == ["nightly"]
    assert deployed["work_pool_name"] == "my-pool"
    assert deployed["entrypoint"] == "flows.py:main"
    assert [s["schedule"]["cron"] for s in deployed["schedules"]] == ["* * * * *"]
    assert [s["schedule"]["timezone"] for s in deployed["schedules"]] == ["Europe/Paris"]


def test_the_run_completes(completed):
    assert (completed["state_type"], completed["state_name"], completed["run_count"]) == ("COMPLETED", "Completed", 1)
    assert completed["parameters"] == {"n": 4}
    assert completed["work_pool_name"] == "my-pool"
    assert completed["labels"]["prefect.worker.name"] == "laptop"
    assert completed["infrastructure_pid"]


def test_its_states_tell_the_story(client, completed):
    states = client.tenant.ok("GET", f"/flow_run_states/?flow_run_id={completed['id']}")
    assert [state["name"] for state in states] == ["Scheduled", "Pending", "Submitting", "Running", "Completed"]


def task_runs(client: Client, run: dict) -> dict[str, dict]:
    body = {"flow_runs": {"id": {"any_": [run["id"]]}}}
    return {task["task_key"].split("-")[0]: task for task in client.tenant.ok("POST", "/task_runs/filter", body)}


def test_its_task_runs_arrive_with_the_retry(client, completed):
    tasks = eventually(
        lambda: found if len(found := task_runs(client, completed)) == 4 else None,
        seconds=20,
        what="three tasks and a sub-flow",
    )
    assert {key: task["state_type"] for key, task in tasks.items()} == dict.fromkeys(
        ("extract", "flaky", "load", "report"), "COMPLETED"
    )
    assert {key: task["run_count"] for key, task in tasks.items()} == {"extract": 1, "flaky": 2, "load": 1, "report": 1}
    states = client.tenant.ok("GET", f"/task_run_states/?task_run_id={tasks['flaky']['id']}")
    assert [state["name"] for state in states] == ["Pending", "Running", "Retrying", "Completed"]
    assert tasks["extract"]["tags"] == ["io"]


def test_its_subflow_is_a_run_of_its_own(client, completed):
    parent = {"flow_runs": {"parent_flow_run_id": {"any_": [completed["id"]]}}}
    (child,) = client.tenant.ok("POST", "/flow_runs/filter", parent)
    assert (child["state_type"], child["parameters"]) == ("COMPLETED", {"total": 6})
    assert child["parent_task_run_id"] == task_runs(client, completed)["report"]["id"]


def test_its_logs_arrive(client, completed):
    def look():
        lines = client.tenant.ok("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [completed["id"]]}}})
        messages = [line["message"] for line in lines]
        return messages if any("Finished in state Completed" in message for message in messages) else None

    messages = eventually(look, seconds=60, what="the logs")
    assert "starting with 4" in messages


def test_its_events_arrive(client, completed):
    resource = f"prefect.flow-run.{completed['id']}"

    def look():
        page = client.tenant.ok("POST", "/events/filter", {"filter": {"resource": {"id": [resource]}, "order": "ASC"}})
        names = [event["event"] for event in page["events"] if event["event"].startswith("prefect.flow-run.")]
        return names if "prefect.flow-run.Completed" in names else None

    names = [
        name.rpartition(".")[2] for name in eventually(look, seconds=60, what="the events") if "heartbeat" not in name
    ]
    assert [name for name in names if name[0].isupper()] == [
        "Scheduled",
        "Pending",
        "Submitting",
        "Running",
        "Completed",
    ]


def test_a_failing_flow_ends_failed(client, failed):
    assert (failed["state_type"], failed["state_name"]) == ("FAILED", "Failed")
    assert "Matrix is singular" in failed["state"]["message"]
    assert task_runs(client, failed)["load"]["state_type"] == "FAILED"


def test_scheduled_runs_appear_and_are_run(client, deployed, worker):
    wanted = {"flow_runs": {"deployment_id": {"any_": [deployed["id"]]}, "tags": {"all_": ["auto-scheduled"]}}}

    def look():
        runs = client.tenant.ok("POST", "/flow_runs/filter", wanted)
        ran = [run for run in runs if run["state_type"] == "COMPLETED"]
        return ran if ran and len(runs) >= 3 else None

    ran = eventually(look, seconds=120, what="a scheduled run that ran")
    assert ran[0]["auto_scheduled"] is True
    assert ran[0]["created_by"]["type"] == "SCHEDULE"


def test_the_worker_is_seen(client, worker):
    (seen,) = client.tenant.ok("POST", "/work_pools/my-pool/workers/filter", {})
    assert (seen["name"], seen["status"]) == ("laptop", "ONLINE")
    assert client.tenant.ok("GET", "/work_pools/my-pool")["status"] == "READY"
    assert "Worker 'laptop' started!" in worker.read_text() or "laptop" in worker.read_text()


def test_another_tenant_sees_none_of_it(client, completed, server):
    charlie = make_tenant(server.url, "charlie")
    assert charlie.call("GET", f"/flow_runs/{completed['id']}").status_code == 404
    assert charlie.ok("POST", "/flow_runs/filter", {}) == []
    assert charlie.ok("POST", "/logs/filter", {}) == []
    assert json.dumps(charlie.ok("POST", "/events/filter", {"filter": {}})["events"]).count(completed["id"]) == 0
