"""From triggered actions to effects: claimed under a lease, done in one transaction with what tells of it.

Effect, done mark and event commit together, so an executor that dies leaves either all of them or none. Only a call
of a webhook leaves the house: it is sent outside any transaction, at least once, always with the same key.
"""

import logging
import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
from django.conf import settings
from django.db import IntegrityError, OperationalError
from msgspec import Raw

from automations import queries_actions as queries
from automations.rules.retrying import MOST_ATTEMPTS, wait_seconds
from automations.services import action_events, effects, telling, webhook_calls
from automations.services.invocations import ActionFailed, Effect, Invocation, as_invocation
from automations.wire.actions import CallWebhook
from automations.wire.firings import ActionTry
from controlplane.errors import Problem, Unavailable
from controlplane.sql.transactions import system_transaction, workspace_transaction
from controlplane.wire.invalid import InvalidBody
from events.services import emission
from events.services.emission import Emitted

log = logging.getLogger(__name__)

AT_ONCE = 8
CLAIM_FOR_SECONDS = 15.0
EXECUTORS_DIED = f"Given up: the executor stopped in the middle of each of {MOST_ATTEMPTS} attempts."

Sent = Future[tuple[Effect, float]]


class LeaseLost(Exception):
    """Another executor has it: what was begun here is undone."""


def carry_out_due_actions() -> int:
    """Do what is due; webhooks several at once. Returns the attempts made."""
    bury_exhausted()
    until = time.monotonic() + CLAIM_FOR_SECONDS
    attempts = 0
    under_way: dict[Sent, Invocation] = {}
    broken: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            while len(under_way) < AT_ONCE and time.monotonic() < until and (claimed := claim()):
                attempts += 1
                try:
                    invocation = as_invocation(claimed, pages_of(claimed))
                    if (sent := begin(pool, invocation)) is not None:
                        under_way[sent] = invocation
                except Exception as error:  # our own fault: the lease runs out, and it is tried until it has died
                    broken.append(error)
                finish_done(under_way)  # or what was answered would be settled only when nothing more is due
            if not under_way:
                break
            wait(under_way, return_when=FIRST_COMPLETED)
            finish_done(under_way)
    # Only now, when what the others did is recorded.
    if broken:
        raise broken[0]
    return attempts


def finish_done(under_way: dict[Sent, Invocation]) -> None:
    for done in [sent for sent in under_way if sent.done()]:
        finish(under_way.pop(done), done)


def claim() -> queries.Claimed | None:
    with system_transaction():
        return queries.claim_action(token=uuid4(), most=MOST_ATTEMPTS)


def pages_of(claimed: queries.Claimed) -> str:
    return f"{settings.PUBLIC_URL}/w/{claimed.account}/{claimed.workspace}"


def begin(pool: ThreadPoolExecutor, invocation: Invocation) -> Sent | None:
    """Do it; or, for a webhook, begin to call it in a thread, which never touches the database."""
    action, began = invocation.action, time.monotonic()
    try:
        if isinstance(action, CallWebhook):
            with workspace_transaction(invocation.workspace):
                prepared = telling.prepare_webhook(invocation, action, datetime.now(UTC))
            return pool.submit(webhook_calls.call, prepared)
        carry_out(invocation, began)
    except LeaseLost:
        pass
    except ActionFailed as failed:
        record_failure(invocation, failed, began)
    except IntegrityError:  # two of them made the same thing at the same moment
        record_failure(invocation, ActionFailed("Another action was quicker", is_transient=True), began)
    except Unavailable as problem:
        record_failure(invocation, ActionFailed(problem.detail, is_transient=True), began)
    except (OperationalError, psycopg.OperationalError) as error:
        record_failure(invocation, ActionFailed(f"The database: {type(error).__name__}", is_transient=True), began)
    except Problem as problem:
        record_failure(invocation, ActionFailed(problem.detail, details={"status_code": problem.status}), began)
    except InvalidBody as invalid:
        record_failure(invocation, ActionFailed(str(invalid), details={"status_code": 422}), began)
    return None


def carry_out(invocation: Invocation, began: float) -> None:
    """Effect, event and done mark: all or nothing."""
    now = datetime.now(UTC)
    with workspace_transaction(invocation.workspace):
        hold(invocation)
        record_done(invocation, effects.carry_out(invocation, now), now, time.monotonic() - began)


def finish(invocation: Invocation, done: Sent) -> None:
    """Record what a webhook answered."""
    began = time.monotonic()
    try:
        effect, seconds = done.result()
    except ActionFailed as failed:
        record_failure(invocation, failed, began)
        return
    try:
        with workspace_transaction(invocation.workspace):
            hold(invocation)
            record_done(invocation, effect, datetime.now(UTC), seconds)
    except LeaseLost:
        pass  # another executor calls it again, with the same key


def hold(invocation: Invocation) -> None:
    if queries.hold_action(workspace=invocation.workspace, id=invocation.id, token=invocation.token) is None:
        raise LeaseLost


def record_done(invocation: Invocation, effect: Effect, now: datetime, seconds: float) -> None:
    told = action_events.action_executed(invocation, now, related=effect.related, details=effect.details)
    settle(invocation, "done", effect.words, told, now, seconds)


def record_failure(invocation: Invocation, failed: ActionFailed, began: float) -> None:
    """To be tried again if it may succeed then; otherwise dead, which is told."""
    now, seconds = datetime.now(UTC), time.monotonic() - began
    again = failed.is_transient and invocation.attempts < MOST_ATTEMPTS
    told = None
    if not again:
        told = action_events.action_failed(
            invocation, now, reason=failed.reason, related=failed.related, details=failed.details
        )
    pause = wait_seconds(invocation.attempts, retry_after=failed.retry_after, chance=random.random())
    try:
        with workspace_transaction(invocation.workspace):
            hold(invocation)
            settle(invocation, "again" if again else "dead", failed.reason, told, now, seconds, pause)
    except LeaseLost:
        pass


def settle(
    invocation: Invocation, outcome: str, words: str, told: Emitted | None, now: datetime, seconds: float,
    pause: float = 0.0,
) -> None:  # fmt: skip
    attempt = ActionTry(
        number=invocation.attempts, at=now, seconds=round(seconds, 3), answer=words, is_done=outcome == "done"
    )
    queries.settle_action(
        workspace=invocation.workspace, id=invocation.id, token=invocation.token, outcome=outcome, wait=pause,
        answer=words, attempt=Raw(msgspec.json.encode(attempt)),
    )  # fmt: skip
    if told is not None:
        emission.insert(invocation.workspace, [told], now=now)


def bury_exhausted() -> None:
    now = datetime.now(UTC)
    with system_transaction():
        for claimed in queries.bury_exhausted(most=MOST_ATTEMPTS, answer=EXECUTORS_DIED):
            try:
                invocation = as_invocation(claimed, pages_of(claimed))
            except msgspec.MsgspecError:  # why it was never done: it is dead now, and only its event is missing
                log.exception("An action cannot be read", extra={"action_id": str(claimed.id)})
                continue
            told = action_events.action_failed(invocation, now, reason=EXECUTORS_DIED, related=[], details={})
            emission.insert(invocation.workspace, [told], now=now)


def forget_old_actions(now: datetime) -> int:
    """What was settled long ago."""
    with system_transaction():
        return queries.forget_old_actions(before=now - timedelta(days=settings.KEEP_ACTIONS_DAYS))
