"""Work pools and their queues over HTTP."""

from uuid import UUID

import pytest

from tests.api.deploying import events_of, make_pool, make_queue


def priorities(tenant, pool):
    queues = tenant.ok("POST", f"/work_pools/{pool['name']}/queues/filter", {})
    return [(queue["name"], queue["priority"]) for queue in queues]


def test_a_pool_is_born_with_its_default_queue(tenant):
    pool = make_pool(tenant, name="p", concurrency_limit=3)
    assert {**pool, "id": "", "created": "", "updated": "", "default_queue_id": ""} == {
        "id": "",
        "created": "",
        "updated": "",
        "name": "p",
        "description": None,
        "type": "process",
        "base_job_template": {},
        "is_paused": False,
        "concurrency_limit": 3,
        "status": "NOT_READY",
        "default_queue_id": "",
        "storage_configuration": {
            "bundle_upload_step": None,
            "bundle_execution_step": None,
            "default_result_storage_block_id": None,
        },
        "active_slots": 0,
    }
    queue = tenant.ok("GET", f"/work_queues/{pool['default_queue_id']}")
    assert (queue["name"], queue["priority"], queue["status"], queue["work_pool_name"]) == (
        "default",
        1,
        "NOT_READY",
        "p",
    )
    assert events_of(tenant, "prefect.work-pool.") == ["prefect.work-pool.created"]


def test_old_clients_do_not_see_the_result_storage(tenant):
    make_pool(tenant, name="p")
    agent = {"User-Agent": "prefect/3.3.7 (API 0.8.4)"}
    assert tenant.call("GET", "/work_pools/p", headers=agent).json()["storage_configuration"] == {
        "bundle_upload_step": None,
        "bundle_execution_step": None,
    }


def test_a_pool_is_paused_and_unpaused(tenant):
    make_pool(tenant, name="p")
    tenant.ok("PATCH", "/work_pools/p", {"is_paused": True})
    assert tenant.ok("GET", "/work_pools/p")["status"] == "PAUSED"
    tenant.ok("POST", "/work_pools/p/workers/heartbeat", {"name": "w"})
    assert tenant.ok("GET", "/work_pools/p")["status"] == "PAUSED"
    tenant.ok("PATCH", "/work_pools/p", {"is_paused": False})
    assert tenant.ok("GET", "/work_pools/p")["status"] == "READY"
    assert sorted(events_of(tenant, "prefect.work-pool.")) == [
        "prefect.work-pool.created",
        "prefect.work-pool.paused",
        "prefect.work-pool.ready",
        "prefect.work-pool.updated",
        "prefect.work-pool.updated",
    ]


def test_pools_of_others_do_not_exist(tenant, stranger):
    make_pool(tenant, name="p")
    for method, path in (("GET", "/work_pools/p"), ("PATCH", "/work_pools/p"), ("DELETE", "/work_pools/p")):
        answer = stranger.call(method, path, {} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()) == (404, {"detail": 'Work pool "p" not found.'})
    assert stranger.ok("POST", "/work_pools/filter", {}) == []
    assert make_pool(stranger, name="p")["status"] == "NOT_READY"


def test_a_viewer_may_look_but_not_touch(tenant, viewer):
    make_pool(tenant, name="p")
    assert viewer.call("GET", "/work_pools/p").status_code == 200
    assert viewer.call("PATCH", "/work_pools/p", {"is_paused": True}).status_code == 403
    assert viewer.call("POST", "/work_pools/p/get_scheduled_flow_runs", {}).status_code == 403
    assert tenant.ok("GET", "/work_pools/p")["is_paused"] is False


@pytest.mark.parametrize("name", ["Prefect things", "prefect", "PREFECT-x"])
def test_prefects_names_are_reserved(tenant, name):
    answer = tenant.call("POST", "/work_pools/", {"name": name})
    assert answer.status_code == 403
    assert answer.json() == {"detail": "Work pools starting with 'Prefect' are reserved for internal use."}


def test_a_name_with_spaces_and_letters_from_anywhere(tenant):
    make_pool(tenant, name="Größe 2")
    assert tenant.ok("GET", "/work_pools/Gr%C3%B6%C3%9Fe%202")["name"] == "Größe 2"


def test_new_queues_make_room(tenant):
    pool = make_pool(tenant)
    make_queue(tenant, pool, "low")
    make_queue(tenant, pool, "far", priority=9)
    make_queue(tenant, pool, "high", priority=1)
    assert priorities(tenant, pool) == [("high", 1), ("default", 2), ("low", 3), ("far", 9)]
    tenant.ok("PATCH", f"/work_pools/{pool['name']}/queues/far", {"priority": 2})
    assert priorities(tenant, pool) == [("high", 1), ("far", 2), ("default", 3), ("low", 4)]
    tenant.ok("DELETE", f"/work_pools/{pool['name']}/queues/far")
    assert priorities(tenant, pool) == [("high", 1), ("default", 3), ("low", 4)]


def test_the_default_queue_stays(tenant):
    pool = make_pool(tenant, name="p")
    answer = tenant.call("DELETE", "/work_pools/p/queues/default")
    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "The default queue of work pool 'p' cannot be deleted."},
    )
    assert priorities(tenant, pool) == [("default", 1)]


def test_queues_of_agents_live_in_their_own_pool(tenant):
    queue = tenant.ok("POST", "/work_queues/", {"name": "q", "filter": {"tags": ["a"]}})
    assert (queue["work_pool_name"], queue["filter"]) == (
        "default-agent-pool",
        {"tags": ["a"], "deployment_ids": None},
    )
    assert tenant.ok("GET", "/work_queues/name/q") == queue
    assert tenant.ok("GET", "/work_pools/default-agent-pool")["status"] is None


def test_a_pool_takes_its_queues_along(tenant):
    pool = make_pool(tenant, name="p")
    queue = make_queue(tenant, pool, "q")
    tenant.ok("DELETE", "/work_pools/p")
    assert tenant.call("GET", f"/work_queues/{queue['id']}").status_code == 404


def test_pool_types_name_the_process_pool(tenant):
    types = tenant.ok("GET", "/collections/work_pool_types")
    assert types == tenant.ok("GET", "/collections/views/aggregate-worker-metadata")
    template = types["prefect"]["process"]["default_base_job_configuration"]
    assert sorted(template["variables"]["properties"]) == [
        "command",
        "env",
        "labels",
        "name",
        "stream_output",
        "working_dir",
    ]
    assert template["job_configuration"]["command"] == "{{ command }}"
    make_pool(tenant, base_job_template=template)
    answer = tenant.call("GET", "/collections/views/zzz")
    assert (answer.status_code, answer.json()) == (404, {"detail": "View zzz not found in registry"})


# --- workers ---------------------------------------------------------------------------------------------------------


def test_a_heartbeat_answers_the_bare_id_when_asked(tenant):
    make_pool(tenant, name="p")
    body = {"name": "w", "heartbeat_interval_seconds": 30.0, "return_id": True, "metadata": {"integrations": []}}
    answer = tenant.call("POST", "/work_pools/p/workers/heartbeat", body)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain")
    worker_id = UUID(answer.text)
    (worker,) = tenant.ok("POST", "/work_pools/p/workers/filter", {})
    assert (worker["id"], worker["name"], worker["status"]) == (str(worker_id), "w", "ONLINE")
    assert worker["heartbeat_interval_seconds"] == 30
    again = tenant.call("POST", "/work_pools/p/workers/heartbeat", {"name": "w", "return_id": True})
    assert UUID(again.text) == worker_id


def test_a_heartbeat_without_the_wish_is_204_and_wakes_the_pool(tenant):
    make_pool(tenant, name="p")
    answer = tenant.call("POST", "/work_pools/p/workers/heartbeat", {"name": "w"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert tenant.ok("GET", "/work_pools/p")["status"] == "READY"
    assert events_of(tenant, "prefect.work-pool.") == ["prefect.work-pool.created", "prefect.work-pool.ready"]
    tenant.ok("DELETE", "/work_pools/p/workers/w")
    assert tenant.ok("POST", "/work_pools/p/workers/filter", {}) == []
