"""What a worker's poll hands out."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.api.deploying import events_of, make_deployment, make_pool, make_queue, poll, run
from tests.world import set_state


def at(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def due(minutes: int) -> dict[str, object]:
    """Below zero a sweep may mark the run late meanwhile, and cancel it if its deployment cancels what collides."""
    return {"type": "SCHEDULED", "state_details": {"scheduled_time": at(minutes)}}


def test_runs_go_out_by_priority_and_then_by_time(tenant):
    pool = make_pool(tenant)
    deployment = make_deployment(tenant, work_pool_name=pool["name"])
    make_queue(tenant, pool, "high", priority=1)
    run(tenant, deployment, name="second", state=due(-1))
    run(tenant, deployment, name="first", state=due(-2))
    run(tenant, deployment, name="urgent", work_queue_name="high")
    run(tenant, deployment, name="later", state=due(10))
    assert poll(tenant, pool, scheduled_before=at(0)) == ["urgent", "first", "second"]
    assert poll(tenant, pool, scheduled_before=at(0), limit=2) == ["urgent", "first"]
    assert poll(tenant, pool, scheduled_before=at(0), work_queue_names=["default"]) == ["first", "second"]
    assert poll(tenant, pool, scheduled_before=at(0), work_queue_names=[]) == ["urgent", "first", "second"]
    assert poll(tenant, pool, scheduled_after=at(5)) == ["later"]


def test_a_time_with_a_space_is_understood(tenant):
    pool = make_pool(tenant)
    run(tenant, make_deployment(tenant, work_pool_name=pool["name"]), name="r")
    assert poll(tenant, pool, scheduled_before=at(1).replace("T", " ")) == ["r"]


def test_a_polled_run_shows_no_state_and_names_its_places(tenant):
    pool = make_pool(tenant)
    made = run(tenant, make_deployment(tenant, work_pool_name=pool["name"]), name="r")
    (item,) = tenant.ok("POST", f"/work_pools/{pool['name']}/get_scheduled_flow_runs", {})
    assert (item["work_pool_id"], item["work_queue_id"]) == (pool["id"], pool["default_queue_id"])
    assert item["flow_run"]["id"] == made["id"]
    assert item["flow_run"]["state"] is None
    assert item["flow_run"]["state_type"] == "SCHEDULED"
    assert item["flow_run"]["work_queue_name"] is None
    assert set(made) - set(item["flow_run"]) == {"work_pool_id", "work_pool_name"}


def test_a_poll_marks_the_queue_and_its_deployments(tenant):
    pool = make_pool(tenant)
    deployment = make_deployment(tenant, work_pool_name=pool["name"])
    assert (deployment["status"], deployment["last_polled"]) == ("NOT_READY", None)
    poll(tenant, pool)
    poll(tenant, pool)
    queue = tenant.ok("GET", f"/work_queues/{pool['default_queue_id']}")
    assert queue["status"] == "READY"
    read = tenant.ok("GET", f"/deployments/{deployment['id']}")
    assert (read["status"], read["last_polled"]) == ("READY", queue["last_polled"])
    assert events_of(tenant, "prefect.work-queue.") == ["prefect.work-queue.ready"]


def test_paused_pools_and_queues_hand_out_nothing(tenant):
    pool = make_pool(tenant)
    deployment = make_deployment(tenant, work_pool_name=pool["name"])
    make_queue(tenant, pool, "q", is_paused=True)
    run(tenant, deployment, name="a")
    run(tenant, deployment, name="b", work_queue_name="q")
    assert poll(tenant, pool) == ["a"]
    tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"is_paused": True})
    assert poll(tenant, pool) == []


def test_the_slots_of_a_queue_and_of_its_pool(tenant):
    pool = make_pool(tenant, concurrency_limit=3)
    deployment = make_deployment(tenant, work_pool_name=pool["name"])
    make_queue(tenant, pool, "narrow", priority=1, concurrency_limit=1)
    runs = [run(tenant, deployment, name=f"n{n}", work_queue_name="narrow", state=due(n - 9)) for n in range(3)]
    for n in range(4):
        run(tenant, deployment, name=f"d{n}", state=due(n - 9))
    assert poll(tenant, pool) == ["n0", "d0", "d1"]
    set_state(tenant, runs[0]["id"], "PENDING")
    assert poll(tenant, pool) == ["d0", "d1"]
    assert tenant.ok("GET", f"/work_pools/{pool['name']}")["active_slots"] == 1
    assert tenant.ok("GET", f"/work_pools/{pool['name']}/queues/narrow")["active_slots"] == 1


def test_a_deployment_at_its_limit_stands_in_nobodys_way(tenant):
    pool = make_pool(tenant)
    limited = make_deployment(tenant, work_pool_name=pool["name"], concurrency_limit=1)
    free = make_deployment(tenant, work_pool_name=pool["name"])
    first = run(tenant, limited, name="running", state=due(-20))
    for n in range(200):
        run(tenant, limited, name=f"blocked{n}", state=due(-10))
    run(tenant, free, name="free", state=due(-1))
    assert poll(tenant, pool, limit=3) == ["running", "free"]
    assert set_state(tenant, first["id"], "PENDING")["status"] == "ACCEPT"
    assert poll(tenant, pool, limit=3) == ["free"]
    set_state(tenant, first["id"], "RUNNING")
    set_state(tenant, first["id"], "COMPLETED")
    assert len(poll(tenant, pool, limit=3)) == 2  # one of the blocked ones, and the free one


def test_with_cancel_new_the_runs_go_out_to_be_cancelled(tenant):
    pool = make_pool(tenant)
    options = {"collision_strategy": "CANCEL_NEW"}
    limited = make_deployment(tenant, work_pool_name=pool["name"], concurrency_limit=1, concurrency_options=options)
    first = run(tenant, limited, name="a", state=due(0))
    second = run(tenant, limited, name="b", state=due(0))
    set_state(tenant, first["id"], "PENDING")
    assert poll(tenant, pool) == ["b"]
    answer = set_state(tenant, second["id"], "PENDING")
    assert (answer["status"], answer["state"]["type"]) == ("REJECT", "CANCELLED")


def test_a_stranger_polls_another_pool_of_the_same_name(tenant, stranger):
    pool = make_pool(tenant, name="p")
    run(tenant, make_deployment(tenant, work_pool_name="p"))
    make_pool(stranger, name="p")
    assert poll(stranger, pool) == []


def test_an_agent_finds_runs_by_the_name_of_its_queue(tenant):
    queue = tenant.ok("POST", "/work_queues/", {"name": "q", "concurrency_limit": 1})
    deployment = make_deployment(tenant, work_queue_name="q")
    assert (deployment["work_pool_name"], deployment["work_queue_name"]) == ("default-agent-pool", "q")
    first = run(tenant, deployment, name="a", state=due(0))
    run(tenant, deployment, name="b", state=due(0))
    path = f"/work_queues/{queue['id']}/get_runs"
    looked = tenant.call("POST", path, {}, headers={"X-PREFECT-UI": "true"}).json()
    assert [item["name"] for item in looked] == ["a"]
    assert tenant.ok("GET", f"/work_queues/{queue['id']}")["last_polled"] is None
    assert [item["name"] for item in tenant.ok("POST", path, {"scheduled_before": at(0)})] == ["a"]
    assert tenant.ok("GET", f"/work_queues/{queue['id']}")["status"] == "READY"
    assert tenant.ok("GET", f"/work_queues/{queue['id']}/status")["healthy"] is True
    set_state(tenant, first["id"], "PENDING")
    assert tenant.ok("POST", path, {}) == []


def test_queues_that_filter_are_named_for_the_deployments_they_take(tenant, stranger):
    deployment = make_deployment(tenant, tags=["a", "b"])
    filters = {"by-tags": {"tags": ["a", "b"]}, "by-id": {"deployment_ids": [deployment["id"]]}, "all": {},
               "other-tags": {"tags": ["a", "z"]}, "other-id": {"deployment_ids": [str(uuid4())]}}  # fmt: skip
    for name, filter in filters.items():
        tenant.ok("POST", "/work_queues/", {"name": name, "filter": filter})
    tenant.ok("POST", "/work_queues/", {"name": "no-filter"})
    found = tenant.ok("GET", f"/deployments/{deployment['id']}/work_queue_check")
    assert [queue["name"] for queue in found] == ["all", "by-id", "by-tags"]
    assert stranger.call("GET", f"/deployments/{deployment['id']}/work_queue_check").status_code == 404
