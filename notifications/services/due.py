"""What is due by time alone: edits, follow-ups, reminders, escalations, the ends of snoozes, summaries, fallbacks."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid5

from msgspec.structs import replace

from controlplane.sql.transactions import system_transaction
from notifications import queries, queries_alerts
from notifications.rules.deciding import Alert, gate, summarised
from notifications.rules.facts import RUN_TOO_LONG, Fact
from notifications.rules.wording import summary_of
from notifications.services.acting import CHANNEL_DISABLED, Desk, Kept, page_of, read_alert, read_policies, to_json
from notifications.services.matching import take_facts

MOST_ALERTS = 200
MOST_POLICIES = 20
MOST_PASSES = 10


def do_what_is_due(now: datetime) -> int:
    """Returns how many messages were written. Safe in several processes: rows that another has are skipped."""
    return tell_due_alerts(now) + tell_summaries(now) + send_fallbacks()


def tell_due_alerts(now: datetime) -> int:
    written = 0
    for _ in range(MOST_PASSES):
        with system_transaction():
            if not queries.lock_matching():
                return written
            alerts = [read_alert(found.row) for found in queries_alerts.lock_due_alerts(now=now, most=MOST_ALERTS)]
            if not alerts:
                return written
            desk = Desk(policies_of(alerts), now)
            for alert in alerts:
                desk.settle(alert)
            written += desk.commit()
        if len(alerts) < MOST_ALERTS:
            break
    return written


def policies_of(alerts: list[Alert]) -> list[Kept]:
    workspaces, rules = {alert.workspace_id for alert in alerts}, {alert.rule_id for alert in alerts}
    found = queries_alerts.read_policies_of(workspaces=list(workspaces), rules=list(rules))
    return read_policies(found)


def tell_summaries(now: datetime) -> int:
    with system_transaction():
        if not queries.lock_matching():
            return 0
        policies = read_policies(queries_alerts.lock_due_policies(now=now, most=MOST_POLICIES))
        if not policies:
            return 0
        desk = Desk(policies, now)
        for policy in policies:
            tell_summary(desk, policy)
        return desk.commit()


def tell_summary(desk: Desk, policy: Kept) -> None:
    """One message for all that waited; a single alert is told as it would have been. Later, if it is still quiet."""
    now, usage = desk.now, desk.usage[policy.id]
    until = gate(policy, usage, now, is_summary=True)
    if until is not None:
        desk.usage[policy.id] = replace(usage, digest_due=until)
        return
    held = queries_alerts.lock_held_alerts(workspace=policy.workspace_id, rule=policy.id)
    alerts = [read_alert(found.row) for found in held]
    number = usage.digest_number + 1
    desk.usage[policy.id] = replace(usage, digest_due=None, digest_number=number if alerts else usage.digest_number)
    if not alerts:
        return
    newest = alerts[-1].last
    message = summary_of(
        alerts, policy_id=policy.id, policy=policy.name, number=number, why=why_held(policy),
        page=page_of(newest.account, newest.workspace), now=now,
    )  # fmt: skip
    for channel_id in policy.channel_ids:
        if channel := desk.channels.get(channel_id):
            row = desk.row(policy, channel, message, key=f"{policy.id}:{channel_id}:summary:{number}")
            row |= {"alert_id": alerts[-1].id, "what": "summary"}
            desk.rows.append(row)
            desk.fall_back(policy, channel, row)
    for alert in alerts:
        desk.settle(summarised(alert, now))


def why_held(policy: Kept) -> str:
    if policy.digest is not None:
        return "since the last digest"
    if policy.quiet_hours is not None:
        return "while it was quiet"
    return "held back"


def send_fallbacks() -> int:
    """Send what was given up through the fallback of its policy, once."""
    with system_transaction():
        found = queries_alerts.find_fallbacks()
        rows = [fallback_row(position, fallback) for position, fallback in enumerate(found)]
        return queries.insert_messages(rows=to_json(rows)) if rows else 0


def fallback_row(position: int, fallback: queries_alerts.Fallback) -> dict[str, Any]:
    key = f"fallback:{fallback.id}"
    return {
        "id": uuid5(fallback.rule_id, key),
        "workspace_id": fallback.workspace_id,
        "key": key,
        "channel_id": fallback.channel_id,
        "rule_id": fallback.rule_id,
        "alert_id": fallback.alert_id,
        "event_id": fallback.event_id,
        "flow_run_id": fallback.flow_run_id,
        "what": "fallback",
        "payload": fallback.payload,
        "is_disabled": fallback.is_disabled,
        "answer": CHANNEL_DISABLED if fallback.is_disabled else "",
        "position": position,
    }


def watch_long_runs(now: datetime) -> int:
    """Tell of runs that take too long, while they run. Once for each run and policy."""
    with system_transaction():
        if not queries.lock_matching():
            return 0
        facts = [long_run(run, now) for run in queries_alerts.find_long_runs(now=now)]
        return take_facts(facts, now) if facts else 0


def long_run(run: queries_alerts.LongRun, now: datetime) -> Fact:
    """A fact without an event: its id is the run's and this try's, so that it is the same whoever finds it."""
    taken = now - run.start_time
    return Fact(
        workspace_id=run.workspace_id, event_id=uuid5(run.flow_run_id, f"too long {run.run_count}"),
        event="signalbox.flow-run.too-long", kind=RUN_TOO_LONG, occurred=now, received=now,
        resource_id=run.resource_id, resource_name=run.flow_run, state_type="RUNNING", state_name="Running",
        state_message=f"Running for {taken - timedelta(microseconds=taken.microseconds)} so far.",
        flow_run_id=run.flow_run_id, flow_run=run.flow_run, flow_id=run.flow_id, flow=run.flow or "",
        deployment_id=run.deployment_id, deployment=run.deployment or "", work_pool=run.work_pool or "",
        tags=tuple(run.tags), rule_id=run.rule_id, account=run.account, workspace=run.workspace,
    )  # fmt: skip
