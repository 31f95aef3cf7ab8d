"""What the page of a run says about alerts: which it is in, and who was told of it."""

from datetime import datetime, timedelta

from msgspec import Struct

from notifications import looks
from notifications.models import Outbox
from notifications.services import alert_rules, alert_runs, channels
from runs.services import page_parts
from runs.services.page_parts import About, Part
from workspaces.permissions import Permission

FAILED = ("FAILED", "CRASHED")
# Policies decide within a second; until then nothing is said of what they did not do.
DECIDED = timedelta(seconds=15)
MOST_SHOWN = 6


class AlertLine(Struct, frozen=True):
    alert: alert_runs.AlertOfRun
    subject: str
    status: str
    words: str


@page_parts.register
def say_alerts(about: About, now: datetime) -> Part | None:
    """None for a run that nobody has to hear of, and for those who may not see who is told."""
    if Permission.SEE_NOTIFICATIONS not in about.place.grants:
        return None
    workspace = about.place.workspace_id
    alerts = alert_runs.alerts_of_run(workspace, about.flow_run_id)
    messages = alert_runs.messages_of_run(workspace, about.flow_run_id, [alert.id for alert in alerts])
    is_failed = about.state_type in FAILED
    is_decided = about.state_timestamp is None or now - about.state_timestamp > DECIDED
    if not alerts and not messages and not (is_failed and is_decided):
        return None
    listed = list(channels.list_channels(workspace))
    rows = looks.delivery_rows(messages[:MOST_SHOWN], listed, alert_rules.list_rules(workspace))
    return Part(
        "notifications/_run_alerts.html",
        {
            "place": about.place,
            "alerts": [AlertLine(alert, looks.alert_subject(alert), *looks.ALERT_STATUSES[alert.state])
                       for alert in alerts],
            "messages": rows,
            "more": len(messages) > MOST_SHOWN,
            "flow_run_id": about.flow_run_id,
            "is_told": any(is_delivered(message) for message in messages),
        },
    )  # fmt: skip


def is_delivered(message: Outbox) -> bool:
    return message.delivered is not None
