"""From events to firings: a consumer that tails the event table over all workspaces, and the clock of its windows.

One pass is one transaction: what the triggers remember, the firings with their actions and events, the records and the
position move together, so that a pass which dies leaves nothing and the next one does the same again. One process is
at it at a time. A pass that breaks on what one automation left is done again, each automation for itself.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.queries_evaluation import Clock, Head, MachineRow
from automations.rules.evaluating import Evaluator, Kept, machines_for
from automations.rules.machines import Machine, is_over
from automations.rules.watching import Happening, Leaf, Watched, machine_id
from automations.services import arriving, recording, watches
from automations.services.isolation import BROKEN, FAULTS, Heard, Judge, judge_apart
from automations.services.sight import sight
from controlplane.sql.transactions import system_transaction

log = logging.getLogger(__name__)

MOST_EVENTS = 500
MOST_DUE = 500
MOST_PASSES = 40
GRACE = timedelta(seconds=2)
"""What an event needs from its sender to our table: windows are closed by a clock that is late by this."""
GAP = timedelta(seconds=30)
HOLD = timedelta(seconds=15)
"""After nobody evaluated for GAP, senders have this long to deliver what they hold before silence is taken for one."""

encode = msgspec.json.encode
decode_machine = msgspec.json.Decoder(Machine).decode


class Batch(NamedTuple):
    """The next events: the last transaction, whether there are no more, and when the last one was received."""

    end: int
    is_all: bool
    received: datetime | None
    heads: list[Head]


class Time(NamedTuple):
    """What the clock says after this pass (see `EvaluationClock`)."""

    mark: int
    marked: datetime
    as_of: datetime
    held_until: datetime


def evaluate_new_events(now: datetime | None = None) -> int:
    """Take in what happened, until nothing is left. Returns how many passes had something to do.

    Another process that is at it already is left alone, and so is a backlog of more than twenty thousand events.
    """
    for done in range(MOST_PASSES):
        if not run_pass(now or datetime.now(UTC)):
            return done
    return MOST_PASSES


def run_pass(now: datetime) -> bool:
    """One transaction. Whether there may be more to do at once."""
    try:
        return take_in(now, judge)
    except BROKEN:
        log.exception("A pass broke; it is done again, each automation for itself")
        return take_in(now, partial(judge_apart, judge))


def take_in(now: datetime, judge: Judge) -> bool:
    with system_transaction():
        if not queries.lock_evaluation():
            return False
        clock = queries.read_clock()
        assert clock is not None
        sight.refresh()
        is_more = False
        if clock.position is None:
            start(clock, now)
        else:
            is_more = take_batch(clock, now, judge)
    sight.since = clock.horizon
    return is_more


def take_batch(clock: Clock, now: datetime, judge: Judge) -> bool:
    """The next events and what the clock has passed. Whether there may be more."""
    batch = read_batch(clock)
    time = tell_time(clock, batch, now)
    due = queries.read_due_machines(as_of=time.as_of, most=MOST_DUE)
    heard = arriving.read_happenings(batch.heads, end=batch.end, now=now)
    judge(heard, due, time.as_of, now)
    queries.write_clock(position=batch.end, now=now, **time._asdict())
    return not batch.is_all or len(due) == MOST_DUE


def start(clock: Clock, now: datetime) -> None:
    """The first pass ever: what happened before concerns nobody, and the watches that are there begin."""
    watches.begin(
        (watched for space in sight.index.workspaces.values() for watched in space.automations.values()), now=now
    )
    queries.write_clock(
        position=clock.horizon - 1, mark=clock.ahead, marked=now, as_of=now - GRACE, now=now, held_until=now
    )


def read_batch(clock: Clock) -> Batch:
    assert clock.position is not None
    end = queries.find_end(after=str(clock.position), horizon=str(clock.horizon), most=MOST_EVENTS)
    if end is None:
        return Batch(clock.position, True, None, [])
    heads = queries.read_heads(after=str(clock.position), end=str(end))
    return Batch(end, len(heads) < MOST_EVENTS, max(head.received for head in heads), heads)


def tell_time(clock: Clock, batch: Batch, now: datetime) -> Time:
    """Up to when every event is known that was sent in time.

    While there is a backlog that is what was received last. Otherwise it is a moment at which every transaction that
    is still hidden had not begun.
    """
    assert clock.mark is not None
    assert clock.marked is not None
    assert clock.as_of is not None
    assert clock.passed is not None
    assert clock.held_until is not None
    held_until = now + HOLD if now - clock.passed > GAP else clock.held_until
    mark, marked, as_of = clock.mark, clock.marked, clock.as_of
    if not batch.is_all and batch.received is not None:
        as_of = batch.received - GRACE
    elif clock.horizon >= mark:
        as_of, mark, marked = marked - GRACE, clock.ahead, now
    if now < held_until:
        as_of = clock.as_of
    return Time(mark, marked, max(as_of, clock.as_of), held_until)


def judge(heard: Heard, due: Sequence[MachineRow], as_of: datetime, now: datetime) -> None:
    """Hold events and the clock against the automations, and write down what comes of it."""
    evaluator = Evaluator()
    matches = [pair for pair in heard if evaluator.concerns(*pair)]
    owners = {(row.workspace_id, row.id): sight.index.find(row.workspace_id, row.automation_id) for row in due}
    current = sight.hold({leaf.watched for leaf, _ in matches} | {one for one in owners.values() if one is not None})
    matches = [pair for pair in matches if pair[0].watched in current]
    known = read_known(evaluator, matches, due)
    gone = [key for key, owner in owners.items() if owner not in current or key[1] not in evaluator.kept]
    for leaf, event in sorted(matches, key=lambda pair: (pair[1].at, pair[1].id)):
        attempt(evaluator, leaf, event)
    fresh = set(evaluator.changed)
    for _, id in owners.keys() - set(gone):
        evaluator.run_clock(id, as_of=as_of)
    records = recording.carry_out(sight, sorted(evaluator.firings, key=lambda one: one.at), now=now)
    write_machines(evaluator, known | set(gone), gone, fresh, as_of=as_of, now=now)
    recording.write(sight, records + recording.sample(sight, evaluator.findings, now=now), now=now)


def attempt(evaluator: Evaluator, leaf: Leaf, event: Happening) -> None:
    """An automation that cannot be evaluated is left out, and does not keep the others waiting."""
    try:
        evaluator.hear(leaf, event)
    except FAULTS:
        log.exception("An automation cannot be evaluated", extra={"automation_id": str(leaf.watched.id)})


def read_known(evaluator: Evaluator, matches: Heard, due: Sequence[MachineRow]) -> set[tuple[UUID, UUID]]:
    """Give the evaluator the machines that may change: those of the events, those that are due, those round them."""
    owners: dict[tuple[UUID, UUID], Watched] = {}
    for leaf, event in matches:
        for id in machines_for(leaf, event):
            owners[leaf.watched.workspace, id] = leaf.watched
    for row in due:
        watched = sight.index.find(row.workspace_id, row.automation_id)
        if watched is not None:
            owners[row.workspace_id, row.id] = watched
            for id in machines_round(watched, row.trigger_id):
                owners[row.workspace_id, id] = watched
    if not owners:
        return set()
    rows = queries.read_machines(workspaces=[key[0] for key in owners], ids=[key[1] for key in owners])
    for row in rows:
        watched = owners[row.workspace_id, row.id]
        if row.trigger_id in watched.triggers:
            evaluator.kept[row.id] = Kept(watched, row.trigger_id, decode_machine(row.memory))
    return {(row.workspace_id, row.id) for row in rows}


def machines_round(watched: Watched, trigger_id: UUID) -> Iterable[UUID]:
    return (machine_id(parent.id, {}) for parent in watched.parents.get(trigger_id, ()))


def write_machines(
    evaluator: Evaluator,
    known: set[tuple[UUID, UUID]],
    gone: Sequence[tuple[UUID, UUID]],
    fresh: set[UUID],
    *,
    as_of: datetime,
    now: datetime,
) -> None:
    """Store what changed; forget what nothing more can come of, unless there was news for it just now (`fresh`)."""
    rows, over = [], set(gone)
    for id in evaluator.changed:
        kept = evaluator.kept[id]
        key = (kept.watched.workspace, id)
        if id in fresh or not is_over(kept.machine, kept.watched.triggers[kept.trigger_id], as_of=as_of):
            rows.append(watches.to_row(id, kept, now=now))
        elif key in known:
            over.add(key)
    if rows:
        queries.write_machines(rows=Raw(encode(rows)), now=now)
    if over:
        queries.forget_machines(workspaces=[key[0] for key in over], ids=[key[1] for key in over])
