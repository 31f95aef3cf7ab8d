"""Who may still say something about a clean-up, and what comes of it."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from msgspec import Struct

TIMEOUT_TEARDOWN = "cancelling_timeout_teardown.v1"
CLAIM_TEARDOWN = "pending_claim_teardown.v1"
LEASE = timedelta(seconds=30)
MOST_DELIVERIES = 3
OTHERS_AFTER = timedelta(seconds=2)
"""How long a request waits for a worker of its own queue before any other may have it."""
KEPT = timedelta(days=7)
TOO_OFTEN = "max_delivery_attempts_reached"

Operation = Literal["ack", "release", "renew"]


class Standing(Struct, frozen=True):
    """A request as it stands when a worker speaks of it."""

    pool: UUID
    token: str | None
    lease_expires: datetime | None
    delivery_count: int
    dead: bool


class Outcome(Struct, frozen=True):
    """The wire's answer; `accepted` has no reason."""

    status: str
    reason: str | None = None


ACCEPTED = Outcome("accepted")


def message_id(kind: str, flow_run: UUID, state: UUID) -> UUID:
    """One request for each state that makes it necessary."""
    return uuid5(NAMESPACE_URL, f"prefect:{kind}:{flow_run}:{state}")


def judge(standing: Standing | None, *, pool: UUID, token: str, now: datetime) -> Outcome:
    """May the holder of this token still speak of the request?"""
    if standing is None:
        return Outcome("not_found", "message_not_found")
    if standing.pool != pool:
        return Outcome("unauthorized", "work_pool_mismatch")
    if standing.dead:
        return Outcome("dead_lettered", TOO_OFTEN)
    if standing.token is None or standing.lease_expires is None:
        return Outcome("not_current", "no_active_reservation")
    if standing.token != token:
        return Outcome("invalid_token", "reservation_token_mismatch")
    if standing.lease_expires <= now:
        return Outcome("expired", "lease_expired")
    return ACCEPTED


def is_last(delivery_count: int) -> bool:
    return delivery_count >= MOST_DELIVERIES
