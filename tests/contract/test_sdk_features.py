"""The features of an unmodified Prefect 3.8 SDK, in two processes: what they saw, and what the API holds then."""

import json
from typing import Any

import pytest

from tests.contract.client import Client, eventually


def heard(printed: str) -> dict[str, dict[str, Any]]:
    lines = (json.loads(line) for line in printed.splitlines() if line.startswith('{"feature"'))
    return {line.pop("feature"): line for line in lines}


@pytest.fixture(scope="module")
def saw(client: Client) -> dict[str, dict[str, Any]]:
    limit = {"name": "two", "limit": 2}
    client.tenant.ok("POST", "/v2/concurrency_limits/", limit)
    client.tenant.ok("POST", "/v2/concurrency_limits/", {"name": "rate", "limit": 10, "slot_decay_per_second": 5})
    client.tenant.ok("POST", "/v2/concurrency_limits/", {"name": "slow", "limit": 1, "slot_decay_per_second": 2})
    client.tenant.ok("POST", "/variables/", {"name": "gone", "value": 1})
    return heard(client.run("python", "features.py", "main"))


@pytest.fixture(scope="module")
def deployed(client: Client) -> dict[str, dict[str, Any]]:
    client.tenant.ok("POST", "/work_pools/", {"name": "features", "type": "process"})
    return heard(client.run("python", "features.py", "schedules"))


def runs_of(client: Client, flow: str) -> list[dict[str, Any]]:
    return client.tenant.ok("POST", "/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})


def tasks_of(client: Client, flow: str, count: int) -> list[dict[str, Any]]:
    def look() -> list[dict[str, Any]] | None:
        found = client.tenant.ok("POST", "/task_runs/filter", {"flows": {"name": {"any_": [flow]}}})
        done = [task for task in found if task["state_type"] in ("COMPLETED", "FAILED")]
        return done if len(done) == count else None

    return eventually(look, seconds=60, what=f"{count} task runs of {flow}")


def test_tasks_are_cached_retried_mapped_and_submitted(client, saw):
    assert saw["tasks"] == {"answer": 6 + 6 + 3 + 6}
    (run,) = runs_of(client, "tasks")
    assert (run["name"], run["tags"], run["state_name"]) == ("of-3", ["from-features"], "Completed")
    tasks = tasks_of(client, "tasks", 7)
    names = sorted((task["name"].split("-")[0], task["state_name"], task["run_count"]) for task in tasks)
    assert names == [
        ("double", "Cached", 1),
        *[("double", "Completed", 1)] * 4,
        *[("late", "Completed", 2)] * 2,
    ]
    assert {task["name"] for task in tasks if task["name"].startswith("late")} == {"late-1", "late-2"}


def test_a_transaction_is_rolled_back_and_the_hook_of_the_failure_runs(client, saw):
    assert saw["transactions"] == {"hooks": ["rolled back", "transactions Failed"]}
    (run,) = runs_of(client, "transactions")
    assert (run["state_type"], "after the write" in run["state"]["message"]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("key", "kind", "data"),
    [
        ("mark", "markdown", "# Hello"),
        ("table", "table", '[{"a": 1}]'),
        ("link", "markdown", "[there](https://example.com)"),
        ("image", "image", "https://example.com/x.png"),
        ("progress", "progress", 75.0),
    ],
)
def test_artifacts_of_every_kind(key, kind, data, client, saw):
    (run,) = runs_of(client, "artifacts")
    artifact = client.tenant.ok("GET", f"/artifacts/{key}/latest")
    assert (artifact["type"], artifact["data"], artifact["flow_run_id"]) == (kind, data, run["id"])


def test_variables(client, saw):
    assert saw["variables"] == {"value": {"is": 42}, "missing": "none"}
    assert client.tenant.ok("GET", "/variables/name/answer")["value"] == 43
    assert client.tenant.call("GET", "/variables/name/gone").status_code == 404


def test_slots_are_held_inside_the_context_only(client, saw):
    assert [saw[place]["slots"] for place in ("held", "held async", "free")] == [2, 1, 0]
    assert client.tenant.ok("GET", "/v2/concurrency_limits/two")["active_slots"] == 0


def test_a_rate_is_kept(saw):
    """One slot that comes back in half a second, taken three times: two waits."""
    assert 0.9 <= saw["rate"]["seconds"] < 10


def test_an_asset_is_known_after_its_materialization(client, saw):
    def look() -> dict[str, Any] | None:
        page = client.tenant.ok("POST", "/assets/filter", {"filter": {"key": {"prefix": ["s3://lake/clean"]}}})
        return page["assets"][0] if page["assets"] else None

    asset = eventually(look, seconds=60, what="the asset")
    (run,) = runs_of(client, "assets")
    assert (asset["properties"]["name"], asset["properties"]["owners"]) == ("Clean", ["ann"])
    assert asset["latest_materialization"]["status"] == "succeeded"
    assert asset["latest_materialization"]["flow_run_id"] == run["id"]


def test_an_event_comes_back_through_the_subscriber(saw):
    assert saw["events"] == {"same": True, "payload": {"n": 1}}


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("cron", {"cron": "0 9 * * 1-5", "timezone": "Europe/Paris", "day_or": True}),
        ("interval", {"interval": 5400.0}),
        ("rrule", {"rrule": "DTSTART:20200101T000000\nFREQ=WEEKLY;BYDAY=MO", "timezone": "Asia/Tokyo"}),
    ],
)
def test_deployments_with_each_kind_of_schedule(name, schedule, client, deployed):
    deployment = client.tenant.ok("GET", f"/deployments/name/asks/{name}")
    (found,) = deployment["schedules"]
    assert schedule.items() <= found["schedule"].items()
    assert (deployment["global_concurrency_limit"]["limit"], deployment["work_pool_name"]) == (3, "features")
    assert deployment["entrypoint"] == "features.py:asks"


def test_a_run_of_a_deployment_is_started_and_left_alone(client, deployed):
    assert deployed["run_deployment"] == {"state": "Scheduled", "name": "left-alone"}
    body = {"flow_runs": {"name": {"any_": ["left-alone"]}}}
    (run,) = client.tenant.ok("POST", "/flow_runs/filter", body)
    assert (run["tags"], run["state_type"]) == (["by-sdk"], "SCHEDULED")


def test_a_flow_that_asks_goes_on_with_the_answer(client):
    with client.background("python", "features.py", "asks") as log:
        run = eventually(
            lambda: next((run for run in runs_of(client, "asks") if run["state_type"] == "PAUSED"), None),
            seconds=60, what="the question",
        )  # fmt: skip
        path = f"/flow_runs/{run['id']}/resume"
        refused = client.tenant.ok("POST", path, {"run_input": {"ok": "perhaps"}})
        assert refused["status"] == "REJECT"
        assert client.tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"] == "PAUSED"
        assert client.tenant.ok("POST", path, {"run_input": {"ok": True}})["status"] == "ACCEPT"
        eventually(lambda: heard(log.read_text()), seconds=60, what="the answer")
        assert heard(log.read_text())["asks"] == {"answer": "True because"}
    assert client.tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"] == "COMPLETED"


@pytest.fixture(scope="module")
def waited(client: Client) -> dict[str, dict[str, Any]]:
    """A flow served through Python, and a process that starts it three ways and waits."""
    with client.background("python", "serving.py", "serve") as log:
        look = lambda: client.tenant.call("GET", "/deployments/name/add/here").is_success  # noqa: E731
        eventually(look, seconds=60, what="the served deployment")
        found = heard(client.run("python", "serving.py", "wait"))
    return {**found, "served": {"printed": log.read_text(errors="replace")}}


def test_a_served_flow_is_a_deployment_while_it_is_served(client, waited):
    made = client.tenant.ok("GET", "/deployments/name/add/here")
    assert (made["parameters"], made["tags"], made["work_pool_name"]) == ({"b": 3}, ["served"], None)
    eventually(
        lambda: client.tenant.ok("GET", f"/deployments/{made['id']}")["paused"],
        seconds=60, what=f"the pause at the end of: {waited['served']['printed']}",
    )  # fmt: skip


def test_whoever_runs_a_deployment_waits_for_its_end_and_its_result(client, waited):
    assert waited["parent"] == {"result": 4}
    assert waited["waited"] == {"state": "Completed", "result": 7}
    (parent,) = runs_of(client, "parent")
    children = client.tenant.ok("POST", "/flow_runs/filter", {
        "flow_runs": {"parent_flow_run_id": {"any_": [parent["id"]]}},
    })  # fmt: skip
    assert [(child["state_name"], child["parameters"]) for child in children] == [("Completed", {"a": 1, "b": 3})]


def test_the_log_of_a_run_is_heard_while_it_runs(waited):
    assert waited["logs"] == {"message": "adding 4 and 3", "same": True}
