"""From messages to deliveries: claimed under a lease, sent outside any transaction, recorded by the lease's holder.

A sender that dies leaves its message to be claimed again: at least once, always with the same key.
"""

import random
import re
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgspec
from django.conf import settings
from msgspec import Struct

from blocks.services import block_documents, sealing
from blocks.wire.blocks import BlockDocument
from controlplane.errors import NotFound, Problem
from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction, workspace_transaction
from notifications import queries
from notifications.channels import blocks, keeping, kind_of
from notifications.channels.contract import SEND_SECONDS, Answer, DeliveryFailed, Kind, Settings
from notifications.rules import MOST_ATTEMPTS, wait_seconds
from notifications.services.matching import to_json
from notifications.services.templating import worded
from notifications.wire import Attempt, Message

AT_ONCE = 8
CLAIM_FOR_SECONDS = 15.0  # with the last send, less than the lease of 30 s, and than a stopping worker's patience
SENDERS_DIED = f"Given up: the sender stopped in the middle of each of {MOST_ATTEMPTS} attempts."


SENDABLE = re.compile(r"[A-Za-z0-9:_-]{1,120}")
BLOCK_GONE = "The notification block was deleted."


class Receiver(Struct, frozen=True):
    """Where a message goes, ready to be sent to."""

    kind: Kind[Any]
    settings: Settings


class Opened(Struct, frozen=True):
    """What the database knows of a receiver: a channel's settings, or a block."""

    settings: bytes = b""
    block: BlockDocument | None = None


class Sent(Struct, frozen=True):
    """What became of one attempt."""

    answer: str
    started: datetime
    seconds: float
    failure: DeliveryFailed | None = None
    reference: str = ""


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
        return pool.submit(send, claimed, open_receiver(claimed), SEND_SECONDS)
    except (Problem, DeliveryFailed) as problem:
        failed: Future[Sent] = Future()
        failed.set_result(not_sent(problem))
        return failed


def send_now(claimed: queries.Claimed, seconds: float) -> Sent:
    """Send one message that the caller has claimed, and record it."""
    try:
        sent = send(claimed, open_receiver(claimed), seconds)
    except (Problem, DeliveryFailed) as problem:
        sent = not_sent(problem)
    record(claimed, sent)
    return sent


def not_sent(problem: Problem | DeliveryFailed) -> Sent:
    failure = DeliveryFailed(problem.detail) if isinstance(problem, Problem) else problem
    return Sent(failure.reason, datetime.now(UTC), 0.0, failure)


def open_receiver(claimed: queries.Claimed) -> Opened:
    with workspace_transaction(claimed.workspace_id):
        if claimed.block_document_id is not None:
            return Opened(block=open_block(claimed.workspace_id, claimed.block_document_id))
        assert claimed.channel_id is not None
        assert claimed.secret is not None
        return Opened(
            sealing.open_sealed(
                claimed.workspace_id,
                table="notification_channel",
                row=claimed.channel_id,
                field="secret",
                sealed=claimed.secret,
            )
        )


def open_block(workspace: UUID, document_id: UUID) -> BlockDocument:
    try:
        return block_documents.read_block_document(workspace, document_id, show_secrets=True)
    except NotFound:
        raise DeliveryFailed(BLOCK_GONE, permanent="message") from None


def send(claimed: queries.Claimed, opened: Opened, seconds: float) -> Sent:
    try:
        receiver = receiver_of(claimed, opened)
    except DeliveryFailed as problem:
        return not_sent(problem)
    message = placed(msgspec.json.decode(claimed.payload, type=Message), claimed)
    return attempt(receiver, worded(message), claimed.key, seconds, edited=claimed.edited)


def receiver_of(claimed: queries.Claimed, opened: Opened) -> Receiver:
    """A block that cannot be told through is `DeliveryFailed`. May resolve a name: not inside a transaction."""
    if opened.block is None:
        assert claimed.kind is not None
        kind = kind_of(claimed.kind)
        return Receiver(kind, kind.bind(keeping.from_bytes(kind, opened.settings), claimed.workspace_id))
    try:
        name, given = blocks.channel_of(opened.block.block_type.slug, opened.block.data)
        kind = kind_of(name)
        return Receiver(kind, keeping.read_settings(kind, given))
    except keeping.BadSettings as problem:
        words = f"The block {opened.block.name} cannot be used: {problem.field} {problem.detail}"
        raise DeliveryFailed(words, permanent="message") from None
    except Problem as problem:
        raise DeliveryFailed(problem.detail, permanent="message") from None


def placed(message: Message, claimed: queries.Claimed) -> Message:
    """The message with the names and the address of its workspace."""
    message = msgspec.structs.replace(message, workspace_id=claimed.workspace_id)
    if message.workspace or not claimed.workspace:
        return message
    page = f"{settings.PUBLIC_URL}/w/{claimed.account}/{claimed.workspace}"
    url = f"{page}/runs/{message.flow_run_id}" if message.flow_run_id else page
    return msgspec.structs.replace(
        message, account=claimed.account, workspace=claimed.workspace, url=message.url or url
    )


def attempt(receiver: Receiver, message: Message, key: str, seconds: float, *, edited: str = "") -> Sent:
    """One try, timed; a failure is an answer too. `edited`: the reference of a message to rewrite."""
    started, clock = datetime.now(UTC), time.monotonic()
    kind, given, key = receiver.kind, receiver.settings, sendable(key)
    failure, answer = None, Answer("")
    try:
        if edited and kind.can_edit:
            answer = kind.edit(given, edited, message, key, seconds=seconds)
        else:
            answer = kind.deliver(given, message, key, seconds=seconds)
    except DeliveryFailed as failed:
        failure = failed
    words = failure.reason if failure else answer.words
    return Sent(words, started, round(time.monotonic() - clock, 3), failure, answer.reference)


def sendable(key: str) -> str:
    """The key as a header can carry it: the same for the same key."""
    return key if SENDABLE.fullmatch(key) else sha256(key.encode()).hexdigest()


def record(claimed: queries.Claimed, sent: Sent) -> None:
    """Store the answer, unless the lease was lost to another sender meanwhile."""
    with workspace_transaction(claimed.workspace_id):
        if sent.failure is None:
            record_delivered(claimed, sent)
        else:
            record_failure(claimed, sent, sent.failure)


def record_delivered(claimed: queries.Claimed, sent: Sent) -> None:
    since = msgspec.json.decode(claimed.payload, type=Message).received
    if (
        queries.record_delivered(
            **lease_of(claimed),
            answer=sent.answer,
            reference=sent.reference,
            attempt=trace(claimed, sent),
            since=since,
        )
        and claimed.channel_id is not None
    ):
        queries.mark_channel_delivering(workspace=claimed.workspace_id, channel=claimed.channel_id)


def record_failure(claimed: queries.Claimed, sent: Sent, failure: DeliveryFailed) -> None:
    is_permanent = bool(failure.permanent) and claimed.attempts >= failure.patience
    wait = None
    if not is_permanent and claimed.attempts < MOST_ATTEMPTS:
        wait = wait_seconds(claimed.attempts, retry_after=failure.retry_after, chance=random.random())
    if not queries.record_failed(**lease_of(claimed), answer=sent.answer, attempt=trace(claimed, sent), wait=wait):
        return
    given_up = []
    if wait is None:
        given_up.append(
            queries.Buried(
                claimed.workspace_id, claimed.id, claimed.channel_id, claimed.block_document_id, None, sent.answer
            )
        )
    channel = {"workspace": claimed.workspace_id, "channel": claimed.channel_id}
    if claimed.channel_id is None:
        pass  # a block has no health of its own
    elif is_permanent and failure.permanent == "channel":
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
                "block_document_id": buried.block_document_id,
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
