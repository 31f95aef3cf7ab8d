"""Runs, flows and task runs in a browser without JavaScript, over the live server."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.sql.transactions import workspace_transaction
from runs.models import FlowRunPulse
from tests.visitor import Visitor, visit_as, words_of
from tests.world import Tenant, make_flow, make_flow_run, make_task_run, set_state

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def visitor(tenant) -> Visitor:
    return visit_as(tenant)


def rows_of(response) -> list[str]:
    body = re.search(r"<tbody data-rows[^>]*>(.*?)</tbody>", response.text, re.DOTALL)
    return [] if body is None else re.findall(r'class="name"><a [^>]*>([^<]*)</a>', body[1])


def send_log(tenant: Tenant, run_id: str, *lines: tuple[int, str]) -> None:
    body = [
        {
            "name": "prefect.flow_runs", "level": level, "message": message, "flow_run_id": run_id,
            "timestamp": f"2026-11-22T10:00:{place:02d}Z",
        }
        for place, (level, message) in enumerate(lines)
    ]  # fmt: skip
    tenant.ok("POST", "/logs/", body)


def test_a_workspace_without_runs_shows_how_to_connect(tenant, visitor):
    page = visitor.get(f"{tenant.ui_url}/runs")
    assert "No runs yet" in words_of(page)
    assert f'export PREFECT_API_URL="{tenant.api_url}"' in words_of(page)


def test_no_match_is_another_sentence_than_no_runs(tenant, visitor):
    make_flow_run(tenant, "COMPLETED")
    page = visitor.get(f"{tenant.ui_url}/runs?q=zzz")
    assert "No runs match" in words_of(page)
    assert "No runs yet" not in words_of(page)


@pytest.mark.parametrize(
    ("_case", "query", "names"),
    [
        ("nothing asked: newest first", "", ["third", "second", "first"]),
        ("one state", "?state=failed", ["second"]),
        ("two states", "?state=failed,completed", ["second", "first"]),
        ("a state that does not exist is not asked for", "?state=exploded", ["third", "second", "first"]),
        ("a part of the name", "?q=IRS", ["first"]),
        ("a tag", "?tag=blue", ["third"]),
        ("a period", "?since=1h", ["third", "second", "first"]),
        ("a time before all", "?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", []),
        ("a flow that does not exist", "?flow=00000000-0000-4000-8000-000000000000", []),
        ("an id that is none", "?flow=x", ["third", "second", "first"]),
        ("a moment that is none", "?from=x&to=0001-01-01", ["third", "second", "first"]),
        ("an edge that is none", "?before=9999999999999999999999-x", ["third", "second", "first"]),
        ("a NUL", "?q=fir%00st", ["first"]),
    ],
)
def test_the_address_filters_the_list(tenant, visitor, _case, query, names):
    make_flow_run(tenant, "COMPLETED", name="first")
    make_flow_run(tenant, "FAILED", name="second")
    make_flow_run(tenant, "RUNNING", name="third", tags=["blue"])
    page = visitor.get(f"{tenant.ui_url}/runs{query}")
    assert page.status_code == 200
    assert rows_of(page) == names


def test_pages_of_fifty_are_walked_in_both_directions(tenant, visitor):
    flow = make_flow(tenant)["id"]
    for number in range(53):
        make_flow_run(tenant, "COMPLETED", flow_id=flow, name=f"run-{number:02d}")
    first = visitor.get(f"{tenant.ui_url}/runs")
    assert rows_of(first) == [f"run-{number:02d}" for number in range(52, 2, -1)]
    assert 'rel="prev"' not in first.text
    second = visitor.get(f"{tenant.ui_url}/runs{link_of(first, 'next')}")
    assert rows_of(second) == ["run-02", "run-01", "run-00"]
    assert 'rel="next"' not in second.text
    back = visitor.get(f"{tenant.ui_url}/runs{link_of(second, 'prev')}")
    assert rows_of(back) == rows_of(first)


def link_of(page, rel: str) -> str:
    return re.search(rf'href="([^"]*)" rel="{rel}"', page.text)[1].replace("&amp;", "&")


def test_what_is_still_to_come_is_a_list_of_its_own(tenant, visitor):
    flow = make_flow(tenant)["id"]
    for name, moment in (("later", "2099-01-02T00:00:00Z"), ("sooner", "2099-01-01T00:00:00Z")):
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": moment}}
        tenant.ok("POST", "/flow_runs/", {"flow_id": flow, "name": name, "state": state})
    page = visitor.get(f"{tenant.ui_url}/runs")
    assert rows_of(page) == []
    assert "2 upcoming" in words_of(page)
    assert rows_of(visitor.get(f"{tenant.ui_url}/runs?state=scheduled")) == ["sooner", "later"]


def test_a_failed_run_says_why_before_anything_else(tenant, visitor):
    run = make_flow_run(tenant, "RUNNING")
    traceback = (
        'Encountered exception\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: too small'
    )
    send_log(tenant, run["id"], (20, "started"), (40, traceback))
    set_state(tenant, run["id"], "FAILED", message="Flow run encountered an exception: ValueError: too small")
    page = visitor.get(f"{tenant.ui_url}/runs/{run['id']}")
    words = words_of(page)
    assert "ValueError too small Traceback (1 frame)" in words
    assert f'href="/w/{tenant.account.handle}/dev/runs/{run["id"]}?to=22#L2"' in page.text
    assert words.index("ValueError") < words.index("Logs")


def test_everything_that_a_client_sends_is_text(tenant, visitor):
    flow = make_flow(tenant)["id"]
    run = make_flow_run(tenant, "RUNNING", flow_id=flow, name=NASTY, tags=[NASTY], parameters={NASTY: NASTY})
    task = make_task_run(tenant, run["id"], name=NASTY, state={"type": "FAILED", "message": NASTY})
    send_log(tenant, run["id"], (20, NASTY))
    set_state(tenant, run["id"], "FAILED", message=NASTY)
    tabs = ("", "/tasks", "/subflows", "/parameters", "/states", "/events", "/details", "/delete")
    paths = [f"/runs/{run['id']}{tab}" for tab in tabs]
    for path in [*paths, "/runs", f"/runs?tag={NASTY}", "/flows", f"/flows/{flow}", f"/tasks/{task['id']}"]:
        page = visitor.get(f"{tenant.ui_url}{path}")
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text, path


def test_a_run_that_waits_says_for_what(tenant, visitor):
    flow = make_flow(tenant)["id"]
    tenant.ok("POST", "/work_pools/", {"name": "gpu", "type": "process"})
    deployment = tenant.ok("POST", "/deployments/", {"name": "nightly", "flow_id": flow, "work_pool_name": "gpu"})
    run = tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})
    words = words_of(visitor.get(f"{tenant.ui_url}/runs/{run['id']}"))
    assert "No worker online No worker is polling pool “gpu”. None has ever polled this pool." in words
    assert "prefect worker start --pool gpu" in words
    tenant.ok("POST", "/work_pools/gpu/workers/heartbeat", {"name": "ada"})
    words = words_of(visitor.get(f"{tenant.ui_url}/runs/{run['id']}"))
    assert "Waiting for a worker 1 worker is polling pool “gpu”." in words
    tenant.ok("PATCH", "/work_pools/gpu", {"concurrency_limit": 0})
    words = words_of(visitor.get(f"{tenant.ui_url}/runs/{run['id']}"))
    assert "Waiting for a slot of the pool 0 of 0 slots of pool gpu used; place 1 of 1." in words


def test_cancel_retry_and_delete(tenant, visitor):
    flow = make_flow(tenant)["id"]
    deployment = tenant.ok("POST", "/deployments/", {"name": "d", "flow_id": flow})
    run = tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})["id"]
    at = f"/w/{tenant.account.handle}/dev/runs/{run}"
    assert visitor.post(f"{at}/cancel", form_at=at).headers["location"] == at
    assert tenant.ok("GET", f"/flow_runs/{run}")["state_type"] == "CANCELLED"
    assert visitor.post(f"{at}/retry", form_at=at).headers["location"] == at
    stored = tenant.ok("GET", f"/flow_runs/{run}")
    assert (stored["state_type"], stored["state_name"]) == ("SCHEDULED", "AwaitingRetry")
    assert "Delete this run?" in words_of(visitor.get(f"{at}/delete"))
    assert tenant.call("GET", f"/flow_runs/{run}").status_code == 200
    visitor.post(f"{at}/delete")
    assert tenant.call("GET", f"/flow_runs/{run}").status_code == 404


def test_a_run_without_a_deployment_cannot_be_retried_here(tenant, visitor):
    run = make_flow_run(tenant, "FAILED")["id"]
    at = f"/w/{tenant.account.handle}/dev/runs/{run}"
    assert "no worker can start it again" in words_of(visitor.get(at))
    visitor.post(f"{at}/retry", form_at=at)
    assert tenant.ok("GET", f"/flow_runs/{run}")["state_type"] == "FAILED"


@pytest.mark.parametrize("action", ["cancel", "retry", "delete"])
def test_a_viewer_may_look_but_not_touch(tenant, viewer, action):
    run = make_flow_run(tenant, "RUNNING")["id"]
    at = f"/w/{tenant.account.handle}/dev/runs/{run}"
    visitor = visit_as(viewer)
    page = visitor.get(at)
    assert page.status_code == 200
    assert "Needs the Runner role" in words_of(page)
    assert visitor.post(f"{at}/{action}", form_at=at).status_code == 403
    assert tenant.ok("GET", f"/flow_runs/{run}")["state_type"] == "RUNNING"


@pytest.mark.parametrize(
    "path", ["/runs", "/runs/{run}", "/runs/{run}/live?tab=logs", "/runs/live", "/runs/{run}/log.csv", "/tasks/{task}"]
)
def test_another_tenant_does_not_exist(tenant, stranger, path):
    run = make_flow_run(tenant, "RUNNING", name="secret-name")
    task = make_task_run(tenant, run["id"])
    page = visit_as(stranger).get(f"{tenant.ui_url}{path.format(run=run['id'], task=task['id'])}")
    assert page.status_code == 404
    assert "secret-name" not in page.text
    if "{" in path:
        own = visit_as(stranger).get(f"{stranger.ui_url}{path.format(run=run['id'], task=task['id'])}")
        assert own.status_code == 404
        assert "secret-name" not in own.text


def test_lines_keep_their_numbers_under_a_level(tenant, visitor):
    run = make_flow_run(tenant, "RUNNING")["id"]
    send_log(tenant, run, (20, "one"), (40, "two"), (20, "three"), (30, "four"))
    page = visitor.get(f"{tenant.ui_url}/runs/{run}?level=30")
    assert re.findall(r'class="log-line" id="L(\d+)"', page.text) == ["2", "4"]
    assert re.findall(r'class="log-line" id="L(\d+)"', visitor.get(f"{tenant.ui_url}/runs/{run}?to=2").text) == [
        "1",
        "2",
    ]


def test_a_run_of_three_hundred_tasks_fits_on_a_page(tenant, visitor):
    run = make_flow_run(tenant, "RUNNING")["id"]
    for number in range(300):
        make_task_run(tenant, run, name=f"t-{number}", state={"type": "COMPLETED"})
    page = visitor.get(f"{tenant.ui_url}/runs/{run}/tasks")
    assert page.status_code == 200
    assert len(rows_of(page)) == 300
    assert page.text.count("<li data-state=") == 300


@pytest.mark.parametrize(("_case", "seconds", "is_said"), [("on time", 10, False), ("late", 200, True)])
def test_a_running_run_whose_heartbeat_is_late_says_so(tenant, _case, seconds, is_said):
    run = make_flow_run(tenant, "RUNNING")
    seen = datetime.now(UTC) - timedelta(seconds=seconds)
    with workspace_transaction(tenant.workspace_id):
        FlowRunPulse.objects.create(
            workspace_id=tenant.workspace_id, id=run["id"], seen=seen, occurred=seen, interval_seconds=30
        )
    words = words_of(visit_as(tenant).get(f"{tenant.ui_url}/runs/{run['id']}"))
    assert ("No heartbeat" in words, "sends one every 30 seconds" in words) == (is_said, is_said)
