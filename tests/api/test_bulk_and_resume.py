"""Many runs at once, and paused runs that go on."""

import json
from uuid import uuid4

import pytest

from tests.world import make_flow, make_flow_run, set_state

KEYSET = {"description": "d", "response": "r", "schema": "s"}


def ids_of(*runs):
    return {"flow_runs": {"id": {"any_": [run["id"] for run in runs]}}}


def state_of(tenant, run):
    return tenant.ok("GET", f"/flow_runs/{run['id']}")["state_type"]


def test_one_refusal_does_not_spoil_the_others(tenant):
    done, ready = make_flow_run(tenant, "COMPLETED"), make_flow_run(tenant, "PENDING")
    body = {**ids_of(done, ready), "state": {"type": "CANCELLING"}}
    results = tenant.ok("POST", "/flow_runs/bulk_set_state", body)["results"]
    assert [(result["flow_run_id"], result["status"]) for result in results] == [
        (ready["id"], "ACCEPT"),
        (done["id"], "ABORT"),
    ]
    assert (state_of(tenant, done), state_of(tenant, ready)) == ("COMPLETED", "CANCELLING")


def test_a_bulk_change_stops_at_its_limit(tenant):
    first, second = make_flow_run(tenant), make_flow_run(tenant)
    body = {**ids_of(first, second), "state": {"type": "RUNNING"}, "limit": 1}
    results = tenant.ok("POST", "/flow_runs/bulk_set_state", body)["results"]
    assert [result["flow_run_id"] for result in results] == [second["id"]]
    assert state_of(tenant, first) == "PENDING"


@pytest.mark.parametrize(("_case", "path"), [("runs", "/flow_runs/bulk_delete"), ("flows", "/flows/bulk_delete")])
def test_a_bulk_removal_says_what_it_means(_case, path, tenant):
    make_flow_run(tenant)
    assert tenant.call("POST", path).status_code == 422
    assert tenant.call("POST", path, content=b"null").status_code == 422
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1
    assert len(tenant.ok("POST", path, {})["deleted"]) == 1
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_a_bulk_removal_does_not_reach_another_workspace(tenant, stranger):
    run = make_flow_run(tenant)
    assert stranger.ok("POST", "/flow_runs/bulk_delete", ids_of(run)) == {"deleted": []}
    assert stranger.ok("POST", "/flows/bulk_delete", {"flows": {"id": {"any_": [run["flow_id"]]}}}) == {"deleted": []}
    assert state_of(tenant, run) == "PENDING"


def test_a_run_of_another_workspace_cannot_be_resumed(tenant, stranger):
    run = make_flow_run(tenant, "RUNNING")
    set_state(tenant, run["id"], "PAUSED")
    answer = stranger.call("POST", f"/flow_runs/{run['id']}/resume", {})
    assert answer.status_code == 404
    assert answer.json() == {"exception_message": f"Flow run with id {run['id']} not found"}
    assert state_of(tenant, run) == "PAUSED"


def test_an_input_may_use_a_variable_and_is_kept_as_it_became(tenant):
    tenant.ok("POST", "/variables/", {"name": "size", "value": 7})
    run = make_flow_run(tenant, "RUNNING")
    set_state(tenant, run["id"], "PAUSED", state_details={"run_input_keyset": KEYSET})
    schema = json.dumps({"type": "object", "properties": {"size": {"type": "integer"}}})
    tenant.ok("POST", f"/flow_runs/{run['id']}/input", {"key": "s", "value": schema})
    template = {"__prefect_kind": "workspace_variable", "variable_name": "size"}
    answer = tenant.ok("POST", f"/flow_runs/{run['id']}/resume", {"run_input": {"size": template}})
    assert (answer["status"], answer["state"]["type"]) == ("ACCEPT", "RUNNING")
    assert tenant.ok("GET", f"/flow_runs/{run['id']}/input/r") == {"size": 7}


def test_a_suspended_run_is_scheduled_anew(tenant):
    flow = make_flow(tenant)
    deployment = tenant.ok("POST", "/deployments/", {"name": uuid4().hex, "flow_id": flow["id"]})
    run = make_flow_run(tenant, "RUNNING", flow_id=flow["id"], deployment_id=deployment["id"])
    set_state(tenant, run["id"], "PAUSED", name="Suspended", state_details={"pause_reschedule": True})
    answer = tenant.ok("POST", f"/flow_runs/{run['id']}/resume", {})
    assert (answer["state"]["type"], answer["state"]["name"]) == ("SCHEDULED", "Resuming")
    assert tenant.ok("GET", f"/flow_runs/{run['id']}")["empirical_policy"]["resuming"] is True


def test_a_saved_search_is_seen_in_its_workspace_only(tenant, stranger):
    search = tenant.ok("PUT", "/saved_searches/", {"name": "mine"})
    assert tenant.ok("POST", "/saved_searches/filter", {}) == [search]
    assert stranger.ok("POST", "/saved_searches/filter", {}) == []
    assert stranger.call("GET", f"/saved_searches/{search['id']}").status_code == 404
