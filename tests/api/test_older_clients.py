"""What 2.x clients are answered where they would not understand what 3.x clients get."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.deploying import make_deployment, run
from tests.world import make_flow_run, set_state

OLD = {"User-Agent": "prefect/2.20.26 (API 0.8.4)"}
NEWER_KEYS = {"infra_overrides", "schedule", "is_schedule_active", "manifest_path"}
CRON = {"cron": "0 3 * * *", "timezone": None, "day_or": True}


def due(minutes):
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    return {"type": "SCHEDULED", "state_details": {"scheduled_time": moment.isoformat()}}


def old(tenant, method, path, json=None):
    return tenant.ok(method, path, json, headers=OLD)


@pytest.mark.parametrize(
    ("_case", "schedules", "named"),
    [
        ("none", [], None),
        ("one", [{"schedule": CRON}], CRON),
        ("one that is not active", [{"schedule": CRON, "active": False}], None),
        ("two", [{"schedule": CRON}, {"schedule": {"cron": "0 4 * * *"}}], None),
    ],
)
def test_a_deployment_names_its_schedule_if_it_is_the_only_one(tenant, _case, schedules, named):
    made = make_deployment(tenant, schedules=schedules, job_variables={"env": {"A": "b"}})
    seen = old(tenant, "GET", f"/deployments/{made['id']}")
    assert {key: seen[key] for key in NEWER_KEYS} == {
        "infra_overrides": {"env": {"A": "b"}},
        "schedule": named,
        "is_schedule_active": True,
        "manifest_path": None,
    }
    assert {key: value for key, value in seen.items() if key not in NEWER_KEYS} == made
    assert old(tenant, "POST", "/deployments/filter", {}) == [seen]


def test_a_deployment_says_that_it_is_paused_in_the_older_words(tenant):
    made = make_deployment(tenant, paused=True)
    assert old(tenant, "GET", f"/deployments/{made['id']}")["is_schedule_active"] is False
    assert old(tenant, "POST", f"/deployments/{made['id']}/set_schedule_active") is None
    assert old(tenant, "GET", f"/deployments/{made['id']}")["is_schedule_active"] is True
    assert old(tenant, "POST", f"/deployments/{made['id']}/set_schedule_inactive") is None
    assert tenant.ok("GET", f"/deployments/{made['id']}")["paused"] is True


@pytest.mark.parametrize("agent", ["prefect/3.8.8 (API 0.8.4)", "curl/8", ""])
def test_other_clients_get_the_names_of_3_x_only(tenant, agent):
    made = make_deployment(tenant)
    seen = tenant.ok("GET", f"/deployments/{made['id']}", headers={"User-Agent": agent})
    assert set(seen) & NEWER_KEYS == set()


@pytest.mark.parametrize(
    ("_case", "value", "text"),
    [
        ("text", "eu", "eu"),
        ("text that looks like JSON", '{"a": 1}', '{"a": 1}'),
        ("a number", 2.5, "2.5"),
        ("an object", {"a": [1, None]}, '{"a":[1,null]}'),
        ("nothing", None, "null"),
    ],
)
def test_a_variable_is_text(tenant, _case, value, text):
    made = tenant.ok("POST", "/variables/", {"name": "v", "value": value})
    assert old(tenant, "GET", "/variables/name/v") == {**made, "value": text}
    assert old(tenant, "GET", f"/variables/{made['id']}") == {**made, "value": text}
    assert old(tenant, "POST", "/variables/filter", {}) == [{**made, "value": text}]
    assert tenant.ok("GET", "/variables/name/v")["value"] == value


def test_a_queue_with_a_filter_takes_runs_by_tags_and_deployments(tenant):
    wanted = make_deployment(tenant, tags=["a", "b"], work_queue_name="elsewhere")
    other = make_deployment(tenant, tags=["a"], work_queue_name="elsewhere")
    # A queue's own name means nothing once it has a filter.
    named = make_deployment(tenant, work_queue_name="by-tags")
    first = run(tenant, wanted, name="first", state=due(-3))
    run(tenant, other, name="second", state=due(-2))
    run(tenant, named, name="third", state=due(-1))

    def takes(name, queue_filter, **fields):
        found = [queue for queue in tenant.ok("POST", "/work_queues/filter", {}) if queue["name"] == name]
        body = {"name": name, "filter": queue_filter, **fields}
        queue = found[0] if found else tenant.ok("POST", "/work_queues/", body)
        tenant.ok("PATCH", f"/work_queues/{queue['id']}", {"filter": queue_filter, **fields})
        return [item["name"] for item in tenant.ok("POST", f"/work_queues/{queue['id']}/get_runs", {})]

    assert takes("by-tags", {"tags": ["a"]}) == ["first", "second"]
    assert takes("by-tags", {"tags": ["a", "b"]}) == ["first"]
    assert takes("by-tags", {"tags": ["a"], "deployment_ids": [other["id"]]}) == ["second"]
    assert takes("by-tags", {"tags": [], "deployment_ids": None}) == ["first", "second", "third"]
    assert takes("by-tags", {"tags": ["nowhere"]}) == []
    assert takes("by-tags", None) == ["third"]
    assert takes("by-tags", {"tags": ["a"]}, concurrency_limit=1) == ["first"]
    set_state(tenant, first["id"], "PENDING")
    assert takes("by-tags", {"tags": ["a"]}, concurrency_limit=1) == []
    assert takes("by-tags", {"tags": ["a"]}, concurrency_limit=2) == ["second"]
    assert takes("by-tags", {"tags": ["a"]}, is_paused=True) == []


@pytest.mark.parametrize(
    ("_case", "method", "path", "body"),
    [
        ("its runs", "POST", "/get_runs", {"exception_message": "Work queue with id {id} not found."}),
        ("its status", "GET", "/status", {"exception_message": "Work queue with id {id} not found"}),
        ("itself", "GET", "", {"detail": "work queue not found"}),
        ("a change", "PATCH", "", {"detail": "Work Queue {id} not found"}),
        ("its end", "DELETE", "", {"detail": "work queue not found"}),
    ],
)
def test_a_queue_of_somebody_else_is_not_there(tenant, stranger, _case, method, path, body):
    queue = tenant.ok("POST", "/work_queues/", {"name": "q"})
    answer = stranger.call(method, f"/work_queues/{queue['id']}{path}", {} if method != "GET" else None)
    assert (answer.status_code, answer.json()) == (404, {k: v.format(id=queue["id"]) for k, v in body.items()})


def test_a_queue_is_healthy_while_it_is_polled_and_nothing_is_late(tenant):
    queue = tenant.ok("POST", "/work_queues/", {"name": "q"})
    path = f"/work_queues/{queue['id']}"
    policy = {"maximum_late_runs": 0, "maximum_seconds_since_last_polled": 60}
    assert tenant.ok("GET", f"{path}/status") == {
        "healthy": False,
        "late_runs_count": 0,
        "last_polled": None,
        "health_check_policy": policy,
    }
    assert tenant.ok("POST", f"{path}/get_runs", {"limit": 10}) == []
    polled = tenant.ok("GET", f"{path}/status")
    assert (polled["healthy"], polled["last_polled"]) == (True, tenant.ok("GET", path)["last_polled"])
    late = run(tenant, make_deployment(tenant, work_queue_name="q"), state=due(-60))
    set_state(tenant, late["id"], "SCHEDULED", name="Late", force=True)
    seen = tenant.ok("GET", f"{path}/status")
    assert (seen["healthy"], seen["late_runs_count"]) == (False, 1)


def test_a_name_is_taken_once(tenant):
    tenant.ok("POST", "/work_queues/", {"name": "q"})
    answer = tenant.call("POST", "/work_queues/", {"name": "q"})
    assert (answer.status_code, answer.json()) == (409, {"detail": "A work queue with this name already exists."})


@pytest.mark.parametrize(
    ("_case", "headers", "in_a_flow", "state", "deferred"),
    [
        ("submitted by 2.20", OLD, False, due(0), True),
        ("of a flow", OLD, True, due(0), False),
        ("begun at once", OLD, False, {"type": "PENDING"}, False),
        ("scheduled by 3.x, which says so itself", {"User-Agent": "prefect/3.8.8 (API 0.8.4)"}, False, due(0), False),
    ],
)
def test_what_2_x_submits_to_a_task_server_waits_for_one(tenant, _case, headers, in_a_flow, state, deferred):
    flow_run = make_flow_run(tenant)["id"] if in_a_flow else None
    body = {"task_key": "work", "dynamic_key": "0", "flow_run_id": flow_run, "state": state}
    made = tenant.ok("POST", "/task_runs/", body, headers=headers)
    details = tenant.ok("GET", f"/task_runs/{made['id']}")["state"]["state_details"]
    assert (made["state"]["state_details"]["deferred"], details["deferred"]) == (deferred, deferred)
