"""Metric triggers: a sweep that measures the runs of each, one automation a transaction."""

import logging
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.rules import metrics
from automations.rules.evaluating import Evaluator, Kept
from automations.rules.machines import Machine
from automations.rules.metrics import Breach
from automations.rules.watching import Watched, machine_id
from automations.rules.windows import Shot
from automations.services import recording, watches
from automations.services.isolation import BROKEN, begin_anew
from automations.services.sight import sight
from automations.wire.triggers import MetricTrigger
from controlplane.sql.transactions import system_transaction

log = logging.getLogger(__name__)

MOST_RUNS = 5_000

encode = msgspec.json.encode
decode_machine = msgspec.json.Decoder(Machine).decode


def measure_all(now: datetime | None = None) -> int:
    """Measure each metric trigger. Returns how many fired. Another process at it is left alone."""
    moment = now or datetime.now(UTC)
    with system_transaction():
        sight.refresh()
    spaces = list(sight.index.workspaces.values())
    watched = [one for space in spaces for one in space.automations.values() if one.metrics]
    return sum(measure_apart(one, moment) for one in watched)


def measure_apart(watched: Watched, now: datetime) -> int:
    """One that breaks keeps no other from being measured."""
    try:
        return measure(watched, now)
    except BROKEN:
        log.exception("A metric cannot be measured", extra={"automation_id": str(watched.id)})
    with system_transaction():
        begin_anew(watched, next(iter(watched.triggers)), None, now)
    return 0


def measure(watched: Watched, now: datetime) -> int:
    with system_transaction():
        if not queries.lock_measuring() or watched not in sight.hold({watched}):
            return 0
        evaluator, ids = Evaluator(), [machine_id(trigger.id, {}) for trigger in watched.triggers.values()]
        for row in queries.read_machines(workspaces=[watched.workspace] * len(ids), ids=ids):
            evaluator.kept[row.id] = Kept(watched, row.trigger_id, decode_machine(row.memory))
        for trigger in watched.metrics:
            judge(evaluator, watched, trigger, now)
        records = recording.carry_out(sight, evaluator.firings, now=now)
        rows = [watches.to_row(id, evaluator.kept[id], now=now) for id in evaluator.changed]
        queries.write_machines(rows=Raw(encode(rows)), now=now)
        recording.write(sight, records, now=now)
        return len(evaluator.firings)


def judge(evaluator: Evaluator, watched: Watched, trigger: MetricTrigger, now: datetime) -> None:
    assert trigger.id is not None
    kept = evaluator.machine_of(watched, trigger.id, {})
    before = kept.machine.state if isinstance(kept.machine.state, Breach) else Breach()
    judged = metrics.judge(trigger.metric, before, read_value(watched, trigger, now), now=now)
    kept.machine.state = judged.breach
    if judged.change is None:
        return
    shot = Shot(f"{judged.change} {now.isoformat()}", now, None)
    if judged.change == "Triggered":
        evaluator.fire(watched, trigger, shot, {}, value=judged.breach.value)
    elif not watched.parents[trigger.id]:
        evaluator.resolve(watched, trigger, shot, value=judged.breach.value)


def read_value(watched: Watched, trigger: MetricTrigger, now: datetime) -> float | None:
    """The mean over the runs that count, of at most so many."""
    runs = queries.measure_runs(
        workspace=watched.workspace, metric=trigger.metric.name, since=now - timedelta(seconds=trigger.metric.range),
        now=now, most=MOST_RUNS, deployments=metrics.selected(trigger.match_related, "deployment"),
        flows=metrics.selected(trigger.match_related, "flow"),
    )  # fmt: skip
    return metrics.mean(run.value for run in runs if metrics.concerns(trigger, run))
