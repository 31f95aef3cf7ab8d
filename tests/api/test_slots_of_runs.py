"""Slots that the server takes for runs: of their deployment, and of the tags of 2.x task runs."""

from uuid import uuid4

import pytest

from tests.world import make_flow, make_flow_run, make_task_run, set_state

LEASING = "prefect/3.8.8 (API 0.8.4)"
OLD = "prefect/2.20.26 (API 0.8.4)"


@pytest.fixture
def deployment(tenant):
    """One run at a time."""
    tenant.headers["User-Agent"] = LEASING
    flow = make_flow(tenant)
    body = {"name": "d", "flow_id": flow["id"], "concurrency_limit": 1}
    return tenant.ok("POST", "/deployments/", {**body, "concurrency_options": {"collision_strategy": "ENQUEUE"}})


def start(tenant, deployment):
    return tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})["id"]


def taken(tenant, deployment):
    return tenant.ok("GET", f"/v2/concurrency_limits/deployment:{deployment['id']}")["active_slots"]


def outcome(answer):
    return answer["status"], answer["state"]["name"], answer["details"].get("reason")


def lease_of(answer):
    return answer["state"]["state_details"]["deployment_concurrency_lease_id"]


def test_the_second_run_waits_for_the_first(tenant, deployment):
    first, second = start(tenant, deployment), start(tenant, deployment)
    pending = set_state(tenant, first, "PENDING")
    assert outcome(pending) == ("ACCEPT", "Pending", None)
    assert outcome(set_state(tenant, second, "PENDING")) == (
        "REJECT",
        "AwaitingConcurrencySlot",
        "Deployment concurrency limit reached.",
    )
    running = set_state(tenant, first, "RUNNING")
    assert lease_of(running) == lease_of(pending)
    assert tenant.call("POST", f"/v2/concurrency_limits/leases/{lease_of(running)}/renew", {}).status_code == 204
    assert taken(tenant, deployment) == 1
    set_state(tenant, first, "COMPLETED")
    assert taken(tenant, deployment) == 0
    assert outcome(set_state(tenant, second, "PENDING")) == ("ACCEPT", "Pending", None)


def test_a_client_that_knows_no_leases_keeps_its_slot(tenant, deployment):
    tenant.headers["User-Agent"] = OLD
    run = start(tenant, deployment)
    set_state(tenant, run, "PENDING")
    set_state(tenant, run, "RUNNING")
    assert taken(tenant, deployment) == 1
    set_state(tenant, run, "FAILED")
    assert taken(tenant, deployment) == 0


@pytest.mark.parametrize("state", ["CANCELLED", "CRASHED", "FAILED"])
def test_a_run_that_never_ran_gives_its_slot_back(tenant, deployment, state):
    run = start(tenant, deployment)
    set_state(tenant, run, "PENDING")
    set_state(tenant, run, state)
    assert taken(tenant, deployment) == 0


def test_a_run_that_is_deleted_gives_its_slot_back(tenant, deployment):
    run = start(tenant, deployment)
    set_state(tenant, run, "PENDING")
    tenant.ok("DELETE", f"/flow_runs/{run}")
    assert taken(tenant, deployment) == 0


def test_a_run_does_not_give_back_what_it_took_itself(tenant, deployment):
    tenant.ok("POST", "/v2/concurrency_limits/", {"name": "db", "limit": 1})
    run = start(tenant, deployment)
    set_state(tenant, run, "PENDING")
    set_state(tenant, run, "RUNNING")
    body = {"names": ["db"], "slots": 1, "holder": {"type": "flow_run", "id": run}}
    tenant.ok("POST", "/v2/concurrency_limits/increment-with-lease", body)
    set_state(tenant, run, "COMPLETED")
    assert taken(tenant, deployment) == 0
    assert tenant.ok("GET", "/v2/concurrency_limits/db")["active_slots"] == 1


def test_task_runs_wait_for_the_slots_of_their_tags(tenant):
    for tag in ("a", "b"):
        tenant.ok("POST", "/concurrency_limits/", {"tag": tag, "concurrency_limit": 1})
    run = make_flow_run(tenant, "RUNNING")["id"]
    first, second = (make_task_run(tenant, run, tags=tags)["id"] for tags in (["a"], ["b", "a"]))
    assert set_state(tenant, first, "RUNNING", kind="task_runs")["status"] == "ACCEPT"
    waits = set_state(tenant, second, "RUNNING", kind="task_runs")
    assert (waits["status"], waits["details"]["reason"]) == ("WAIT", "Concurrency limit reached for tags: a, b")
    assert [tenant.ok("GET", f"/concurrency_limits/tag/{tag}")["active_slots"] for tag in ("a", "b")] == [[first], []]
    set_state(tenant, first, "COMPLETED", kind="task_runs")
    assert set_state(tenant, second, "RUNNING", kind="task_runs")["status"] == "ACCEPT"
    assert [tenant.ok("GET", f"/concurrency_limits/tag/{tag}")["active_slots"] for tag in ("a", "b")] == [
        [second],
        [second],
    ]


def test_a_tag_without_slots_stops_its_task_runs(tenant):
    tenant.ok("POST", "/concurrency_limits/", {"tag": "a", "concurrency_limit": 0})
    task = make_task_run(tenant, make_flow_run(tenant, "RUNNING")["id"], tags=["a", str(uuid4())])["id"]
    answer = set_state(tenant, task, "RUNNING", kind="task_runs")
    assert (answer["status"], answer["details"]["reason"]) == (
        "ABORT",
        'The concurrency limit on tag "a" is 0 and will deadlock if the task tries to run again.',
    )
