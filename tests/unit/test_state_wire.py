"""States and run policies as they cross the wire."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from runs.rules import Proposed, carries_result, propose
from runs.wire.policies import FlowRunPolicy, TaskRunPolicy
from runs.wire.states import SetState, StateCreate, StateDetails
from tests.unit.transitions import LEASE, NOW, decide, flow_run, state


def words(decision) -> dict[str, Any]:
    fields = {name: getattr(decision.details, name) for name in decision.details.__struct_fields__}
    return {"type": decision.details.__struct_config__.tag, **fields}


def test_details_use_the_words_of_the_wire():
    later_on = state("SCHEDULED", scheduled_time=NOW + timedelta(seconds=61.6))
    assert words(decide(flow_run(None), "RUNNING")) == {"type": "accept_details"}
    assert words(decide(flow_run(later_on), "RUNNING")) == {
        "type": "wait_details",
        "delay_seconds": 62,
        "reason": "Scheduled time is in the future",
    }
    assert words(decide(flow_run(state("CANCELLING")), "FAILED")) == {
        "type": "reject_details",
        "reason": "Cannot transition flows that are cancelling to a state other than Cancelled.",
    }
    assert words(decide(flow_run(state("FAILED")), "CRASHED")) == {
        "type": "abort_details",
        "reason": "Run is already in terminal state FAILED.",
    }


THEN = datetime(2030, 1, 1, tzinfo=UTC)
FRACTION = "Input should be a valid integer, got a number with a fractional part"
EVERY_DETAIL = {
    "flow_run_id": None,
    "task_run_id": None,
    "child_flow_run_id": None,
    "scheduled_time": None,
    "cache_key": None,
    "cache_expiration": None,
    "deferred": False,
    "untrackable_result": False,
    "pause_timeout": None,
    "pause_reschedule": False,
    "pause_key": None,
    "run_input_keyset": None,
    "refresh_cache": None,
    "retriable": None,
    "transition_id": None,
    "task_parameters_id": None,
    "traceparent": None,
    "deployment_concurrency_lease_id": None,
}


def test_state_details_are_always_written_in_full():
    assert msgspec.to_builtins(StateDetails()) == EVERY_DETAIL


def test_set_state_ignores_unknown_parameters_and_unknown_details():
    body = b'{"state": {"type": "RUNNING", "state_details": {"later": 1}}, "emit_event": false}'
    asked = msgspec.json.decode(body, type=SetState)
    assert (asked.force, asked.state) == (False, StateCreate(type="RUNNING"))


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("a state chooses no id", {"type": "RUNNING", "id": str(LEASE)}),
        ("nor a timestamp", {"type": "RUNNING", "timestamp": "2024-05-01T12:00:00Z"}),
        ("unknown type", {"type": "SLEEPING"}),
        ("no type", {"name": "Running"}),
        ("no details at all", {"type": "RUNNING", "state_details": None}),
    ],
)
def test_a_state_is_refused(_case, body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, StateCreate)


def test_naive_moments_are_utc():
    details = {"scheduled_time": "2024-05-01T12:00:00", "pause_timeout": "2024-05-01T12:00:00"}
    details["cache_expiration"] = "2024-05-01T12:00:00"
    asked = msgspec.convert(details, StateDetails)
    assert (asked.scheduled_time, asked.pause_timeout, asked.cache_expiration) == (NOW, NOW, NOW)


@pytest.mark.parametrize(
    ("_case", "create", "expected"),
    [
        ("named by type", StateCreate(type="CANCELLING"), Proposed("CANCELLING", "Cancelling")),
        ("named by the client", StateCreate(type="FAILED", name="TimedOut"), Proposed("FAILED", "TimedOut")),
        (
            "scheduled now",
            StateCreate(type="SCHEDULED", message="m"),
            Proposed("SCHEDULED", "Scheduled", "m", None, StateDetails(scheduled_time=NOW)),
        ),
        (
            "scheduled then",
            StateCreate(type="SCHEDULED", state_details=StateDetails(scheduled_time=THEN)),
            Proposed("SCHEDULED", "Scheduled", None, None, StateDetails(scheduled_time=THEN)),
        ),
    ],
)
def test_a_proposal_is_completed(_case, create, expected):
    assert propose(create, NOW) == expected


@pytest.mark.parametrize(
    ("_case", "data", "expected"),
    [
        ("a reference", {"type": "reference"}, True),
        ("a record without type", {"storage_key": "k"}, True),
        ("unpersisted", {"type": "unpersisted"}, False),
        ("nothing", None, False),
        ("a bare value", 3, False),
    ],
)
def test_a_result_is_persisted_unless_it_says_otherwise(_case, data, expected):
    assert carries_result(data) is expected


@pytest.mark.parametrize(
    ("_case", "sent", "retries", "retry_delay"),
    [
        ("nothing", {}, None, None),
        ("deprecated names", {"max_retries": 3, "retry_delay_seconds": 5.0}, 3, 5),
        ("both names", {"max_retries": 3, "retries": 1, "retry_delay_seconds": 5, "retry_delay": 0}, 1, 0),
        ("an unknown key", {"retry_delay": 7, "later": 1}, None, 7),
    ],
)
def test_a_flow_run_policy_understands_old_names(_case, sent, retries, retry_delay):
    policy = msgspec.convert(sent, FlowRunPolicy)
    assert (policy.retries, policy.retry_delay) == (retries, retry_delay)


def test_a_flow_run_policy_is_written_in_full_with_each_key_once():
    written = msgspec.json.encode(msgspec.convert({"pause_keys": ["b", "a", "b"]}, FlowRunPolicy))
    assert msgspec.json.decode(written) == {
        "max_retries": 0,
        "retry_delay_seconds": 0.0,
        "retries": None,
        "retry_delay": None,
        "pause_keys": ["b", "a"],
        "resuming": False,
        "retry_type": None,
    }


@pytest.mark.parametrize(
    ("_case", "sent", "retries", "retry_delay"),
    [
        ("deprecated names", {"max_retries": 2, "retry_delay_seconds": 1.5}, 2, 1.5),
        ("a delay for each", {"retries": 2, "retry_delay": [1, 2.5]}, 2, [1, 2.5]),
        ("fifty delays", {"retry_delay": [1] * 50}, None, [1] * 50),
    ],
)
def test_a_task_run_policy_understands_old_names(_case, sent, retries, retry_delay):
    policy = msgspec.convert(sent, TaskRunPolicy)
    assert (policy.retries, policy.retry_delay) == (retries, retry_delay)


@pytest.mark.parametrize(
    ("_case", "policy", "sent", "message"),
    [
        (
            "old fraction",
            FlowRunPolicy,
            {"retry_delay_seconds": 1.5},
            FRACTION,
        ),
        ("jitter", TaskRunPolicy, {"retry_jitter_factor": -0.1}, "`retry_jitter_factor` must be >= 0."),
        ("delays", TaskRunPolicy, {"retry_delay": [1] * 51}, "Can not configure more than 50 retry delays per task."),
    ],
)
def test_a_policy_is_refused(_case, policy: Any, sent, message):
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(sent, policy)
    assert str(refused.value) == message
