"""From messages to deliveries: claimed under a lease, sent outside any transaction, recorded by the lease's holder.

A sender that dies leaves its message to be claimed again: at least once, always with the same key.
"""

import random
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from msgspec import Struct

from blocks.services import sealing
from controlplane.errors import Problem
from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction, workspace_transaction
from notifications import queries
from notifications.channels import kind_of
from notifications.channels.contract import SEND_SECONDS, DeliveryFailed
from notifications.rules import MOST_ATTEMPTS, wait_seconds
from notifications.services.matching import to_json
from notifications.wire import Attempt, Message

AT_ONCE = 8
CLAIM_FOR_SECONDS = 15.0  # with the last send, less than the lease of 30 s, and than a stopping worker's patience
SENDERS_DIED = f"Given up: the sender stopped in the middle of each of {MOST_ATTEMPTS} attempts."


class Sent(Struct, frozen=True):
    """What became of one attempt."""

    answer: str
    started: datetime
    seconds: float
    failure: DeliveryFailed | None = None


def send_due_messages() -> int:
    """Send what is due: one message of a channel at a time, several channels at once. Returns the attempts made."""
    bury_exhausted()
    until = time.monotonic() + CLAIM_FOR_SECONDS
    attempts = 0
    under_way: dict[Future[Sent], queries.Claimed] = {}
    broken: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send") as pool:
        while True:
            while len(under_way) < AT_ONCE and time.monotonic() < until and (claimed := claim()):
                under_way[start(pool, claimed)] = claimed
            if not under_way:
                break
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                claimed = under_way.pop(done)
                attempts += 1
                if error := done.exception():
                    broken.append(error)  # our own fault: the lease runs out, and it is tried until it has died
                else:
                    record(claimed, done.result())
    # Only now, when what the others were answered is recorded.
    if broken:
        raise broken[0]
    return attempts


def claim() -> queries.Claimed | None:
    with system_transaction():
        claimed: queries.Claimed | None = queries.claim_message(token=uuid4(), most=MOST_ATTEMPTS)
    return claimed


def start(pool: ThreadPoolExecutor, claimed: queries.Claimed) -> Future[Sent]:
    """Begin to send in a thread of the pool. The secret is opened here: the threads never touch the database."""
    try:
        return pool.submit(send, claimed, open_secret(claimed), SEND_SECONDS)
    except Problem as problem:
        failed: Future[Sent] = Future()
        failed.set_result(Sent(problem.detail, datetime.now(UTC), 0.0, DeliveryFailed(problem.detail)))
        return failed


def send_now(claimed: queries.Claimed, seconds: float) -> Sent:
    """Send one message that the caller has claimed, and record it."""
    try:
        sent = send(claimed, open_secret(claimed), seconds)
    except Problem as problem:
        sent = Sent(problem.detail, datetime.now(UTC), 0.0, DeliveryFailed(problem.detail))
    record(claimed, sent)
    return sent


def open_secret(claimed: queries.Claimed) -> str:
    with workspace_transaction(claimed.workspace_id):
        return sealing.open_sealed(
            claimed.workspace_id,
            table="notification_channel",
            row=claimed.channel_id,
            field="secret",
            sealed=claimed.secret,
        ).decode()


def send(claimed: queries.Claimed, secret: str, seconds: float) -> Sent:
    message = msgspec.json.decode(claimed.payload, type=Message)
    return attempt(claimed.kind, secret, message, claimed.key, seconds)


def attempt(kind: str, secret: str, message: Message, key: str, seconds: float) -> Sent:
    """One try, timed; a failure is an answer too."""
    started, clock = datetime.now(UTC), time.monotonic()
    try:
        words, failure = kind_of(kind).deliver(secret, message, key, seconds=seconds).words, None
    except DeliveryFailed as failed:
        words, failure = failed.reason, failed
    return Sent(words, started, round(time.monotonic() - clock, 3), failure)


def record(claimed: queries.Claimed, sent: Sent) -> None:
    """Store the answer, unless the lease was lost to another sender meanwhile."""
    with workspace_transaction(claimed.workspace_id):
        if sent.failure is None:
            record_delivered(claimed, sent)
        else:
            record_failure(claimed, sent, sent.failure)


def record_delivered(claimed: queries.Claimed, sent: Sent) -> None:
    since = msgspec.json.decode(claimed.payload, type=Message).received
    if queries.record_delivered(**lease_of(claimed), answer=sent.answer, attempt=trace(claimed, sent), since=since):
        queries.mark_channel_delivering(workspace=claimed.workspace_id, channel=claimed.channel_id)


def record_failure(claimed: queries.Claimed, sent: Sent, failure: DeliveryFailed) -> None:
    is_permanent = bool(failure.permanent) and claimed.attempts >= failure.patience
    wait = None
    if not is_permanent and claimed.attempts < MOST_ATTEMPTS:
        wait = wait_seconds(claimed.attempts, retry_after=failure.retry_after, chance=random.random())
    if not queries.record_failed(**lease_of(claimed), answer=sent.answer, attempt=trace(claimed, sent), wait=wait):
        return
    channel = {"workspace": claimed.workspace_id, "channel": claimed.channel_id}
    given_up = []
    if wait is None:
        given_up.append(queries.Buried(claimed.workspace_id, claimed.id, claimed.channel_id, None, sent.answer))
    if is_permanent and failure.permanent == "channel":
        queries.mark_channel_failing(**channel, status="DISABLED", reason=sent.answer)
        given_up += queries.bury_channel(**channel, answer=f"Not sent: the channel was disabled. {sent.answer}")
    elif failure.permanent != "message":
        queries.mark_channel_failing(**channel, status="FAILING", reason=sent.answer)
        if wait is not None:
            queries.hold_channel(**channel, wait=wait)
    note_failures(given_up)


def bury_exhausted() -> None:
    with system_transaction():
        note_failures(queries.bury_exhausted(most=MOST_ATTEMPTS, answer=SENDERS_DIED))


def note_failures(given_up: list[queries.Buried]) -> None:
    if given_up:
        rows = [
            {
                "workspace_id": buried.workspace_id,
                "id": uuid7(),
                "delivery_id": buried.id,
                "channel_id": buried.channel_id,
                "flow_run_id": buried.flow_run_id,
                "reason": buried.answer,
            }
            for buried in given_up
        ]
        queries.note_failures(rows=to_json(rows))


def lease_of(claimed: queries.Claimed) -> dict[str, object]:
    return {"workspace": claimed.workspace_id, "id": claimed.id, "token": claimed.lease_token}


def trace(claimed: queries.Claimed, sent: Sent) -> msgspec.Raw:
    return to_json(
        Attempt(
            number=claimed.attempts,
            at=sent.started,
            seconds=sent.seconds,
            answer=sent.answer,
            is_delivered=sent.failure is None,
        )
    )
