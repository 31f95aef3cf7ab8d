"""The concurrency limit of a deployment."""

from datetime import timedelta

import pytest

from runs.rules import CORE_FLOW_POLICY, MINIMAL_FLOW_POLICY, Release, Renew, Take
from tests.unit.transitions import DEPLOYMENT, LEASE, LIMIT, NOW, RUN, SPARE, decide, flow_run, limit, state, stored


@pytest.mark.parametrize(
    ("_case", "facts", "status", "reason", "expected", "lease"),
    [
        ("no limit", {}, "ACCEPT", None, "PENDING Pending", None),
        ("no deployment", {"deployment_id": None, "limit": limit(limit=0)}, "ACCEPT", None, "PENDING Pending", None),
        ("deployment gone", {"deployment_exists": False}, "ABORT", "Deployment not found.", None, None),
        (
            "limit nought",
            {"limit": limit(limit=0)},
            "ABORT",
            "The deployment concurrency limit is 0. The flow will deadlock if submitted again.",
            None,
            None,
        ),
        ("room", {"limit": limit()}, "ACCEPT", None, "PENDING Pending", SPARE),
        ("held already", {"limit": limit(active_slots=1, held=True)}, "ACCEPT", None, "PENDING Pending", SPARE),
        (
            "full",
            {"limit": limit(active_slots=1)},
            "REJECT",
            "Deployment concurrency limit reached.",
            "SCHEDULED AwaitingConcurrencySlot",
            None,
        ),
        (
            "full, queues",
            {"limit": limit(active_slots=1, collision_strategy="ENQUEUE")},
            "REJECT",
            "Deployment concurrency limit reached.",
            "SCHEDULED AwaitingConcurrencySlot",
            None,
        ),
        (
            "full, cancels",
            {"limit": limit(active_slots=1, collision_strategy="CANCEL_NEW")},
            "REJECT",
            "Deployment concurrency limit reached.",
            "CANCELLED Cancelled",
            None,
        ),
        *(
            (
                f"worker {version}",
                {"limit": limit(active_slots=1), "client_version": version},
                "ACCEPT",
                None,
                "PENDING Pending",
                None,
            )
            for version in ("3.0.0rc20", "3.0.0", "3.0.1", "3.0.2", "3.0.3")
        ),
    ],
)
def test_a_claim_takes_a_slot_of_the_deployment(_case, facts, status, reason, expected, lease):
    decision = decide(flow_run(state("SCHEDULED"), **{"deployment_id": DEPLOYMENT, **facts}), "PENDING")
    assert (decision.status, decision.reason, stored(decision)) == (status, reason, expected)
    assert decision.takes == (lease and Take((LIMIT,), "flow_run", RUN, lease, 300))
    if expected:
        assert decision.state.state_details.deployment_concurrency_lease_id == lease
    if expected == "SCHEDULED AwaitingConcurrencySlot":
        assert decision.run.next_scheduled_start_time == NOW + timedelta(seconds=30)
    if expected == "CANCELLED Cancelled":
        assert decision.state.message == "Deployment concurrency limit reached."


def test_a_grace_period_is_the_life_of_the_lease():
    facts = flow_run(state("SCHEDULED"), deployment_id=DEPLOYMENT, limit=limit(grace_period_seconds=60))
    assert decide(facts, "PENDING").takes.ttl_seconds == 60


@pytest.mark.parametrize(
    ("_case", "version", "limit_facts", "expected", "takes", "renews"),
    [
        ("lease alive", "3.8.8", {"lease_alive": True}, "RUNNING Running", None, Renew(LEASE, 300)),
        ("first leasing client", "3.4.11", {"lease_alive": True}, "RUNNING Running", None, Renew(LEASE, 300)),
        ("leasing pre-release", "3.5.0rc1", {"lease_alive": True}, "RUNNING Running", None, Renew(LEASE, 300)),
        ("lease lost, room", "3.8.8", {}, "RUNNING Running", SPARE, None),
        ("lease lost, full", "3.8.8", {"active_slots": 1}, "CANCELLED Cancelled", None, None),
        ("older client", "3.4.10", {"active_slots": 1}, "RUNNING Running", None, Renew(LEASE, None)),
        ("2.20 client", "2.20.26", {"active_slots": 1}, "RUNNING Running", None, Renew(LEASE, None)),
        ("no version", None, {"active_slots": 1}, "RUNNING Running", None, Renew(LEASE, None)),
        ("odd version", "main", {"active_slots": 1}, "RUNNING Running", None, Renew(LEASE, None)),
    ],
)
def test_starting_validates_the_slot(_case, version, limit_facts, expected, takes, renews):
    current = state("PENDING", deployment_concurrency_lease_id=LEASE)
    facts = flow_run(current, deployment_id=DEPLOYMENT, limit=limit(**limit_facts), client_version=version)
    decision = decide(facts, "RUNNING")
    assert (stored(decision), decision.renews) == (expected, renews)
    assert decision.takes == (takes and Take((LIMIT,), "flow_run", RUN, takes, 300))
    if expected == "CANCELLED Cancelled":
        assert (decision.status, decision.reason, decision.state.message, decision.releases) == (
            "REJECT",
            "Deployment concurrency limit reached after lease expiry.",
            "Deployment concurrency slot lost during provisioning - no slots available to continue execution",
            Release("flow_run", RUN, LIMIT, LEASE),
        )
    else:
        assert decision.state.state_details.deployment_concurrency_lease_id == (takes or LEASE)


def test_an_old_client_keeps_its_slot_while_it_is_cancelled():
    current = state("PENDING", deployment_concurrency_lease_id=LEASE)
    facts = flow_run(current, deployment_id=DEPLOYMENT, limit=limit(), client_version="2.20.26")
    assert decide(facts, "CANCELLING").renews == Renew(LEASE, None)


def test_a_slot_taken_again_is_not_taken_when_the_run_has_to_wait():
    current = state("PENDING", deployment_concurrency_lease_id=LEASE, scheduled_time=NOW + timedelta(hours=1))
    decision = decide(flow_run(current, deployment_id=DEPLOYMENT, limit=limit()), "RUNNING")
    assert (decision.status, decision.takes) == ("WAIT", None)


@pytest.mark.parametrize("policy", [CORE_FLOW_POLICY, MINIMAL_FLOW_POLICY], ids=["core", "minimal"])
@pytest.mark.parametrize(
    ("_case", "left", "entered", "lease", "limited", "expected"),
    [
        ("ends", "RUNNING", "COMPLETED", LEASE, limit(), Release("flow_run", RUN, LIMIT, LEASE)),
        ("pauses", "RUNNING", "PAUSED", LEASE, limit(), Release("flow_run", RUN, LIMIT, LEASE)),
        ("is cancelled", "CANCELLING", "CANCELLED", LEASE, limit(), Release("flow_run", RUN, LIMIT, LEASE)),
        ("goes back", "PENDING", "SCHEDULED", LEASE, limit(), Release("flow_run", RUN, LIMIT, LEASE)),
        ("ends without lease", "RUNNING", "CRASHED", None, limit(), Release("flow_run", RUN, LIMIT, None)),
        ("ends, limit removed", "RUNNING", "FAILED", LEASE, None, Release("flow_run", RUN, None, LEASE)),
        ("ends, never limited", "RUNNING", "COMPLETED", None, None, None),
        ("goes on", "RUNNING", "CANCELLING", LEASE, limit(), None),
        ("held none", "SCHEDULED", "CANCELLED", LEASE, limit(), None),
    ],
)
def test_a_run_that_stops_frees_its_slot(_case, left, entered, lease, limited, expected, policy):
    facts = flow_run(state(left, deployment_concurrency_lease_id=lease), deployment_id=DEPLOYMENT, limit=limited)
    decision = decide(facts, entered, policy=policy)
    assert (decision.status, decision.releases) == ("ACCEPT", expected)


def test_a_retry_that_the_client_proposes_frees_the_slot():
    current = state("RUNNING", deployment_concurrency_lease_id=LEASE)
    decision = decide(flow_run(current, deployment_id=DEPLOYMENT, limit=limit()), "SCHEDULED", name="AwaitingRetry")
    assert decision.releases == Release("flow_run", RUN, LIMIT, LEASE)
