"""Task runs that are orchestrated here, and log lines, over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.world import make_flow_run, make_task_run, set_state


def test_a_task_run_is_made_once_by_its_natural_key(tenant):
    run = make_flow_run(tenant, "RUNNING")
    body = {"flow_run_id": run["id"], "task_key": "t", "dynamic_key": "0", "name": "t-0", "tags": ["a"]}
    first = tenant.call("POST", "/task_runs/", body)
    again = tenant.call("POST", "/task_runs/", body | {"name": "other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["name"]) == (first.json()["id"], "t-0")
    assert first.json()["labels"]["prefect.flow-run.id"] == run["id"]


def test_also_without_a_flow_run(tenant):
    body = {"flow_run_id": None, "task_key": "t", "dynamic_key": "0"}
    assert tenant.call("POST", "/task_runs/", body).status_code == 201
    assert tenant.call("POST", "/task_runs/", body).status_code == 200


def test_a_client_may_choose_the_id_but_not_take_one(tenant, stranger):
    id = str(uuid4())
    assert make_task_run(tenant, id=id)["id"] == id
    answer = tenant.call("POST", "/task_runs/", {"id": id, "task_key": "t", "dynamic_key": "other"})
    assert answer.status_code == 409
    # The same id in another workspace is another task run.
    assert make_task_run(stranger, id=id)["id"] == id


def test_tasks_run_only_inside_a_running_flow(tenant):
    run = make_flow_run(tenant, "PENDING")
    task = make_task_run(tenant, run["id"])
    refused = set_state(tenant, task["id"], "RUNNING", kind="task_runs")
    assert (refused["status"], refused["details"]["reason"]) == (
        "ABORT",
        "The enclosing flow must be running to begin task execution.",
    )
    set_state(tenant, run["id"], "RUNNING")
    assert set_state(tenant, task["id"], "RUNNING", kind="task_runs")["status"] == "ACCEPT"


def test_a_failed_task_is_retried(tenant):
    run = make_flow_run(tenant, "RUNNING")
    task = make_task_run(tenant, run["id"], empirical_policy={"retries": 1, "retry_delay": 0})
    set_state(tenant, task["id"], "RUNNING", kind="task_runs")
    retry = set_state(tenant, task["id"], "FAILED", kind="task_runs")
    assert (retry["status"], retry["state"]["name"]) == ("REJECT", "AwaitingRetry")
    assert set_state(tenant, task["id"], "RUNNING", kind="task_runs")["state"]["name"] == "Retrying"
    assert set_state(tenant, task["id"], "FAILED", kind="task_runs")["status"] == "ACCEPT"
    read = tenant.ok("GET", f"/task_runs/{task['id']}")
    assert (read["state_type"], read["run_count"], read["flow_run_run_count"]) == ("FAILED", 2, 1)


def test_a_cached_state_is_taken_over(tenant):
    run = make_flow_run(tenant, "RUNNING")
    details = {"state_details": {"cache_key": "k"}}
    first, second = make_task_run(tenant, run["id"]), make_task_run(tenant, run["id"])
    set_state(tenant, first["id"], "RUNNING", kind="task_runs", **details)
    set_state(tenant, first["id"], "COMPLETED", kind="task_runs", data={"storage_key": "s"}, **details)
    cached = set_state(tenant, second["id"], "RUNNING", kind="task_runs", **details)
    assert (cached["status"], cached["state"]["type"], cached["state"]["name"]) == ("REJECT", "COMPLETED", "Cached")
    assert cached["state"]["data"] == {"storage_key": "s"}
    assert cached["details"]["reason"] == "Retrieved state from cache"


def test_background_tasks_are_found_by_asking_for_no_flow_run(tenant):
    task = make_task_run(tenant)
    in_flow = make_task_run(tenant, make_flow_run(tenant, "RUNNING")["id"])
    no_flow = {"task_runs": {"flow_run_id": {"is_null_": True}}}
    assert [run["id"] for run in tenant.ok("POST", "/task_runs/filter", no_flow)] == [task["id"]]
    some_flow = {"task_runs": {"flow_run_id": {"any_": [in_flow["flow_run_id"]]}}}
    assert [run["id"] for run in tenant.ok("POST", "/task_runs/filter", some_flow)] == [in_flow["id"]]


def test_it_is_renamed_and_deleted(tenant):
    task = make_task_run(tenant)
    assert tenant.call("PATCH", f"/task_runs/{task['id']}", {"name": "new"}).status_code == 204
    assert tenant.ok("GET", f"/task_runs/{task['id']}")["name"] == "new"
    assert tenant.call("DELETE", f"/task_runs/{task['id']}").status_code == 204
    answer = tenant.call("GET", f"/task_runs/{task['id']}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Task not found"})


def lines(run_id: str, *messages: str) -> list[dict]:
    start = datetime.now(UTC)
    return [
        {
            "name": "l",
            "level": 20,
            "message": message,
            "timestamp": (start + timedelta(seconds=n)).isoformat(),
            "flow_run_id": run_id,
        }
        for n, message in enumerate(messages)
    ]


def test_log_lines_are_kept_in_order(tenant):
    run_id = str(uuid4())  # a run need not exist
    batch = lines(run_id, "one", "two", "three")
    answer = tenant.call("POST", "/logs/", batch)
    assert (answer.status_code, answer.json()) == (201, None)
    found = tenant.ok("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_ASC"})
    assert [line["message"] for line in found] == ["one", "two", "three"]
    assert (found[0]["level"], found[0]["name"], found[0]["task_run_id"]) == (20, "l", None)


def test_lines_of_a_worker_have_no_run(tenant):
    line = {
        "name": "worker",
        "level": 30,
        "message": "m",
        "timestamp": "2026-11-22 10:00:00+00:00",
        "worker_id": str(uuid4()),
    }
    tenant.ok("POST", "/logs/", [line])
    (found,) = tenant.ok("POST", "/logs/filter", {})
    assert (found["worker_id"], found["flow_run_id"], found["timestamp"]) == (
        line["worker_id"],
        None,
        "2026-11-22T10:00:00Z",
    )


def test_nul_characters_are_taken_out_of_a_line(tenant):
    tenant.ok("POST", "/logs/", lines(str(uuid4()), "a\x00b", "back\\u0000slash"))
    assert [line["message"] for line in tenant.ok("POST", "/logs/filter", {})] == ["ab", "back\\u0000slash"]


def test_one_bad_line_refuses_the_batch(tenant):
    batch = lines(str(uuid4()), "good", "bad")
    batch[1]["level"] = "high"
    answer = tenant.call("POST", "/logs/", batch)
    assert answer.status_code == 422
    (finding,) = answer.json()["exception_detail"]
    assert (finding["type"], finding["loc"], finding["input"]) == ("int_parsing", ["body", 1, "level"], "high")
    assert tenant.ok("POST", "/logs/filter", {}) == []


def test_text_search_and_level(tenant):
    tenant.ok("POST", "/logs/", lines(str(uuid4()), "Connection refused", "connection made", "100% done"))
    for query, found in (("connection -refused", ["connection made"]), ("100%", ["100% done"]), ("%", ["100% done"])):
        body = {"logs": {"text": {"query": query}}}
        assert [line["message"] for line in tenant.ok("POST", "/logs/filter", body)] == found
    assert tenant.ok("POST", "/logs/filter", {"logs": {"level": {"ge_": 30}}}) == []


def test_a_run_s_lines_are_downloaded_as_csv(tenant):
    run = make_flow_run(tenant, name="crafty")
    tenant.ok("POST", "/logs/", lines(run["id"], 'say "hi", then', "two"))
    answer = tenant.call("GET", f"/flow_runs/{run['id']}/logs/download")
    assert answer.headers["content-type"] == "text/csv"
    assert answer.headers["content-disposition"] == 'attachment; filename="crafty-logs.csv"'
    header, first, second = answer.text.splitlines()
    assert header == "timestamp,level,flow_run_id,task_run_id,message"
    assert first.endswith(f',20,{run["id"]},,"say ""hi"", then"')
    assert second.endswith(",two")
