"""`/work_pools/{name}/workers/connect`: workers show that they live and are told what to clean up, until they did."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from controlplane.sql.transactions import workspace_transaction
from deployments.models import Cleanup
from deployments.services import cleanups
from runs.models import FlowRun
from tests.api.deploying import make_deployment, make_pool, make_queue, run
from tests.sockets.talking import end_of, greeted
from tests.world import Tenant, set_state

BASIC = ["worker_heartbeat.v1", "work_pool_snapshot.v1"]
CLEANUP = "cleanup_delivery.v1"
KIND = "cancelling_timeout_teardown.v1"
TEMPLATE = {
    "job_configuration": {"x": "{{ x }}"},
    "variables": {"type": "object", "properties": {"x": {"type": "string"}}},
}


def path(pool: str) -> str:
    return f"/work_pools/{pool}/workers/connect"


def frame(type: str, **payload: Any) -> dict[str, Any]:
    return {"type": type, "id": str(uuid4()), "sent_at": datetime.now(UTC).isoformat(), "payload": payload}


def hello(**changes: Any) -> dict[str, Any]:
    return frame("worker.hello.v1", **{
        "consumer_id": str(uuid4()), "worker_name": "w", "worker_type": "process", "heartbeat_interval_seconds": 30,
        "supported_channel_versions": ["work_pool_worker_channel.v1"], "requested_capabilities": [*BASIC, CLEANUP],
        "work_queue_names": [], "handled_cleanup_kinds": [KIND], "max_cleanup_concurrency": 2,
        "create_pool_if_not_found": False, "default_base_job_template": {}, "worker_metadata": None, **changes,
    })  # fmt: skip


def send(socket: ClientConnection, message: Any) -> None:
    socket.send(json.dumps(message))


def receive(socket: ClientConnection, type: str) -> dict[str, Any]:
    message = json.loads(socket.recv(timeout=60))
    assert (set(message), message["type"]) == ({"type", "id", "sent_at", "payload"}, type)
    payload: dict[str, Any] = message["payload"]
    return payload


@contextmanager
def working(tenant: Tenant, pool: str, **changes: Any) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
    """A worker's socket after its welcome."""
    with greeted(tenant, path(pool)) as socket:
        send(socket, hello(**changes))
        yield socket, receive(socket, "worker.ready.v1")


def timed_out_run(tenant: Tenant, pool: dict[str, Any], queue: str = "default") -> str:
    """A run whose cancellation nobody reported; the sweep has ended it."""
    deployment = make_deployment(tenant, work_pool_name=pool["name"], work_queue_name=queue)
    run_id: str = run(tenant, deployment)["id"]
    set_state(tenant, run_id, "PENDING")
    tenant.ok("PATCH", f"/flow_runs/{run_id}", {"infrastructure_pid": "host:42"})
    set_state(tenant, run_id, "RUNNING")
    set_state(tenant, run_id, "CANCELLING")
    long_ago = datetime.now(UTC) - timedelta(seconds=301)
    with workspace_transaction(tenant.workspace_id):
        FlowRun.objects.of(tenant.workspace_id).filter(id=run_id).update(state_timestamp=long_ago)
    cleanups.finish_stuck_cancellations(datetime.now(UTC))
    assert tenant.ok("GET", f"/flow_runs/{run_id}")["state_name"] == "Cancelled"
    return run_id


def waiting(tenant: Tenant) -> list[tuple[int, bool]]:
    """The requests that are kept: how often each was given out, and whether it is dead."""
    with workspace_transaction(tenant.workspace_id):
        rows = Cleanup.objects.of(tenant.workspace_id).order_by("created")
        return [(row.delivery_count, row.dead_since is not None) for row in rows]


def answer(socket: ClientConnection, operation: str, given: dict[str, Any], **more: Any) -> dict[str, Any]:
    said = frame(
        f"cleanup.{operation}.v1", message_id=given["message_id"],
        **{"reservation_token": given["reservation_token"], **more},
    )  # fmt: skip
    send(socket, said)
    result = receive(socket, "cleanup.operation_result.v1")
    assert (result["request_frame_id"], result["message_id"]) == (said["id"], given["message_id"])
    return result


# ------------------------------------------------------------------------------------------------- coming in, and out


def test_the_welcome_says_who_the_worker_is_and_what_its_pool_is_like(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    queue = make_queue(tenant, pool, "q")
    asked = hello(work_queue_names=["q"], requested_capabilities=[*BASIC, CLEANUP, "dancing.v9"])
    with greeted(tenant, path(pool["name"])) as socket:
        send(socket, asked)
        ready = receive(socket, "worker.ready.v1")
    [worker] = tenant.ok("POST", f"/work_pools/{pool['name']}/workers/filter", {})
    assert ready.pop("initial_snapshot") == {
        "snapshot_sequence": 1, "reason": "initial", "work_pool": tenant.ok("GET", f"/work_pools/{pool['name']}"),
    }  # fmt: skip
    assert ready == {
        "consumer_id": asked["payload"]["consumer_id"], "worker_id": worker["id"],
        "selected_channel_version": "work_pool_worker_channel.v1", "effective_heartbeat_interval_seconds": 30,
        "accepted_capabilities": [*BASIC, CLEANUP], "rejected_capabilities": ["dancing.v9"],
        "effective_max_cleanup_concurrency": 2, "resolved_work_queues": [{"id": queue["id"], "name": "q"}],
    }  # fmt: skip
    assert (worker["name"], worker["status"]) == ("w", "ONLINE")
    assert tenant.ok("GET", f"/work_pools/{pool['name']}")["status"] == "READY"


@pytest.mark.parametrize(
    ("_case", "changes", "code", "reason"),
    [
        ("an unknown version", {"supported_channel_versions": ["v9"]}, 1008, "unsupported_version"),
        ("no heartbeats", {"requested_capabilities": ["work_pool_snapshot.v1"]}, 1002, "protocol_error"),
        ("clean-ups without the capability", {"requested_capabilities": BASIC}, 1002, "protocol_error"),
        ("an unknown member", {"dance": True}, 1002, "protocol_error"),
        ("an unknown kind", {"handled_cleanup_kinds": ["sweep"]}, 1002, "protocol_error"),
        ("no such queue", {"work_queue_names": ["nope"]}, 1008, "authorization_failed"),
    ],
)
def test_a_hello_that_cannot_be_met_is_closed_by_name(
    tenant: Tenant, _case: str, changes: dict[str, Any], code: int, reason: str
) -> None:
    pool = make_pool(tenant)
    with greeted(tenant, path(pool["name"])) as socket:
        send(socket, hello(**changes))
        assert end_of(socket) == (code, reason)
    assert tenant.ok("POST", f"/work_pools/{pool['name']}/workers/filter", {}) == []


@pytest.mark.parametrize(
    ("_case", "name", "changes", "end"),
    [
        ("it may not", "new", {}, (1008, "authorization_failed")),
        ("a reserved name", "prefect-new", {"create_pool_if_not_found": True}, (1008, "authorization_failed")),
        ("a bad template", "new", {"create_pool_if_not_found": True, "default_base_job_template": {"a": 1}},
         (1002, "protocol_error")),
    ],
)  # fmt: skip
def test_a_missing_pool_stays_missing_unless_the_worker_may_make_it(
    tenant: Tenant, _case: str, name: str, changes: dict[str, Any], end: tuple[int, str]
) -> None:
    with greeted(tenant, path(name)) as socket:
        send(socket, hello(**changes))
        assert end_of(socket) == end
    assert tenant.ok("POST", "/work_pools/filter", {}) == []


def test_a_worker_makes_its_pool_and_fills_an_empty_template(tenant: Tenant) -> None:
    with working(tenant, "new", create_pool_if_not_found=True) as (_, ready):
        assert ready["initial_snapshot"]["work_pool"]["type"] == "process"
    with working(tenant, "new", default_base_job_template=TEMPLATE) as (_, ready):
        assert ready["initial_snapshot"]["work_pool"]["base_job_template"] == TEMPLATE


def test_others_have_no_way_in(tenant: Tenant, viewer: Tenant, stranger: Tenant) -> None:
    pool = make_pool(tenant)
    url = f"{tenant.ws_url}{path(pool['name'])}"
    for key, reason in ((viewer.key, "authorization_failed"), (stranger.key, "authorization_failed"),
                        ("sbu_nonsense", "authentication_failed"), (None, "authentication_failed")):  # fmt: skip
        with connect(url, subprotocols=["prefect"]) as socket:  # type: ignore[list-item]
            send(socket, {"type": "auth", "token": key})
            assert end_of(socket) == (1008, reason)
    with pytest.raises(InvalidStatus) as refused, connect(url):
        pass
    assert refused.value.response.status_code == 403
    assert tenant.ok("POST", f"/work_pools/{pool['name']}/workers/filter", {}) == []


def test_a_pool_that_is_deleted_ends_the_channel(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    with working(tenant, pool["name"]) as (socket, _):
        tenant.ok("DELETE", f"/work_pools/{pool['name']}")
        assert end_of(socket) == (1008, "authorization_failed")


# -------------------------------------------------------------------------------------------- heartbeats and snapshots


def test_heartbeats_keep_the_worker_online(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    workers = f"/work_pools/{pool['name']}/workers/filter"
    with working(tenant, pool["name"]) as (socket, ready):
        [before] = tenant.ok("POST", workers, {})
        beat = {"consumer_id": ready["consumer_id"], "worker_name": "w", "heartbeat_interval_seconds": 7}
        tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"description": "answered to the heartbeat"})
        send(socket, frame("worker.heartbeat.v1", **beat))
        receive(socket, "work_pool.snapshot.v1")
        [after] = tenant.ok("POST", workers, {})
    assert after["last_heartbeat_time"] > before["last_heartbeat_time"]
    assert (after["id"], after["heartbeat_interval_seconds"]) == (before["id"], 7)


@pytest.mark.parametrize(
    ("_case", "message"),
    [
        (
            "of another",
            frame("worker.heartbeat.v1", consumer_id=str(uuid4()), worker_name="w", heartbeat_interval_seconds=3),
        ),
        ("a second hello", hello()),
        ("a frame of the server", frame("worker.ready.v1")),
        ("not a frame", ["hello"]),
    ],
)
def test_what_does_not_belong_ends_the_channel(tenant: Tenant, _case: str, message: Any) -> None:
    pool = make_pool(tenant)
    with working(tenant, pool["name"]) as (socket, _):
        send(socket, message)
        assert end_of(socket) == (1002, "protocol_error")


def test_changes_of_the_pool_are_told_and_others_are_not(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    with working(tenant, pool["name"]) as (socket, ready):
        tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"description": "not told"})
        tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"concurrency_limit": 3})
        told = receive(socket, "work_pool.snapshot.v1")
        assert (told["snapshot_sequence"], told["reason"]) == (2, "work_pool_updated")
        assert told["work_pool"] == tenant.ok("GET", f"/work_pools/{pool['name']}")
        tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"description": "told by the heartbeat"})
        beat = {"consumer_id": ready["consumer_id"], "worker_name": "w", "heartbeat_interval_seconds": 30}
        send(socket, frame("worker.heartbeat.v1", **beat))
        told = receive(socket, "work_pool.snapshot.v1")
        assert (told["snapshot_sequence"], told["reason"]) == (3, "heartbeat_reconciliation")
        assert told["work_pool"]["description"] == "told by the heartbeat"


# ---------------------------------------------------------------------------------------------------------- clean-ups


def test_a_connected_worker_is_asked_to_clean_up_and_its_word_ends_it(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    with working(tenant, pool["name"]) as (socket, _):
        run_id = timed_out_run(tenant, pool)
        given = receive(socket, "cleanup.message.v1")
        state = tenant.ok("GET", f"/flow_runs/{run_id}")["state_id"]
        assert given["message_id"] == str(uuid5(NAMESPACE_URL, f"prefect:{KIND}:{run_id}:{state}"))
        assert (given["kind"], given["delivery_count"], given["data"]) == (KIND, 1, {})
        assert given["target"] == {"flow_run_id": run_id, "infrastructure_pid": "host:42"}
        assert answer(socket, "ack", given, reservation_token="wrong")["status"] == "invalid_token"
        renewed = answer(socket, "renew", given)
        assert renewed["status"] == "accepted"
        assert renewed["lease_expires_at"] > given["lease_expires_at"]
        assert waiting(tenant) == [(1, False)]
        assert answer(socket, "ack", given)["status"] == "accepted"
        assert waiting(tenant) == []
        assert answer(socket, "ack", given)["reason"] == "message_not_found"


def test_what_was_not_acknowledged_is_given_to_the_next_worker(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    timed_out_run(tenant, pool)
    with working(tenant, pool["name"]) as (socket, _):
        first = receive(socket, "cleanup.message.v1")
    with working(tenant, pool["name"], worker_name="other") as (socket, _):
        second = receive(socket, "cleanup.message.v1")
        assert second["message_id"] == first["message_id"]
        assert second["delivery_count"] == 2
        assert second["reservation_token"] != first["reservation_token"]
        assert answer(socket, "ack", first)["status"] == "invalid_token"
        assert answer(socket, "ack", second)["status"] == "accepted"


def test_a_request_that_is_given_back_three_times_is_dead(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    timed_out_run(tenant, pool)
    with working(tenant, pool["name"]) as (socket, _):
        for status in ("accepted", "accepted", "dead_lettered"):
            given = receive(socket, "cleanup.message.v1")
            assert answer(socket, "release", given, reason="busy")["status"] == status
        assert waiting(tenant) == [(3, True)]
        assert answer(socket, "ack", given)["reason"] == "max_delivery_attempts_reached"


def test_a_worker_holds_no_more_than_it_has_room_for(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    runs = [timed_out_run(tenant, pool) for _ in range(2)]
    with working(tenant, pool["name"], max_cleanup_concurrency=1) as (socket, _):
        first = receive(socket, "cleanup.message.v1")
        assert waiting(tenant) == [(1, False), (0, False)]
        assert answer(socket, "ack", first)["status"] == "accepted"
        second = receive(socket, "cleanup.message.v1")
        assert [first["target"]["flow_run_id"], second["target"]["flow_run_id"]] == runs


def test_workers_of_the_runs_own_queue_come_first(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    queue = make_queue(tenant, pool, "own")
    with (
        working(tenant, pool["name"], worker_name="any") as (elsewhere, _),
        working(tenant, pool["name"], work_queue_names=["own"]) as (socket, _),
    ):
        timed_out_run(tenant, pool, "own")
        given = receive(socket, "cleanup.message.v1")
        assert given["work_queue_id"] == queue["id"]
        assert answer(socket, "ack", given)["status"] == "accepted"
        with pytest.raises(TimeoutError):
            elsewhere.recv(timeout=0.2)


def test_a_worker_that_asked_for_no_clean_ups_is_given_none(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    changes = {"requested_capabilities": BASIC, "handled_cleanup_kinds": [], "max_cleanup_concurrency": 0}
    with working(tenant, pool["name"], **changes) as (socket, ready):
        assert ready["effective_max_cleanup_concurrency"] == 0
        timed_out_run(tenant, pool)
        tenant.ok("PATCH", f"/work_pools/{pool['name']}", {"concurrency_limit": 3})
        receive(socket, "work_pool.snapshot.v1")
        assert waiting(tenant) == [(0, False)]
        given = {"message_id": str(uuid4()), "reservation_token": "t"}
        assert answer(socket, "ack", given)["reason"] == "cleanup_delivery_not_accepted"


def test_runs_without_a_worker_leave_no_request(tenant: Tenant) -> None:
    timed_out_run(tenant, make_pool(tenant, type="ecs:push"))
    assert waiting(tenant) == []


def test_requests_expire(tenant: Tenant) -> None:
    pool = make_pool(tenant)
    timed_out_run(tenant, pool)
    now = datetime.now(UTC)

    def claim(at: datetime) -> int:
        with workspace_transaction(tenant.workspace_id):
            given = cleanups.claim(
                tenant.workspace_id, pool["id"], uuid4(), queues=[], kinds=[KIND], room=5, now=at
            )  # fmt: skip
        return len(given)

    assert [claim(now + timedelta(seconds=second)) for second in (1, 3, 32, 33, 63)] == [0, 1, 0, 1, 1]
    cleanups.expire(now + timedelta(seconds=92))
    assert waiting(tenant) == [(3, False)]
    cleanups.expire(now + timedelta(seconds=93))
    assert waiting(tenant) == [(3, True)]
    cleanups.expire(now + timedelta(days=7, seconds=5))
    assert waiting(tenant) == []
