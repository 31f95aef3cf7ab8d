"""Default alerts of service levels: one receiver for each severity, told of every violation of it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from automations import models
from automations.rules.levels import say_promise
from automations.services.invocations import ActionFailed
from automations.services.receivers import find_receiver
from automations.wire.slas import SlaAlert, SlaAlertsCreate
from controlplane.errors import Invalid, NotFound
from controlplane.ids import uuid7
from notifications.services import telling

log = logging.getLogger(__name__)

NOT_FOUND = "There is no default alert for this severity."


def set_alerts(workspace: UUID, body: SlaAlertsCreate, *, now: datetime) -> list[SlaAlert]:
    """A severity that has a receiver gets this one instead. `Invalid` for a block that cannot notify."""
    try:
        find_receiver(workspace, body.block_id)
    except ActionFailed as failed:
        raise Invalid(failed.reason) from None
    rows = [
        models.ServiceLevelAlert(
            id=uuid7(), workspace_id=workspace, created=now, updated=now, severity=severity, receiver_id=body.block_id
        )
        for severity in sorted(set(body.sla_severities))
    ]
    models.ServiceLevelAlert.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workspace_id", "severity"],
        update_fields=["receiver_id", "updated"],
    )
    chosen = {row.severity for row in rows}
    return [alert for alert in list_alerts(workspace) if alert.severity in chosen]


def list_alerts(workspace: UUID) -> list[SlaAlert]:
    return [as_wire(row) for row in models.ServiceLevelAlert.objects.of(workspace).order_by("severity")]


def read_alert(workspace: UUID, severity: str) -> SlaAlert:
    row = models.ServiceLevelAlert.objects.of(workspace).filter(severity=severity).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return as_wire(row)


def delete_alert(workspace: UUID, severity: str) -> None:
    gone, _ = models.ServiceLevelAlert.objects.of(workspace).filter(severity=severity).delete()
    if not gone:
        raise NotFound(NOT_FOUND)


def tell_alert(
    workspace: UUID, *, violation: UUID, level: Any, details: Mapping[str, Any], moment: datetime, now: datetime
) -> None:
    """In the transaction of the violation, whose id is the message's key. A receiver that is gone is told nothing."""
    row = models.ServiceLevelAlert.objects.of(workspace).filter(severity=level.severity).first()
    if row is None:
        return
    try:
        receiver = find_receiver(workspace, row.receiver_id)
    except (NotFound, ActionFailed):
        log.warning("The receiver of a service level's alert is gone", extra={"workspace_id": str(workspace)})
        return
    about = f"{level.flow} / {level.deployment}" + (f", run {level.flow_run}" if level.flow_run else "")
    telling.tell(
        workspace, key=f"sla:{violation}", subject=f"Service level {level.name} is violated ({level.severity})",
        body=f"{about}\n{say_promise(level.kind, details)}: broken at {moment:%Y-%m-%d %H:%M:%S} UTC.",
        flow_run_id=level.flow_run_id, now=now, **receiver.place,
    )  # fmt: skip


def as_wire(row: models.ServiceLevelAlert) -> SlaAlert:
    severity: Any = row.severity
    return SlaAlert(id=row.id, created=row.created, updated=row.updated, severity=severity, block_id=row.receiver_id)
