"""Alerts and the runs they heard of, seen from either side."""

from uuid import UUID

import msgspec
from django.db.models import Q
from msgspec import Struct

from notifications import queries_alerts
from notifications.models import AlertRun, Outbox
from notifications.queries_alerts import AlertRun as RunRow
from notifications.wire import Message

MOST_MESSAGES = 20


class AlertOfRun(Struct, frozen=True):
    """One alert that a run is in, for the run's page."""

    id: UUID
    state: str
    group_key: str
    last: Message
    policy: str
    runs: int
    count: int


def list_runs(workspace: UUID, alert: UUID, *, limit: int, offset: int) -> list[RunRow]:
    """The newest first."""
    return queries_alerts.list_alert_runs(workspace=workspace, alert=alert, limit=limit, offset=offset)


def count_runs(workspace: UUID, alert: UUID) -> int:
    return AlertRun.objects.of(workspace).filter(alert_id=alert).count()


def alerts_of_run(workspace: UUID, flow_run: UUID) -> list[AlertOfRun]:
    """The newest first; ten at most."""
    found = queries_alerts.find_alerts_of_run(workspace=workspace, flow_run=flow_run)
    return [
        AlertOfRun(
            row.id, row.state, row.group_key, msgspec.json.decode(row.last, type=Message), row.policy, row.runs,
            row.count,
        )
        for row in found
    ]  # fmt: skip


def messages_of_run(workspace: UUID, flow_run: UUID, alerts: list[UUID]) -> list[Outbox]:
    """What was told of the run itself, and of the alerts that it is in: the newest first, twenty at most."""
    wanted = Q(flow_run_id=flow_run) | Q(alert_id__in=alerts)
    return list(Outbox.objects.of(workspace).filter(wanted).order_by("-created", "-id")[:MOST_MESSAGES])
