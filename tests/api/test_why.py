"""Why a run is not running, asked of real set-ups."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from controlplane.sql.transactions import workspace_transaction
from deployments.models import Worker
from tests.api.deploying import make_deployment, make_pool, make_queue, poll, run
from tests.world import make_flow_run, make_task_run, set_state


def why(tenant, flow_run):
    return tenant.ok("GET", f"/flow_runs/{flow_run['id']}/why")


def said(tenant, flow_run):
    """Its code and its sentence, in which seconds are not counted: how many there are is the machine's affair."""
    answer = why(tenant, flow_run)
    return answer["code"], re.sub(r"\b\d s\b", "… s", answer["sentence"])


def start_worker(tenant, pool, name="vm-1"):
    tenant.ok("POST", f"/work_pools/{pool['name']}/workers/heartbeat", {"name": name})


def in_pool(tenant, pool, **fields):
    return make_deployment(tenant, name=f"d-{uuid4().hex[:8]}", work_pool_name=pool["name"], **fields)


def test_an_answer_has_every_key(tenant):
    pool = make_pool(tenant)
    waiting = run(tenant, in_pool(tenant, pool))
    assert why(tenant, waiting) == {
        "code": "no-worker",
        "sentence": f"No worker is polling pool {pool['name']} (none ever).",
        "blocked_by": {"kind": "work-pool", "id": pool["id"], "name": pool["name"]},
        "held_by": None,
        "since": None,
        "position": None,
        "waiting": None,
    }


def test_with_a_worker_nothing_is_wrong(tenant):
    pool = make_pool(tenant)
    waiting = run(tenant, in_pool(tenant, pool))
    start_worker(tenant, pool)
    assert said(tenant, waiting) == ("nothing-wrong", "Nothing is wrong: a worker polls every 10 to 15 s.")


def test_workers_of_another_type_are_pointed_at(tenant):
    pool, other = make_pool(tenant, type="kubernetes"), make_pool(tenant, type="docker")
    waiting = run(tenant, in_pool(tenant, pool))
    start_worker(tenant, other)
    assert said(tenant, waiting) == (
        "workers-elsewhere",
        f"No worker ever polled pool {pool['name']}, which is of type kubernetes; 1 worker online in pool "
        f"{other['name']}, of type docker.",
    )


def test_a_deployments_limit_names_its_holder_and_the_place(tenant):
    pool = make_pool(tenant)
    deployment = in_pool(tenant, pool, concurrency_limit=1)
    first, second, third = (run(tenant, deployment, name=name) for name in ("first", "second", "third"))
    start_worker(tenant, pool)
    assert set_state(tenant, first["id"], "PENDING")["status"] == "ACCEPT"
    assert set_state(tenant, first["id"], "RUNNING")["status"] == "ACCEPT"
    answer = why(tenant, third)
    assert answer["code"] == "deployment-limit"
    assert answer["blocked_by"] == {"kind": "deployment", "id": deployment["id"], "name": deployment["name"]}
    assert answer["held_by"] == {"kind": "flow-run", "id": first["id"], "name": "first"}
    assert (answer["position"], answer["waiting"]) == (2, 2)
    # A worker's try makes the run wait for a slot; it keeps its reason, and goes to the end.
    assert set_state(tenant, second["id"], "PENDING")["status"] == "REJECT"
    assert why(tenant, second)["code"] == "deployment-limit"
    assert (why(tenant, third)["position"], why(tenant, third)["waiting"]) == (1, 2)
    set_state(tenant, first["id"], "COMPLETED")
    assert why(tenant, third)["code"] == "nothing-wrong"
    assert said(tenant, first) == ("not-waiting", "The run is Completed: it does not wait.")


@pytest.mark.parametrize("what", ["pool", "queue"])
def test_a_full_limit_says_the_place(tenant, what):
    pool = make_pool(tenant)
    queue = make_queue(tenant, pool, "narrow")
    deployment = in_pool(tenant, pool, work_queue_name="narrow")
    holder, _, last = (run(tenant, deployment) for _ in range(3))
    start_worker(tenant, pool)
    path = f"/work_pools/{pool['name']}" + ("/queues/narrow" if what == "queue" else "")
    tenant.ok("PATCH", path, {"concurrency_limit": 1})
    set_state(tenant, holder["id"], "PENDING")
    answer = why(tenant, last)
    name = "narrow" if what == "queue" else pool["name"]
    assert (answer["code"], answer["sentence"]) == (
        f"{what}-limit",
        f"1 of 1 slot of {what} {name} used; place 2 of 2.",
    )
    assert answer["blocked_by"]["id"] == (queue if what == "queue" else pool)["id"]
    assert (answer["position"], answer["waiting"]) == (2, 2)


def test_a_queue_of_higher_priority_goes_first(tenant):
    pool = make_pool(tenant, concurrency_limit=1)
    make_queue(tenant, pool, "critical", priority=1)
    make_queue(tenant, pool, "slow", priority=5)
    urgent = run(tenant, in_pool(tenant, pool, work_queue_name="critical"))
    waiting = run(tenant, in_pool(tenant, pool, work_queue_name="slow"))
    start_worker(tenant, pool)
    assert why(tenant, urgent)["code"] == "nothing-wrong"
    assert said(tenant, waiting) == ("higher-priority", "1 run of queue critical goes first.")


def test_paused_pools_and_queues_are_named(tenant):
    pool = make_pool(tenant)
    waiting = run(tenant, in_pool(tenant, pool))
    start_worker(tenant, pool)
    tenant.ok("PATCH", f"/work_pools/{pool['name']}/queues/default", {"is_paused": True})
    assert said(tenant, waiting) == (
        "queue-paused",
        f"Work queue default of pool {pool['name']} was paused by {tenant.user} … s ago.",
    )
    tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"is_paused": True})
    assert said(tenant, waiting) == ("pool-paused", f"Work pool {pool['name']} was paused by {tenant.user} … s ago.")


def test_a_pause_says_since_when(tenant):
    pool = make_pool(tenant)
    waiting = run(tenant, in_pool(tenant, pool))
    tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"is_paused": True})
    since = datetime.fromisoformat(why(tenant, waiting)["since"])
    assert abs(datetime.now(UTC) - since) < timedelta(seconds=10)


def test_workers_that_look_into_other_queues_are_told(tenant):
    pool = make_pool(tenant)
    make_queue(tenant, pool, "gpu")
    waiting = run(tenant, in_pool(tenant, pool))
    start_worker(tenant, pool)
    poll(tenant, pool, work_queue_names=["gpu"])
    answer = why(tenant, waiting)
    assert (answer["code"], answer["sentence"]) == (
        "other-queues", "1 worker polls only queue gpu; this run is in default.",
    )  # fmt: skip
    assert answer["blocked_by"]["name"] == "default"
    poll(tenant, pool)
    assert why(tenant, waiting)["code"] == "nothing-wrong"


def test_a_worker_that_took_the_run_and_died_is_told(tenant):
    pool = make_pool(tenant)
    taken = run(tenant, in_pool(tenant, pool))
    start_worker(tenant, pool, "vm-3")
    assert set_state(tenant, taken["id"], "PENDING")["status"] == "ACCEPT"
    tenant.ok("PATCH", f"/flow_runs/{taken['id']}/labels", {"prefect.worker.name": "vm-3"})
    assert why(tenant, taken)["code"] == "starting"
    with workspace_transaction(tenant.workspace_id):
        workers = Worker.objects.of(tenant.workspace_id)
        workers.update(last_heartbeat_time=datetime.now(UTC) - timedelta(minutes=3, seconds=5))
        worker = workers.get()
    answer = why(tenant, taken)
    assert (answer["code"], answer["sentence"]) == ("worker-died", "vm-3 took it and stopped reporting 3 min ago.")
    assert answer["blocked_by"] == {"kind": "worker", "id": str(worker.id), "name": "vm-3"}


def test_a_task_that_waits_for_a_slot_of_its_tag_names_the_holder(tenant):
    tenant.ok("POST", "/concurrency_limits/", {"tag": "db", "concurrency_limit": 1})
    flow_run = make_flow_run(tenant, "RUNNING")
    first, second = (make_task_run(tenant, flow_run["id"], name=name, tags=["db"]) for name in ("load-0", "load-1"))
    assert set_state(tenant, first["id"], "RUNNING", kind="task_runs")["status"] == "ACCEPT"
    assert set_state(tenant, second["id"], "RUNNING", kind="task_runs")["status"] == "WAIT"
    answer = why(tenant, flow_run)
    assert said(tenant, flow_run) == (
        "tag-limit",
        "Task load-1 has waited for … s for a slot of tag db: 1 of 1 slot used. Task load-0 holds one.",
    )
    assert answer["blocked_by"]["name"] == "tag:db"
    assert answer["held_by"] == {"kind": "task-run", "id": first["id"], "name": "load-0"}
    set_state(tenant, first["id"], "COMPLETED", kind="task_runs")
    assert why(tenant, flow_run)["code"] == "not-waiting"


def test_times_and_people_are_waited_for(tenant):
    future = (datetime.now(UTC) + timedelta(hours=2, minutes=1)).isoformat()
    later = tenant.ok("POST", "/flow_runs/", {
        "flow_id": make_flow_run(tenant)["flow_id"],
        "state": {"type": "SCHEDULED", "state_details": {"scheduled_time": future}},
    })  # fmt: skip
    code, sentence = said(tenant, later)
    assert (code, sentence.split(" (")[0]) == ("not-yet-due", "Starts in 2 h")
    paused = make_flow_run(tenant, "RUNNING")
    set_state(tenant, paused["id"], "PAUSED", force=True)
    assert why(tenant, paused)["code"] == "paused"


def test_a_run_without_a_deployment_waits_for_its_own_process(tenant):
    waiting = make_flow_run(tenant, "SCHEDULED")
    assert why(tenant, waiting)["code"] == "own-process"


def test_a_served_deployment_waits_for_whom_serves_it(tenant):
    deployment = make_deployment(tenant)
    waiting = run(tenant, deployment)
    assert why(tenant, waiting)["code"] == "not-served"
    tenant.ok("POST", f"/deployments/{deployment['id']}/pause_deployment")
    assert why(tenant, waiting)["code"] == "deployment-paused"
    tenant.ok("POST", "/deployments/get_scheduled_flow_runs", {"deployment_ids": [deployment["id"]]})
    assert why(tenant, waiting)["code"] == "nothing-wrong"


def test_what_is_missing_or_foreign_is_404(tenant, stranger):
    waiting = make_flow_run(tenant, "SCHEDULED")
    for caller, id in ((tenant, uuid4()), (stranger, waiting["id"])):
        answer = caller.call("GET", f"/flow_runs/{id}/why")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Flow run not found"})
