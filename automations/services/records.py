"""What the evaluation did, to look at: its records, and what each trigger waits for now."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from django.conf import settings

from automations import queries_evaluation as queries
from automations.rules.evaluating import describe
from automations.rules.machines import Machine
from automations.rules.watching import Watched
from automations.rules.windows import Window
from automations.services import automations
from automations.wire.evaluations import Evaluation, Verdict, Waiting
from controlplane.sql.transactions import system_transaction

KEPT = 200
"""Records of what did not fire, for each automation."""
MOST_WAITING = 200

decode_machine = msgspec.json.Decoder(Machine).decode


def list_evaluations(
    workspace: UUID,
    automation_id: UUID,
    *,
    verdicts: Sequence[Verdict] | None = None,
    before: datetime | None = None,
    limit: int = 50,
) -> list[Evaluation]:
    """Newest first; `before` continues after the last one of a page."""
    return queries.list_evaluations(
        workspace=workspace, automation=automation_id, verdicts=None if verdicts is None else list(verdicts),
        before=before, limit=limit,
    )  # fmt: skip


def read_state(workspace: UUID, automation_id: UUID) -> list[Waiting]:
    """What the triggers wait for, the nearest deadline first. NotFound for no automation."""
    watched = Watched(workspace, automations.read_automation(workspace, automation_id), 0)
    return [
        waiting
        for row in queries.read_machines_of(workspace=workspace, automation=automation_id, limit=MOST_WAITING)
        if (trigger := watched.triggers.get(row.trigger_id)) is not None
        and (waiting := to_waiting(row, trigger)) is not None
    ]


def to_waiting(row: queries.OpenMachine, trigger: object) -> Waiting | None:
    machine = decode_machine(row.memory)
    if machine.state is None:
        return None
    window = machine.state if isinstance(machine.state, Window) else None
    return Waiting(
        trigger_id=row.trigger_id, labels=machine.labels, words=describe(trigger, machine),
        count=max(window.count, 0) if window else None, since=window.start if window else None,
        until=window.end if window else None,
    )  # fmt: skip


def prune() -> None:
    """Forget what nobody asks for any more. Idempotent."""
    with system_transaction():
        queries.prune_evaluations(keep=KEPT)
        before = datetime.now(UTC) - timedelta(days=settings.KEEP_EVALUATIONS_DAYS)
        queries.forget_old_firings(before=before)
