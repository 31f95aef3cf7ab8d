"""Deployments over HTTP."""

from uuid import uuid4

import pytest

from tests.api.deploying import SCHEMA, events_of, make_deployment, make_pool, run, scheduled_runs
from tests.world import make_flow


def read(tenant, deployment):
    return tenant.ok("GET", f"/deployments/{deployment['id']}")


def test_a_new_deployment_is_201_and_a_redeploy_200(tenant):
    flow = make_flow(tenant, labels={"team": "x"})
    body = {"name": "d", "flow_id": flow["id"], "parameters": {"a": 1}, "description": "kept", "tags": ["a"]}
    created = tenant.call("POST", "/deployments/", {**body, "schedules": [{"schedule": {"cron": "@daily"}}]})
    again = tenant.call("POST", "/deployments/", {"name": "d", "flow_id": flow["id"]})
    assert (created.status_code, again.status_code) == (201, 200)
    assert created.json()["id"] == again.json()["id"]
    assert created.json()["labels"] == {"team": "x", "prefect.flow.id": flow["id"]}
    assert len(created.json()["schedules"]) == 1
    redeployed = again.json()
    assert (redeployed["parameters"], redeployed["schedules"]) == ({}, [])
    assert (redeployed["description"], redeployed["tags"]) == ("kept", ["a"])
    assert events_of(tenant, "prefect.deployment.") == ["prefect.deployment.created", "prefect.deployment.updated"]


def test_the_defaults_of_a_deployment(tenant):
    made = make_deployment(tenant)
    for name in ("id", "created", "updated", "name", "flow_id", "labels", "created_by", "updated_by"):
        made.pop(name)
    assert made == {
        "version": None,
        "description": None,
        "paused": False,
        "schedules": [],
        "concurrency_limit": None,
        "global_concurrency_limit": None,
        "concurrency_options": None,
        "job_variables": {},
        "parameters": {},
        "tags": [],
        "work_queue_name": None,
        "work_queue_id": None,
        "last_polled": None,
        "parameter_openapi_schema": {},
        "path": None,
        "pull_steps": [],
        "entrypoint": None,
        "storage_document_id": None,
        "infrastructure_document_id": None,
        "work_pool_name": None,
        "status": "NOT_READY",
        "enforce_parameter_schema": False,
    }


def test_what_a_2_20_client_sends_is_understood(tenant):
    made = make_deployment(
        tenant,
        infra_overrides={"env": {"A": "1"}},
        manifest_path=None,
        schedule={"cron": "0 0 * * *"},
        is_schedule_active=False,
    )
    assert (made["job_variables"], made["paused"]) == ({"env": {"A": "1"}}, True)
    assert [schedule["schedule"]["cron"] for schedule in made["schedules"]] == ["0 0 * * *"]
    body = [{"schedule": {"interval": 60}, "catchup": False, "max_active_runs": 3}]
    assert tenant.call("POST", f"/deployments/{made['id']}/schedules", body).status_code == 201
    assert tenant.ok("POST", f"/deployments/{made['id']}/set_schedule_active") is None
    assert read(tenant, made)["paused"] is False
    tenant.ok("POST", f"/deployments/{made['id']}/set_schedule_inactive")
    assert read(tenant, made)["paused"] is True
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"infra_overrides": {}, "is_schedule_active": True})
    assert (read(tenant, made)["job_variables"], read(tenant, made)["paused"]) == ({}, False)


def test_what_cloud_clients_add_is_accepted(tenant):
    made = make_deployment(
        tenant, version_info={"type": "git", "version": "abc", "url": "x"}, branch="b", disabled=False
    )
    assert made["paused"] is False


def test_an_unknown_key_is_refused(tenant):
    flow = make_flow(tenant)
    answer = tenant.call("POST", "/deployments/", {"name": "d", "flow_id": flow["id"], "x": 1})
    assert answer.status_code == 422
    assert answer.json()["exception_detail"] == [
        {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted", "input": 1}
    ]


def test_the_limit_of_a_deployment_is_made_changed_and_taken_away(tenant):
    made = make_deployment(tenant, concurrency_limit=2)
    limit = made["global_concurrency_limit"]
    assert (limit["name"], limit["limit"], limit["active_slots"]) == (f"deployment:{made['id']}", 2, 0)
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"concurrency_limit": 5})
    changed = read(tenant, made)["global_concurrency_limit"]
    assert (changed["id"], changed["limit"]) == (limit["id"], 5)
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"concurrency_limit": None})
    assert read(tenant, made)["global_concurrency_limit"] is None
    assert tenant.call("GET", f"/v2/concurrency_limits/{limit['id']}").status_code == 404


def test_a_deployment_takes_its_limit_and_its_waiting_runs_along(tenant):
    made = make_deployment(tenant, concurrency_limit=2, schedules=[{"schedule": {"cron": "0 0 * * *"}}])
    waiting = run(tenant, made)
    tenant.ok("POST", f"/deployments/{made['id']}/schedule", {})
    tenant.ok("DELETE", f"/deployments/{made['id']}")
    assert tenant.call("GET", f"/flow_runs/{waiting['id']}").status_code == 404
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0
    assert tenant.ok("POST", "/v2/concurrency_limits/filter", {}) == []
    assert events_of(tenant, "prefect.deployment.") == ["prefect.deployment.created", "prefect.deployment.deleted"]


def test_deployments_of_others_do_not_exist(tenant, stranger):
    made = make_deployment(tenant, name="d")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"description": "mine"}),
        ("DELETE", "", None),
        ("POST", "/create_flow_run", {}),
        ("POST", "/pause_deployment", None),
        ("GET", "/schedules", None),
    ):
        assert stranger.call(method, f"/deployments/{made['id']}{path}", body).status_code == 404
    assert stranger.ok("POST", "/deployments/filter", {}) == []
    body = {"name": "d", "flow_id": made["flow_id"]}
    assert stranger.call("POST", "/deployments/", body).status_code == 409
    assert read(tenant, made) == made


def test_a_viewer_may_not_run_it(tenant, viewer):
    made = make_deployment(tenant)
    assert viewer.call("POST", f"/deployments/{made['id']}/create_flow_run", {}).status_code == 403
    assert viewer.call("GET", f"/deployments/{made['id']}").json() == made


def test_filter_by_tag_and_paused(tenant):
    one = make_deployment(tenant, name="one", tags=["a", "b"])
    make_deployment(tenant, name="two", tags=["a"], paused=True)
    names = lambda **filters: [d["name"] for d in tenant.ok("POST", "/deployments/filter", {"deployments": filters})]  # noqa: E731
    assert names(tags={"all_": ["a"]}) == ["one", "two"]
    assert names(tags={"all_": ["a", "b"]}) == ["one"]
    assert names(paused={"eq_": True}) == ["two"]
    assert names(is_schedule_active={"eq_": True}) == ["one"]
    tenant.ok("PATCH", f"/deployments/{one['id']}", {"tags": ["c"]})
    assert names(tags={"all_": ["b"]}) == []


# --- runs of a deployment --------------------------------------------------------------------------------------------


def test_a_run_inherits_from_its_deployment(tenant):
    pool = make_pool(tenant)
    made = make_deployment(
        tenant, work_pool_name=pool["name"], parameters={"a": 1, "b": 2}, tags=["x"], labels={"k": 1}
    )
    created = run(tenant, made, name="r", parameters={"b": 3}, tags=["y", "x"], labels={"l": True})
    assert created["parameters"] == {"a": 1, "b": 3}
    assert created["tags"] == ["x", "y"]
    assert created["labels"] == {
        "k": 1,
        "l": True,
        "prefect.flow.id": made["flow_id"],
        "prefect.deployment.id": made["id"],
    }
    assert (created["work_pool_name"], created["work_queue_name"]) == (pool["name"], "default")
    assert (created["state_type"], created["state_name"]) == ("SCHEDULED", "Scheduled")
    assert created["expected_start_time"] == created["state"]["state_details"]["scheduled_time"]
    read_back = tenant.ok("GET", f"/flow_runs/{created['id']}")
    assert {**read_back, "estimated_start_time_delta": 0} == {**created, "estimated_start_time_delta": 0}


def test_an_idempotency_key_gives_the_first_run(tenant):
    made = make_deployment(tenant)
    path = f"/deployments/{made['id']}/create_flow_run"
    first = tenant.call("POST", path, {"idempotency_key": "k", "name": "first"})
    second = tenant.call("POST", path, {"idempotency_key": "k", "name": "second"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["name"]) == (first.json()["id"], "first")


@pytest.mark.parametrize(
    ("_case", "body", "status", "detail"),
    [
        (
            "a wrong type",
            {"parameters": {"a": "x"}},
            409,
            "Error creating flow run: Validation failed for field 'a'. Failure reason: 'x' is not of type 'integer'",
        ),
        (
            "left out",
            {},
            409,
            "Error creating flow run: Validation failed. Failure reason: 'a' is a required property",
        ),
        (
            "an unknown variable",
            {"parameters": {"a": {"__prefect_kind": "workspace_variable", "variable_name": "nov"}}},
            400,
            "Error hydrating flow run parameters: Variable 'nov' not found in workspace.",
        ),
        (
            "a greedy template",
            {"parameters": {"a": {"__prefect_kind": "jinja", "template": "{{ 'a' * 1000000000 }}"}}},
            400,
            "Error hydrating flow run parameters: Invalid jinja: mul is not allowed here",
        ),
    ],
)
def test_parameters_that_do_not_fit_make_no_run(tenant, _case, body, status, detail):
    made = make_deployment(tenant, parameter_openapi_schema=SCHEMA, enforce_parameter_schema=True)
    answer = tenant.call("POST", f"/deployments/{made['id']}/create_flow_run", body)
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_a_workspace_variable_becomes_its_value(tenant):
    tenant.ok("POST", "/variables/", {"name": "v", "value": {"k": [1]}})
    made = make_deployment(tenant)
    template = {"__prefect_kind": "workspace_variable", "variable_name": "v"}
    assert run(tenant, made, parameters={"a": template})["parameters"] == {"a": {"k": [1]}}
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"parameters": {"b": template}})
    assert read(tenant, made)["parameters"] == {"b": {"k": [1]}}


def test_one_bad_run_of_many_does_not_hold_up_the_others(tenant):
    made = make_deployment(tenant, parameter_openapi_schema=SCHEMA, enforce_parameter_schema=True)
    answer = tenant.ok(
        "POST",
        f"/deployments/{made['id']}/create_flow_run/bulk",
        [{"parameters": {"a": 1}}, {"parameters": {"a": "x"}}],
    )
    created, failed = answer["results"]
    assert (created["status"], created["error"]) == ("CREATED", None)
    assert failed == {
        "flow_run_id": None,
        "status": "FAILED",
        "error": "Parameter validation failed: Validation failed for field 'a'. "
        "Failure reason: 'x' is not of type 'integer'",
    }
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1


# --- schedules -------------------------------------------------------------------------------------------------------


def test_runs_are_scheduled_once_and_go_with_a_redeploy(tenant):
    flow = make_flow(tenant)
    schedules = [{"schedule": {"cron": "0 0 * * *"}, "slug": "nightly", "parameters": {"a": 2}}]
    made = make_deployment(
        tenant, flow_id=flow["id"], name="d", parameters={"a": 1, "b": 1}, tags=["t"], schedules=schedules
    )
    for _ in range(2):
        tenant.ok("POST", f"/deployments/{made['id']}/schedule", {})
    runs = scheduled_runs(tenant, made)
    assert len(runs) == 3
    first = runs[0]
    schedule_id = made["schedules"][0]["id"]
    assert first["parameters"] == {"a": 2, "b": 1}
    assert sorted(first["tags"]) == ["auto-scheduled", "t"]
    assert first["created_by"] == {"id": schedule_id, "type": "SCHEDULE", "display_value": "nightly"}
    assert first["expected_start_time"].endswith("T00:00:00Z")
    day = first["expected_start_time"][:10]
    assert first["idempotency_key"] == f"scheduled {made['id']} {schedule_id} {day} 00:00:00+00:00"
    assert first["auto_scheduled"] is True
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"description": "new", "paused": True})
    assert scheduled_runs(tenant, made) == []


def test_pausing_takes_the_scheduled_runs_away(tenant):
    made = make_deployment(tenant, schedules=[{"schedule": {"cron": "0 0 * * *"}}])
    kept = run(tenant, made)
    tenant.ok("POST", f"/deployments/{made['id']}/schedule", {})
    assert len(scheduled_runs(tenant, made)) == 3
    tenant.ok("POST", f"/deployments/{made['id']}/pause_deployment")
    assert scheduled_runs(tenant, made) == []
    tenant.ok("POST", f"/deployments/{made['id']}/schedule", {})
    assert scheduled_runs(tenant, made) == []
    assert tenant.call("GET", f"/flow_runs/{kept['id']}").status_code == 200


def test_two_slugs_are_swapped(tenant):
    schedules = [{"schedule": {"interval": 60}, "slug": "a"}, {"schedule": {"interval": 120}, "slug": "b"}]
    made = make_deployment(tenant, schedules=schedules)
    before = {schedule["slug"]: schedule["id"] for schedule in made["schedules"]}
    swap = [{"slug": "a", "replaces": "b"}, {"slug": "b", "replaces": "a"}]
    tenant.ok("PATCH", f"/deployments/{made['id']}", {"schedules": swap})
    after = {schedule["slug"]: schedule["id"] for schedule in tenant.ok("GET", f"/deployments/{made['id']}/schedules")}
    assert after == {"a": before["b"], "b": before["a"]}


@pytest.mark.parametrize(
    ("_case", "schedule", "message"),
    [
        ("a bad cron", {"cron": "bad"}, 'Value error, Invalid cron string: "bad"'),
        (
            "no such zone",
            {"cron": "@daily", "timezone": "Mars/X"},
            'Value error, Invalid timezone: "Mars/X" (specify in IANA tzdata format, for example, America/New_York)',
        ),
        ("never", {"interval": 0}, "Value error, interval must be positive"),
    ],
)
def test_a_bad_schedule_is_refused(tenant, _case, schedule, message):
    flow = make_flow(tenant)
    body = {"name": "d", "flow_id": flow["id"], "schedules": [{"schedule": schedule}]}
    answer = tenant.call("POST", "/deployments/", body)
    assert answer.status_code == 422
    assert [finding["msg"] for finding in answer.json()["exception_detail"]] == [message]
    assert tenant.ok("POST", "/deployments/count", {}) == 0


def test_a_schedule_that_is_not_there(tenant):
    made = make_deployment(tenant)
    for method, body in (("PATCH", {}), ("DELETE", None)):
        answer = tenant.call(method, f"/deployments/{made['id']}/schedules/{uuid4()}", body)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Schedule not found."})


def test_serve_polls_its_deployments(tenant):
    made, other = make_deployment(tenant), make_deployment(tenant)
    run(tenant, made, name="mine")
    run(tenant, other, name="not mine")
    runs = tenant.ok("POST", "/deployments/get_scheduled_flow_runs", {"deployment_ids": [made["id"]]})
    assert [(item["name"], item["state"]["type"]) for item in runs] == [("mine", "SCHEDULED")]
    assert read(tenant, made)["status"] == "READY"
    assert read(tenant, other)["status"] == "NOT_READY"
