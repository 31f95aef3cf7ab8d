"""The data boundary over HTTP: what may not be stored is not, and says so.

A change holds on every process after five seconds; here it is made before the data are first spoken of.
"""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from tests.api.deploying import plan_runs
from tests.api.test_blocks import make_document, make_schema, make_type
from tests.visitor import visit_as, words_of
from tests.world import CLIENT, make_flow, make_flow_run, make_task_run, set_state

NOW = "2026-01-01T00:00:00Z"


def bound(tenant, **rules):
    return tenant.ok("PATCH", "/data_boundary", rules)


def lines(tenant, *messages: str, level: int = 20) -> list[str]:
    body = [
        {"name": "n", "level": level + n, "message": message, "timestamp": NOW} for n, message in enumerate(messages)
    ]
    tenant.ok("POST", "/logs/", body)
    return [line["message"] for line in tenant.ok("POST", "/logs/filter", {"sort": "TIMESTAMP_ASC"})]


def make_deployment(tenant, **fields):
    return tenant.call("POST", "/deployments/", {"name": "d", "flow_id": make_flow(tenant)["id"], **fields})


def test_without_a_boundary_everything_is_stored_and_a_change_is_told(tenant, viewer):
    assert viewer.ok("GET", "/data_boundary") == {
        "parameters": "store", "logs": "store", "least_log_level": 0, "mask_secrets_in_logs": True,
        "artifacts": "store", "largest_inline_result": None, "event_payloads": "store",
    }  # fmt: skip
    changed = bound(tenant, logs="drop")
    assert changed["logs"] == "drop"
    entry = tenant.ok("POST", "/audit_log/filter", {"limit": 1})[0]
    assert (entry["action"], entry["changes"]) == ("data-boundary.updated", {"logs": ["store", "drop"]})


@pytest.mark.parametrize(
    ("_case", "rules"),
    [
        ("no such rule", {"parameters": "forget"}),
        ("no such class", {"thoughts": "drop"}),
        ("below zero", {"largest_inline_result": -1}),
    ],
)
def test_a_rule_that_is_none_changes_nothing(_case, rules, tenant):
    assert tenant.call("PATCH", "/data_boundary", rules).status_code == 422
    assert tenant.ok("GET", "/data_boundary")["parameters"] == "store"


def test_parameters_that_are_refused(tenant):
    bound(tenant, parameters="refuse")
    flow = make_flow(tenant)
    answer = tenant.call("POST", "/flow_runs/", {"flow_id": flow["id"], "parameters": {"x": 1}})
    assert (answer.status_code, answer.json()["detail"][:50]) == (
        403, "The data boundary of this workspace stores no para",
    )  # fmt: skip
    assert make_deployment(tenant, parameters={"x": 1}).status_code == 403
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0
    assert tenant.ok("POST", "/deployments/count", {}) == 0
    assert make_flow_run(tenant, flow_id=flow["id"])["parameters"] == {}


def test_parameters_of_which_only_masks_are_kept(tenant):
    bound(tenant, parameters="mask")
    run = make_flow_run(tenant, parameters={"a": "secret", "b": {"c": [1, None]}})
    stored = {"a": "********", "b": {"c": ["********", None]}}
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["parameters"] == stored
    tenant.ok("PATCH", f"/flow_runs/{run['id']}", {"parameters": {"z": "secret"}})
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["parameters"] == {"z": "********"}
    deployment = make_deployment(tenant).json()
    answer = tenant.call("POST", f"/deployments/{deployment['id']}/create_flow_run", {"parameters": {"x": 1}})
    assert answer.status_code == 403
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1
    assert tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})["parameters"] == {}


PARAMETERS = {"x": 1}
RUN = {"type": "run-deployment", "source": "selected", "deployment_id": "{deployment}", "parameters": PARAMETERS}
CRON = {"cron": "0 3 * * *", "timezone": "UTC"}


@pytest.mark.parametrize("rule", ["refuse", "mask"])
@pytest.mark.parametrize(
    ("_case", "method", "path", "body"),
    [
        ("a deployment", "POST", "/deployments/", {"name": "other", "flow_id": "{flow}", "parameters": PARAMETERS}),
        ("a redeploy", "POST", "/deployments/", {"name": "d", "flow_id": "{flow}", "parameters": PARAMETERS}),
        ("a deployment's schedules", "POST", "/deployments/",
         {"name": "d", "flow_id": "{flow}", "schedules": [{"schedule": CRON, "parameters": PARAMETERS}]}),
        ("a change of a deployment", "PATCH", "/deployments/{deployment}", {"parameters": PARAMETERS}),
        ("a change of its schedules", "PATCH", "/deployments/{deployment}",
         {"schedules": [{"schedule": CRON, "slug": "s", "parameters": PARAMETERS}]}),
        ("a new schedule", "POST", "/deployments/{deployment}/schedules",
         [{"schedule": CRON, "parameters": PARAMETERS}]),
        ("a change of a schedule", "PATCH", "/deployments/{deployment}/schedules/{schedule}",
         {"parameters": PARAMETERS}),
        ("a run of a deployment", "POST", "/deployments/{deployment}/create_flow_run", {"parameters": PARAMETERS}),
        ("an automation that runs it", "POST", "/automations/",
         {"name": "a", "trigger": {"type": "event", "posture": "Reactive", "expect": ["x"], "within": 0},
          "actions": [RUN]}),
    ],
)  # fmt: skip
def test_no_door_takes_parameters_of_what_runs_elsewhere(_case, method, path, body, rule, tenant):
    bound(tenant, parameters=rule)
    deployment = make_deployment(tenant, paused=True, schedules=[{"schedule": CRON, "slug": "s"}]).json()
    known = {
        "flow": deployment["flow_id"], "deployment": deployment["id"], "schedule": deployment["schedules"][0]["id"],
    }  # fmt: skip
    text = json.dumps([path, body])
    for name, id in known.items():
        text = text.replace(f"{{{name}}}", id)
    path, body = json.loads(text)
    answer = tenant.call(method, path, body)
    assert (answer.status_code, answer.json()["detail"][:34]) == (403, "The data boundary of this workspac")
    there = tenant.ok("POST", "/deployments/filter", {})
    assert [(one["name"], one["parameters"]) for one in there] == [("d", {})]
    assert [schedule["parameters"] for schedule in there[0]["schedules"]] == [{}]
    assert (tenant.ok("POST", "/flow_runs/count", {}), tenant.ok("POST", "/automations/count", {})) == (0, 0)


@pytest.mark.parametrize("rule", ["refuse", "mask"])
def test_schedules_that_are_older_than_the_boundary_make_no_runs_with_parameters(rule, tenant):
    schedules = [{"schedule": CRON, "slug": "own", "parameters": PARAMETERS}, {"schedule": CRON, "slug": "bare"}]
    mixed = make_deployment(tenant, paused=True, schedules=schedules).json()
    given = make_deployment(tenant, name="e", paused=True, parameters=PARAMETERS, schedules=schedules).json()
    bound(tenant, parameters=rule)
    for deployment in (given, mixed):
        tenant.ok("PATCH", f"/deployments/{deployment['id']}", {"paused": False})
    plan_runs(tenant, given, mixed)
    runs = tenant.ok("POST", "/flow_runs/filter", {})
    assert {(run["deployment_id"], run["created_by"]["display_value"]) for run in runs} == {(mixed["id"], "bare")}
    assert [run["parameters"] for run in runs] == [{}] * len(runs)
    for deployment, kept_out in ((mixed, 1), (given, 2)):
        words = words_of(visit_as(tenant).get(f"{tenant.ui_url}/deployments/{deployment['id']}"))
        assert ("The data boundary keeps these schedules from making runs" in words, words.count("“")) == (
            True,
            kept_out,
        )


def test_a_bulk_of_runs_is_refused_one_by_one(tenant):
    bound(tenant, parameters="refuse")
    at = f"/deployments/{make_deployment(tenant).json()['id']}/create_flow_run/bulk"
    found = tenant.ok("POST", at, [{"parameters": PARAMETERS}, {}])["results"]
    assert [bool(one.get("flow_run_id")) for one in found] == [False, True]
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1


def test_lines_of_workers_are_kept_out_as_those_of_runs_are(tenant):
    bound(tenant, least_log_level=30)
    lines = [
        {"name": "prefect.workers", "level": level, "message": f"{level}", "timestamp": NOW, "worker_id": str(uuid4())}
        for level in (20, 30)
    ]  # fmt: skip
    tenant.ok("POST", "/logs/", lines)
    assert [line["message"] for line in tenant.ok("POST", "/logs/filter", {})] == ["30"]


def test_logs_that_are_dropped_or_below_a_level(tenant, stranger):
    bound(tenant, logs="drop")
    assert lines(tenant, "one", "two") == []
    bound(stranger, least_log_level=21)
    assert lines(stranger, "info", "more") == ["more"]


SECRETS = [
    ("as it is", "hunter2-canary", "the password is hunter2-canary!", "the password is ********!"),
    ("in an address", "p@ss/word:1", "https://u:p%40ss%2Fword%3A1@host/", "https://u:********@host/"),
    ("with quotes", 'say "friend"', 'got say "friend" and went', "got ******** and went"),
    ("in JSON in a line", 'say "friend"', '{"password": "say \\"friend\\""}', '{"password": "********"}'),
    ("beyond ASCII", "geheim-käse-ß", "was geheim-käse-ß", "was ********"),
    ("a line of several", "-----BEGIN\nMIIEow-canary\n-----END", "found MIIEow-canary there", "found ******** there"),
    ("what patterns are made of", ".*(secret)+[a]", "x .*(secret)+[a] y secreta", "x ******** y secreta"),
    ("a key of the body", "message", "no message", "no ********"),
]


@pytest.mark.parametrize(("_case", "secret", "written", "stored"), SECRETS)
def test_a_secret_of_a_block_is_masked_in_log_lines(_case, secret, written, stored, tenant):
    make_document(tenant, make_schema(tenant, make_type(tenant)), user="u", password=secret)
    assert lines(tenant, written, "harmless") == [stored, "harmless"]


def test_what_is_not_secret_in_a_block_is_not_masked(tenant):
    make_document(tenant, make_schema(tenant, make_type(tenant)), user="somebody", password="short")
    assert lines(tenant, "somebody made it short") == ["somebody made it short"]


def test_masking_can_be_switched_off(tenant):
    make_document(tenant, make_schema(tenant, make_type(tenant)), password="hunter2-canary")
    bound(tenant, mask_secrets_in_logs=False)
    assert lines(tenant, "hunter2-canary") == ["hunter2-canary"]


def test_artifacts_that_are_refused(tenant):
    bound(tenant, artifacts="refuse")
    assert tenant.call("POST", "/artifacts/", {"key": "k", "data": "x"}).status_code == 403
    assert tenant.call("PATCH", f"/artifacts/{uuid4()}", {"data": "x"}).status_code == 403
    assert tenant.ok("POST", "/artifacts/count", {}) == 0


def test_a_run_ends_with_its_reference_where_artifacts_are_refused(tenant):
    bound(tenant, artifacts="refuse")
    run = make_flow_run(tenant, "RUNNING")
    set_state(tenant, run["id"], "COMPLETED", data={"storage_key": "abc", "expiration": None})
    there = tenant.ok("GET", f"/flow_runs/{run['id']}")
    assert (there["state_type"], there["state"]["data"]) == ("COMPLETED", {"storage_key": "abc", "expiration": None})
    assert tenant.ok("POST", "/artifacts/count", {}) == 0


def test_a_result_over_the_limit_is_refused_and_a_reference_is_not(tenant):
    bound(tenant, largest_inline_result=100)
    run = make_flow_run(tenant, "RUNNING")
    body = {"state": {"type": "COMPLETED", "data": {"type": "literal", "value": "x" * 100}}, "force": False}
    answer = tenant.call("POST", f"/flow_runs/{run['id']}/set_state", body)
    assert (answer.status_code, tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"]) == (403, "RUNNING")
    set_state(tenant, run["id"], "COMPLETED", data={"storage_key": "abc", "expiration": None})
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["state"]["data"] == {"storage_key": "abc", "expiration": None}


LARGE = {"type": "COMPLETED", "data": {"type": "literal", "value": "canary" * 100}}


@pytest.mark.parametrize(
    ("_case", "path", "body"),
    [
        ("a new run", "/flow_runs/", {"flow_id": "{flow}", "state": LARGE}),
        (
            "a new task run",
            "/task_runs/",
            {"flow_run_id": "{run}", "task_key": "t", "dynamic_key": "1", "state": LARGE},
        ),
        ("a run", "/flow_runs/{run}/set_state", {"state": LARGE}),
        ("a run, by force", "/flow_runs/{run}/set_state", {"state": LARGE, "force": True}),
        ("a task run", "/task_runs/{task}/set_state", {"state": LARGE}),
        ("many runs", "/flow_runs/bulk_set_state", {"flow_runs": {"id": {"any_": ["{run}"]}}, "state": LARGE}),
    ],
)  # fmt: skip
def test_no_door_takes_a_large_result(_case, path, body, tenant):
    bound(tenant, largest_inline_result=100)
    run = make_flow_run(tenant, "RUNNING")
    task = make_task_run(tenant, run["id"], state={"type": "RUNNING"})
    text = json.dumps([path, body])
    for name, id in (("flow", run["flow_id"]), ("run", run["id"]), ("task", task["id"])):
        text = text.replace(f"{{{name}}}", id)
    path, body = json.loads(text)
    answer = tenant.call("POST", path, body)
    if "bulk" in path:
        assert [one["status"] for one in answer.json()["results"]] == ["ABORT"]
    else:
        assert (answer.status_code, "canary" in answer.text) == (403, False)
    runs, tasks = tenant.ok("POST", "/flow_runs/filter", {}), tenant.ok("POST", "/task_runs/filter", {})
    assert [one["state_type"] for one in (*runs, *tasks)] == ["RUNNING", "RUNNING"]
    assert "canary" not in json.dumps([runs, tasks, tenant.ok("POST", "/artifacts/filter", {})])


def test_a_large_result_in_an_event_of_a_task_run_is_left_out(tenant):
    bound(tenant, largest_inline_result=100)
    event = {
        "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": "prefect.task-run.Completed",
        "resource": {"prefect.resource.id": f"prefect.task-run.{uuid4()}", "prefect.orchestration": "client"},
        "payload": {
            "intended": {"from": None, "to": "COMPLETED"}, "validated_state": {**LARGE, "name": "Completed"},
            "task_run": {"task_key": "t", "dynamic_key": "1", "name": "t-1"},
        },
    }  # fmt: skip
    tenant.ok("POST", "/events", [event])
    asked = {"filter": {"event": {"name": ["prefect.task-run.Completed"]}}}
    (found,) = tenant.ok("POST", "/events/filter", asked)["events"]
    (task,) = tenant.ok("POST", "/task_runs/filter", {})
    assert (found["payload"]["validated_state"]["data"], task["state_type"]) == (None, "COMPLETED")
    assert "canary" not in json.dumps([found, task])


def test_payloads_of_webhooks_are_dropped(tenant):
    bound(tenant, event_payloads="drop")
    fine = '{"event": "called", "resource": {"prefect.resource.id": "x"}, "payload": {"a": "{{ body.a }}"}}'
    for template, status in ((fine, 204), ('{"event": "{{ body.a }}"}', 400)):
        slug = tenant.ok("POST", "/webhooks/", {"name": "w", "template": template})["slug"]
        assert CLIENT.post(f"{tenant.url}/hooks/{slug}", json={"a": "canary"}).status_code == status
    names = ["called", "prefect-cloud.webhook.failed", "prefect-cloud.webhook.received"]
    found = tenant.ok("POST", "/events/filter", {"filter": {"event": {"name": names}}})["events"]
    assert sorted((one["event"], json.dumps(one["payload"])) for one in found) == [(name, "{}") for name in names]


def test_payloads_that_are_dropped(tenant):
    bound(tenant, event_payloads="drop")
    event = {
        "id": str(uuid4()), "occurred": datetime.now(UTC).isoformat(), "event": "theirs.happened",
        "resource": {"prefect.resource.id": "theirs.1"}, "payload": {"secret": "canary"},
    }  # fmt: skip
    tenant.ok("POST", "/events", [event])
    found = tenant.ok("POST", "/events/filter", {"filter": {"event": {"name": ["theirs.happened"]}}})["events"]
    assert [(one["id"], one["payload"]) for one in found] == [(event["id"], {})]
