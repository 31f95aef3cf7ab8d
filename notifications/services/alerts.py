"""Alerts as people handle them: listed, acknowledged, snoozed, resolved. Who did it stays on the alert."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from msgspec.structs import replace

from controlplane.errors import Conflict, Invalid, NotFound
from controlplane.filters import page_limits
from events.services.emission import Emitted, insert
from notifications import models, queries_alerts
from notifications.rules import deciding
from notifications.services.acting import Desk, read_alert, read_policies
from notifications.wire.alerts import Alert, AlertFilter, AlertListing, Snooze
from workspaces.services import audit

NOT_FOUND = "There is no such alert in this workspace."


def list_alerts(workspace: UUID, body: AlertListing) -> list[Alert]:
    """The newest first."""
    limits = page_limits(body)
    rows = chosen(workspace, body.alerts or AlertFilter()).order_by("-opened", "-id")
    found = list(rows[limits.offset : limits.offset + limits.limit])
    severities = severities_of(workspace, found)
    return [shown(row, severities[row.rule_id]) for row in found]


def count_alerts(workspace: UUID, wanted: AlertFilter) -> int:
    return chosen(workspace, wanted).count()


def chosen(workspace: UUID, wanted: AlertFilter) -> "QuerySet[models.Alert]":
    rows = models.Alert.objects.of(workspace)
    if wanted.state is not None:
        rows = rows.filter(state__in=wanted.state)
    if wanted.policy_id is not None:
        rows = rows.filter(rule_id__in=wanted.policy_id)
    if wanted.deployment_id is not None:
        rows = rows.filter(group_key__endswith=f"deployment:{wanted.deployment_id}")
    return rows


def read_alert_of(workspace: UUID, alert_id: UUID) -> Alert:
    row = models.Alert.objects.of(workspace).filter(id=alert_id).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return shown(row, severities_of(workspace, [row])[row.rule_id])


def acknowledge(workspace: UUID, alert_id: UUID, *, by: str, now: datetime) -> Alert:
    """Somebody has it in hand: no more reminders, follow-ups or escalation, until it ends. Again changes nothing."""

    def change(alert: deciding.Alert) -> deciding.Alert:
        if alert.state == "RESOLVED":
            raise Conflict("The alert is resolved already.")
        if alert.state == "ACKNOWLEDGED":
            return alert
        return replace(
            alert, state="ACKNOWLEDGED", acknowledged=now, acknowledged_by=by, snoozed_until=None, stale=True
        )

    return handle(workspace, alert_id, "acknowledged", change, now)


def snooze(workspace: UUID, alert_id: UUID, body: Snooze, *, by: str, now: datetime) -> Alert:
    """Silent until then; after that it is open again, and what happened meanwhile is told."""
    if body.until <= now:
        raise Invalid("until: give a time that is still to come.")

    def change(alert: deciding.Alert) -> deciding.Alert:
        if alert.state == "RESOLVED":
            raise Conflict("The alert is resolved already.")
        if alert.state == "SNOOZED" and alert.snoozed_until == body.until:
            return alert
        return replace(alert, state="SNOOZED", snoozed_until=body.until, snoozed=now, snoozed_by=by)

    return handle(workspace, alert_id, "snoozed", change, now)


def resolve(workspace: UUID, alert_id: UUID, *, by: str, now: datetime) -> Alert:
    """It is over. What comes later opens another alert. Again changes nothing."""

    def change(alert: deciding.Alert) -> deciding.Alert:
        return alert if alert.state == "RESOLVED" else deciding.resolve(alert, by=by, at=now)

    return handle(workspace, alert_id, "resolved", change, now)


def handle(
    workspace: UUID, alert_id: UUID, what: str, change: Callable[[deciding.Alert], deciding.Alert], now: datetime
) -> Alert:
    """Change an alert under its lock, tell what is to be told of it, and leave who did it: one transaction."""
    found = queries_alerts.lock_alert(workspace=workspace, alert=alert_id)
    if found is None:
        raise NotFound(NOT_FOUND)
    before = read_alert(found.row)
    after = change(before)
    if after is not before:
        rules = queries_alerts.read_policies_of(workspaces=[workspace], rules=[before.rule_id])
        desk = Desk(read_policies(rules), now)
        desk.settle(replace(after, held=before.held))
        desk.commit()
        note(workspace, after, what, now)
    return read_alert_of(workspace, alert_id)


def note(workspace: UUID, alert: deciding.Alert, what: str, now: datetime) -> None:
    audit.record(
        workspace, action=f"alert.{what}", target_kind="alert", target_id=alert.id, target_name=alert.group_key
    )
    resource = {"prefect.resource.id": f"signalbox.alert.{alert.id}", "prefect.resource.name": alert.group_key}
    by = getattr(alert, f"{what}_by")
    payload = {"by": by, "policy_id": str(alert.rule_id), "count": alert.count}
    emitted = Emitted(event=f"signalbox.alert.{what}", resource=resource, occurred=now, payload=payload)
    insert(workspace, [emitted], now=now)


def severities_of(workspace: UUID, rows: list[models.Alert]) -> dict[UUID, str]:
    rules = models.Rule.objects.of(workspace).filter(id__in={row.rule_id for row in rows})
    return dict(rules.values_list("id", "severity"))


def shown(row: models.Alert, severity: str) -> Alert:
    values = {name: getattr(row, name) for name in Alert.__struct_fields__ if name not in ("policy_id", "severity")}
    return msgspec.convert({**values, "policy_id": row.rule_id, "severity": severity}, Alert, strict=False)
