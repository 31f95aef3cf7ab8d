"""What a policy would have sent, from the events that are stored: as many messages as there really would be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from controlplane.errors import Invalid, TooOften
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from notifications.models import Alert, Outbox
from notifications.services import matching, rehearsals
from notifications.wire.policies import Digest, Escalation, Group, PolicyDryRun, PolicyDryRunReport, QuietHours, Watch
from tests.services.test_alerts import (
    FAILURES,
    discord_channel,
    happen,
    make_policy,
    no_backlog,
    receivers,
    slack_channel,
)
from tests.services.test_notifications import insert_event
from tests.world import Tenant, make_tenant

__all__ = ["no_backlog", "receivers"]

NOW = datetime.now(UTC)
# The beginning of the day before yesterday, by UTC.
DAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def try_policy(tenant: Tenant, *channel_ids: UUID, **fields: Any) -> PolicyDryRunReport:
    body = PolicyDryRun(**{"name": "failures", "watch": FAILURES, "channel_ids": list(channel_ids), **fields})
    with workspace_transaction(tenant.workspace_id):
        return rehearsals.try_policy(tenant.workspace_id, body, account="a", handle="w", now=NOW)


def happened(tenant: Tenant, deployment: UUID, minutes: float, state: str = "FAILED", name: str = "") -> None:
    """So many minutes into the day."""
    related = [
        {"prefect.resource.role": "deployment", "prefect.resource.id": f"prefect.deployment.{deployment}",
         "prefect.resource.name": "nightly"},
        {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.prod"},
    ]  # fmt: skip
    insert_event(
        tenant, state, name or state.title(), occurred=DAY + timedelta(minutes=minutes),
        related=msgspec.Raw(msgspec.json.encode(related)),
    )  # fmt: skip


def what(report: PolicyDryRunReport) -> list[tuple[float, str]]:
    """When, in minutes of the day, and why."""
    return [((one.at - DAY).total_seconds() / 60, one.what) for one in report.first]


@pytest.mark.parametrize(
    ("_case", "fields", "expected"),
    [
        ("grouped by deployment, then silent for the window", {}, [(60, "opened"), (75, "more"), (600, "opened")]),
        ("no window", {"group": Group(window_seconds=0)},
         [(60, "opened"), (62, "more"), (63, "more"), (600, "opened")]),
        ("each by itself", {"group": Group(by="none")}, [(60, "opened"), (62, "opened"), (63, "opened"),
                                                         (600, "opened")]),
        ("a reminder until it is over", {"reminder_minutes": 60, "group": Group(window_seconds=86_400)},
         [(60, "opened"), (120, "reminder"), (180, "reminder"), (240, "reminder"), (600, "opened")]),
        ("the end as a message", {"resolve": "message"},
         [(60, "opened"), (75, "more"), (270, "resolved"), (600, "opened"), (601, "resolved")]),
        ("quiet when it begins", {"quiet_hours": QuietHours(start="00:30", end="02:00")},
         [(120, "summary"), (600, "opened")]),
        ("quiet, but critical", {"quiet_hours": QuietHours(start="00:30", end="02:00"), "severity": "critical"},
         [(60, "opened"), (75, "more"), (600, "opened")]),
        ("a digest a day", {"digest": Digest(daily_at="12:00")}, [(720, "summary")]),
        ("a limit", {"group": Group(by="none"), "most_per_hour": 2},
         [(60, "opened"), (62, "opened"), (120, "summary"), (600, "opened")]),
        ("another tag", {"watch": Watch(state_types=["FAILED"], tags=["dev"])}, []),
        ("muted and off", {"muted_until": NOW + timedelta(days=9), "enabled": False},
         [(60, "opened"), (75, "more"), (600, "opened")]),
    ],
)  # fmt: skip
def test_messages_are_counted_as_they_would_come(alice, slack, _case, fields, expected):
    deployment = uuid4()
    for minute, state in ((60, "FAILED"), (62, "FAILED"), (63, "FAILED"), (270, "COMPLETED"), (600, "FAILED")):
        happened(alice, deployment, minute, state)
    happened(alice, deployment, 601, "COMPLETED")
    report = try_policy(alice, slack_channel(alice, slack), **fields)
    assert (what(report), report.messages) == (expected, len(expected))
    assert (report.is_complete, report.until, report.since) == (True, NOW, NOW - timedelta(days=7))


def test_the_same_run_in_the_same_state_again_is_not_counted_within_the_window(alice, slack):
    run = "prefect.flow-run.00000000-0000-4000-8000-000000000001"
    for seconds in (0, 50, 120):
        insert_event(alice, occurred=DAY + timedelta(seconds=seconds), resource_id=run)
    channel = slack_channel(alice, slack)
    each = Group(window_seconds=0)
    assert try_policy(alice, channel, group=each).messages == 2
    assert try_policy(alice, channel, group=each, dedupe_seconds=0).messages == 3


def test_each_channel_counts_and_one_that_can_edit_is_edited(alice, slack, receivers):
    deployment = uuid4()
    for minute, state in ((0, "FAILED"), (1, "FAILED"), (50, "COMPLETED")):
        happened(alice, deployment, minute, state)
    both = slack_channel(alice, slack), discord_channel(alice, receivers)
    report = try_policy(alice, *both)
    assert (report.events_read, report.events, report.alerts) == (3, 2, 1)
    # Discord shows the second failure, that Slack was told of it, and the end in its first message.
    assert (report.messages, report.edits) == (3, 3)
    assert [(one.what, one.channels) for one in report.first] == [("opened", 2), ("more", 1)]


def test_an_escalation_goes_to_its_own_channel(alice, slack):
    first, second = slack_channel(alice, slack), slack_channel(alice, slack, "pager")
    happened(alice, uuid4(), 0)
    report = try_policy(alice, first, escalation=Escalation(after_minutes=30, channel_id=second))
    assert what(report) == [(0, "opened"), (30, "escalation")]
    assert "Nobody has reacted for 30 min" in report.first[1].headline


def test_what_is_late_ends_when_it_begins(alice, slack):
    channel, run = slack_channel(alice, slack), f"prefect.flow-run.{uuid4()}"
    for minutes, state, name in ((0, "SCHEDULED", "Late"), (5, "RUNNING", "Running"), (60, "SCHEDULED", "Late")):
        insert_event(alice, state, name, occurred=DAY + timedelta(minutes=minutes), resource_id=run)
    assert what(try_policy(alice, channel, watch=Watch(state_names=["Late"]), group=Group(by="none"))) == [
        (0, "opened"), (60, "opened"),
    ]  # fmt: skip


def test_it_says_what_really_comes(alice, slack):
    """The same events through the policy itself."""
    channel = slack_channel(alice, slack)
    policy = make_policy(alice, channel, most_per_hour=3, group=Group(by="none"))
    for count in (1, 4):
        happen(alice, uuid4(), count=count)
    matching.match_new_events()
    with workspace_transaction(alice.workspace_id):
        sent = Outbox.objects.of(alice.workspace_id).filter(rule_id=policy).count()
        held = Alert.objects.of(alice.workspace_id).filter(held=True).count()
    body = PolicyDryRun(name="x", watch=FAILURES, channel_ids=[channel], most_per_hour=3, group=Group(by="none"))
    with workspace_transaction(alice.workspace_id):
        report = rehearsals.try_policy(
            alice.workspace_id, body, account="a", handle="w", now=datetime.now(UTC) + timedelta(seconds=1)
        )
    assert (report.messages, report.alerts - report.messages) == (sent, held) == (3, 2)


def test_over_its_budget_it_says_how_far_it_came(alice, slack, monkeypatch):
    channel = slack_channel(alice, slack)
    for minute in range(6):
        happened(alice, uuid4(), minute)
    monkeypatch.setattr(rehearsals, "PAGE", 2)
    assert try_policy(alice, channel).messages == 6
    monkeypatch.setattr(rehearsals, "MOST_SCANNED", 4)
    report = try_policy(alice, channel)
    assert (report.is_complete, report.until, report.messages) == (False, DAY + timedelta(minutes=5), 6)
    monkeypatch.setattr(rehearsals, "MOST_SECONDS", -1.0)
    report = try_policy(alice, channel)
    assert (report.is_complete, report.messages, report.until) == (False, 0, NOW - timedelta(days=7))


def test_another_workspaces_events_and_channels_are_not_seen(alice, slack):
    charlie = make_tenant("http://testserver", "charlie")
    happened(charlie, uuid4(), 0)
    channel = slack_channel(alice, slack)
    assert try_policy(alice, channel).events_read == 0
    with pytest.raises(Invalid):
        try_policy(charlie, channel)


def test_one_at_a_time_and_nothing_is_written(alice, slack):
    channel = slack_channel(alice, slack)
    happened(alice, uuid4(), 0)
    with system_transaction():
        key = f"policy rehearsal {alice.workspace_id}"
        open_cursor().execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        # The other transaction is of another connection.
        with pytest.raises(TooOften):
            in_another_thread(lambda: try_policy(alice, channel))
    assert try_policy(alice, channel).messages == 1
    with workspace_transaction(alice.workspace_id):
        assert (Alert.objects.of(alice.workspace_id).count(), Outbox.objects.of(alice.workspace_id).count()) == (0, 0)


def in_another_thread(action: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(action).result()
