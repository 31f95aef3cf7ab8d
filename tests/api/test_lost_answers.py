"""Answers that a client never received: its retry of a transition gets the same one, and changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.replays import WINDOW
from runs.models import FlowRunState, TaskRunState
from tests.api.deploying import make_deployment, make_pool, run
from tests.world import make_flow_run, make_member, make_task_run, set_state

WORKER = {"X-Prefect-Worker-Name": "vm-1"}
OTHER_WORKER = {"X-Prefect-Worker-Name": "vm-2"}
CLIENT = {"User-Agent": "prefect/2.20.0 (API 0.8.4)"}
STATES = {"flow_runs": ("flow_run_states", "flow_run_id"), "task_runs": ("task_run_states", "task_run_id")}


def ask(tenant, run_id, type, *, kind="flow_runs", named=None, headers=WORKER, force=False, **state):
    """What the client gets, whole. `named`: the id that Prefect's clients give to each transition."""
    if named is not None:
        state["state_details"] = {"transition_id": named}
    body = {"state": {"type": type, **state}, "force": force}
    answer = tenant.call("POST", f"/{kind}/{run_id}/set_state", body, headers=headers)
    return answer.status_code, answer.json()


def types(tenant, run_id, kind="flow_runs"):
    path, name = STATES[kind]
    return [state["type"] for state in tenant.ok("GET", f"/{path}/?{name}={run_id}")]


def due_run(tenant):
    return run(tenant, make_deployment(tenant, name=f"d-{uuid4().hex[:8]}", work_pool_name=make_pool(tenant)["name"]))


@pytest.mark.parametrize(
    ("_case", "named", "headers"),
    [
        ("the transition is named", "7f0f9a52-3f0e-4b8e-9d53-0a4f1c2b3d4e", {}),
        ("the worker says who it is", None, WORKER),
    ],
)
def test_a_claim_is_answered_alike_twice(_case, named, headers, tenant):
    waiting = due_run(tenant)
    first = ask(tenant, waiting["id"], "PENDING", named=named, headers=headers)
    assert (first[0], first[1]["status"]) == (201, "ACCEPT")
    assert ask(tenant, waiting["id"], "PENDING", named=named, headers=headers) == first
    assert types(tenant, waiting["id"]) == ["SCHEDULED", "PENDING"]


@pytest.mark.parametrize(
    ("_case", "headers"),
    [
        ("another worker", OTHER_WORKER),
        ("a worker that does not say who it is", {}),
        ("a client of the same kind", CLIENT),
    ],
)
def test_another_claim_is_refused(_case, headers, tenant):
    waiting = due_run(tenant)
    first = ask(tenant, waiting["id"], "PENDING", headers=headers if headers != OTHER_WORKER else WORKER)
    assert first[1]["status"] == "ACCEPT"
    status, answer = ask(tenant, waiting["id"], "PENDING", headers=headers)
    assert (status, answer["status"]) == (200, "ABORT")
    assert types(tenant, waiting["id"]) == ["SCHEDULED", "PENDING"]


def test_the_same_words_from_another_key_are_another_claim(tenant):
    waiting, bob = due_run(tenant), make_member(tenant, "Owner")
    assert ask(tenant, waiting["id"], "PENDING")[1]["status"] == "ACCEPT"
    assert ask(bob, waiting["id"], "PENDING")[1]["status"] == "ABORT"


def test_two_at_once_get_one_answer(tenant):
    waiting = due_run(tenant)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(tenant, waiting["id"], "PENDING"), range(8)))
    assert answers == [answers[0]] * 8
    assert answers[0][1]["status"] == "ACCEPT"
    assert types(tenant, waiting["id"]) == ["SCHEDULED", "PENDING"]


def test_of_two_workers_at_once_one_gets_the_run(tenant):
    """Whoever waited for the other's transition sees the state that it left."""
    waiting = due_run(tenant)
    headers = [WORKER, OTHER_WORKER] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda who: ask(tenant, waiting["id"], "PENDING", headers=who), headers))
    said = {"vm-1": set(), "vm-2": set()}
    for who, (_, answer) in zip(headers, answers, strict=True):
        said[who["X-Prefect-Worker-Name"]].add(answer["status"])
    assert sorted(said.values(), key=min) == [{"ABORT"}, {"ACCEPT"}]
    assert types(tenant, waiting["id"]) == ["SCHEDULED", "PENDING"]


def test_an_attempt_is_counted_once(tenant):
    flow_run = make_flow_run(tenant)
    first = ask(tenant, flow_run["id"], "RUNNING")
    assert ask(tenant, flow_run["id"], "RUNNING") == first
    assert tenant.ok("GET", f"/flow_runs/{flow_run['id']}")["run_count"] == 1


def test_a_failure_is_turned_into_one_retry(tenant):
    """Judged anew, the second would end the run: it is no longer running."""
    flow_run = make_flow_run(tenant, "RUNNING", empirical_policy={"retries": 1, "retry_delay": 0})
    first = ask(tenant, flow_run["id"], "FAILED", message="no luck")
    assert (first[0], first[1]["status"], first[1]["details"]["reason"]) == (201, "REJECT", "Retrying")
    assert first[1]["state"]["name"] == "AwaitingRetry"
    assert ask(tenant, flow_run["id"], "FAILED", message="no luck") == first
    assert types(tenant, flow_run["id"]) == ["RUNNING", "SCHEDULED"]


def test_a_result_that_is_not_kept_is_told_again(tenant):
    flow_run = make_flow_run(tenant, "RUNNING")
    first = ask(tenant, flow_run["id"], "COMPLETED", data={"type": "unpersisted"})
    assert first[1]["state"]["data"] == {"type": "unpersisted"}
    assert ask(tenant, flow_run["id"], "COMPLETED", data={"type": "unpersisted"}) == first


def test_an_answer_is_not_given_again_once_another_state_came_between(tenant):
    flow_run = make_flow_run(tenant)
    first = ask(tenant, flow_run["id"], "RUNNING")
    set_state(tenant, flow_run["id"], "PAUSED")
    later = ask(tenant, flow_run["id"], "RUNNING")
    assert (later[0], later[1]["status"]) == (201, "ACCEPT")
    assert later[1]["state"]["id"] != first[1]["state"]["id"]
    assert types(tenant, flow_run["id"]) == ["PENDING", "RUNNING", "PAUSED", "RUNNING"]


@pytest.mark.parametrize(("_case", "seconds", "count"), [("just within", -20, 1), ("just after", 1, 2)])
def test_an_answer_is_given_again_only_while_a_client_may_still_try(_case, seconds, count, tenant):
    flow_run = make_flow_run(tenant)
    ask(tenant, flow_run["id"], "RUNNING")
    with workspace_transaction(tenant.workspace_id):
        running = FlowRunState.objects.of(tenant.workspace_id).filter(flow_run_id=flow_run["id"], type="RUNNING")
        state = running.get()
        running.update(timestamp=state.timestamp - WINDOW - timedelta(seconds=seconds))
    ask(tenant, flow_run["id"], "RUNNING")
    assert tenant.ok("GET", f"/flow_runs/{flow_run['id']}")["run_count"] == count


def test_without_a_sign_of_who_asks_each_proposal_is_judged(tenant):
    """As the real server does."""
    flow_run = make_flow_run(tenant)
    assert ask(tenant, flow_run["id"], "RUNNING", headers={})[0] == 201
    assert ask(tenant, flow_run["id"], "RUNNING", headers={})[0] == 201
    assert types(tenant, flow_run["id"]) == ["PENDING", "RUNNING", "RUNNING"]


def test_a_claim_that_was_put_off_is_judged_again(tenant):
    """The same worker comes back for the run when it is due, with the same words."""
    deployment = make_deployment(tenant, name="one-at-once", concurrency_limit=1)
    holder, waiting = run(tenant, deployment), run(tenant, deployment)
    assert ask(tenant, holder["id"], "PENDING")[1]["status"] == "ACCEPT"
    assert ask(tenant, waiting["id"], "PENDING")[1]["state"]["name"] == "AwaitingConcurrencySlot"
    assert ask(tenant, holder["id"], "CANCELLED", force=True)[1]["status"] == "ACCEPT"
    assert ask(tenant, waiting["id"], "PENDING")[1]["status"] == "ACCEPT"


@pytest.mark.parametrize(("_case", "headers"), [("a client of 2.x", CLIENT), ("a process of a worker", WORKER)])
def test_a_task_runs_attempt_is_counted_once(_case, headers, tenant):
    task_run = make_task_run(tenant, make_flow_run(tenant, "RUNNING")["id"], empirical_policy={"retries": 1})
    first = ask(tenant, task_run["id"], "RUNNING", kind="task_runs", headers=headers)
    assert ask(tenant, task_run["id"], "RUNNING", kind="task_runs", headers=headers) == first
    refused = ask(tenant, task_run["id"], "FAILED", kind="task_runs", headers=headers)
    assert refused[1]["state"]["name"] == "AwaitingRetry"
    assert ask(tenant, task_run["id"], "FAILED", kind="task_runs", headers=headers) == refused
    assert types(tenant, task_run["id"], "task_runs") == ["PENDING", "RUNNING", "SCHEDULED"]
    with workspace_transaction(tenant.workspace_id):
        kept = TaskRunState.objects.of(tenant.workspace_id).filter(task_run_id=task_run["id"])
        assert sorted(len(state.asked or b"") for state in kept) == [0, 16, 16]


@pytest.mark.parametrize(("_case", "of_deployment"), [("a run of a flow", False), ("a run of a deployment", True)])
def test_a_run_is_made_once_for_its_idempotency_key(_case, of_deployment, tenant):
    deployment = make_deployment(tenant, name="twice")
    path = f"/deployments/{deployment['id']}/create_flow_run" if of_deployment else "/flow_runs/"
    body = {"idempotency_key": uuid4().hex} | ({} if of_deployment else {"flow_id": deployment["flow_id"]})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: tenant.call("POST", path, body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert tenant.ok("POST", "/flow_runs/count", {}) == 1
