"""Flow-run inputs over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.world import make_flow_run

MISSING = {"detail": "Flow run input not found"}


@pytest.fixture
def run(tenant):
    return f"/flow_runs/{make_flow_run(tenant, 'RUNNING')['id']}/input"


def send(tenant, run, key="paused-1-schema", value='{"a": 1}', **fields):
    return tenant.call("POST", run, {"key": key, "value": value, **fields})


def test_an_input_is_sent_and_read_as_it_was(tenant, run):
    answer = send(tenant, run, value='{"ü": 1}', sender="prefect.flow-run.x")
    assert (answer.status_code, answer.json()) == (201, None)
    answer = tenant.call("GET", f"{run}/paused-1-schema")
    assert (answer.status_code, answer.text) == (200, '{"ü": 1}')
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_key_is_taken_once(tenant, run):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: send(tenant, run, value=str(n)), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json() == {"detail": "A flow run input with this key already exists."}


@pytest.mark.parametrize("key", ["ABC", "a_b", "a.b", "a b", "a/b"])
def test_odd_keys_are_422(tenant, run, key):
    assert send(tenant, run, key).status_code == 422


@pytest.mark.parametrize(
    ("_case", "body", "found"),
    [
        ("the oldest", {"prefix": "paused"}, ["paused-2"]),
        ("all", {"prefix": "paused", "limit": 10}, ["paused-2", "paused-1"]),
        ("but one", {"prefix": "paused", "limit": 10, "exclude_keys": ["paused-2"]}, ["paused-1"]),
        ("every prefix", {"prefix": "", "limit": 10}, ["paused-2", "other", "paused-1"]),
        ("wildcards are letters", {"prefix": "p_used%", "limit": 10}, []),
        ("none", {"prefix": "paused", "limit": 0}, []),
    ],
)
def test_inputs_are_found_by_prefix(tenant, run, _case, body, found):
    for key in ("paused-2", "other", "paused-1"):
        send(tenant, run, key)
    inputs = tenant.ok("POST", f"{run}/filter", body)
    assert [item["key"] for item in inputs] == found
    for item in inputs:
        assert set(item) == {"id", "created", "updated", "flow_run_id", "key", "value", "sender"}


def test_an_input_is_deleted(tenant, run):
    send(tenant, run, "a")
    assert tenant.call("DELETE", f"{run}/a").status_code == 204
    for method in ("GET", "DELETE"):
        answer = tenant.call(method, f"{run}/a")
        assert (answer.status_code, answer.json()) == (404, MISSING)


def test_a_run_that_is_not_ours_does_not_exist(tenant, stranger, run):
    send(tenant, run, "a")
    for path in (run, f"/flow_runs/{uuid4()}/input"):
        answer = send(stranger, path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Flow run not found"})
        assert stranger.call("GET", f"{path}/a").json() == MISSING
        assert stranger.ok("POST", f"{path}/filter", {"prefix": ""}) == []
    assert tenant.call("GET", f"{run}/a").status_code == 200


def test_inputs_go_with_their_run(tenant, run):
    send(tenant, run, "a")
    tenant.ok("DELETE", run.removesuffix("/input"))
    assert tenant.call("GET", f"{run}/a").status_code == 404
