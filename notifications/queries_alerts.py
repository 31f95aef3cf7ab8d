"""The statements of policies and alerts, each with the row it returns."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements

alerts = Statements(Path(__file__).parent / "sql" / "alerts.sql")


class Row(Struct, frozen=True):
    """A whole row as JSON."""

    row: Raw


class ChannelHealth(Struct, frozen=True):
    id: UUID
    kind: str
    status: str


class Fallback(Struct, frozen=True):
    """A message that was given up, and where to send it instead."""

    workspace_id: UUID
    id: UUID
    payload: Raw
    rule_id: UUID
    alert_id: UUID
    event_id: UUID | None
    flow_run_id: UUID | None
    channel_id: UUID
    is_disabled: bool


class Story(Struct, frozen=True):
    """What is worth knowing about a run at a glance."""

    error: str | None
    task: str | None
    parameters: Raw
    seconds: float
    run_count: int
    last_success: datetime | None
    failures_in_hour: int


class AlertRun(Struct, frozen=True):
    """A run of an alert: how it was when the alert heard of it, and how it is now (nothing if it is gone)."""

    flow_run_id: UUID
    flow_run: str
    is_there: bool
    state_type: str
    state_name: str
    first_event: datetime
    last_event: datetime
    count: int
    current_type: str | None
    current_name: str | None


class RunAlert(Struct, frozen=True):
    """An alert that heard of a run."""

    id: UUID
    state: str
    group_key: str
    last: Raw
    count: int
    opened: datetime
    policy: str
    runs: int


class LongRun(Struct, frozen=True):
    workspace_id: UUID
    rule_id: UUID
    resource_id: str
    flow_run_id: UUID
    flow_run: str
    flow_id: UUID
    flow: str | None
    deployment_id: UUID | None
    deployment: str | None
    work_pool: str | None
    tags: list[str]
    start_time: datetime
    run_count: int
    account: str
    workspace: str


read_policies = alerts.all("read_policies", Row)
read_policies_of = alerts.all("read_policies_of", Row)
lock_alerts = alerts.all("lock_alerts", Row)
lock_alert = alerts.one("lock_alert", Row)
lock_due_alerts = alerts.all("lock_due_alerts", Row)
lock_due_policies = alerts.all("lock_due_policies", Row)
lock_held_alerts = alerts.all("lock_held_alerts", Row)
save_alerts = alerts.do("save_alerts")
save_alert_runs = alerts.do("save_alert_runs")
list_alert_runs = alerts.all("list_alert_runs", AlertRun)
find_alerts_of_run = alerts.all("find_alerts_of_run", RunAlert)
save_usage = alerts.do("save_usage")
read_channels = alerts.all("read_channels", ChannelHealth)
replace_edits = alerts.do("replace_edits")
find_fallbacks = alerts.all("find_fallbacks", Fallback)
read_story = alerts.one("read_story", Story)
find_long_runs = alerts.all("find_long_runs", LongRun)
find_past_long_runs = alerts.all("find_past_long_runs", LongRun)
