"""From events to alerts and what is told of them, on a real database, through real channels."""

import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import connections

from controlplane.errors import Conflict, Invalid
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from notifications.models import Alert, Outbox, Rule
from notifications.services import alerts, channels, due, matching, policies, sending
from notifications.tasks import notify
from notifications.wire.policies import Digest, Escalation, Group, Mute, PolicyCreate, PolicyUpdate, QuietHours, Watch
from runs.models import Flow, FlowRun
from tests.conftest import ROOT, Servers
from tests.fakes.receivers import Receivers, fake_receivers
from tests.fakes.slack import FakeSlack, Reply
from tests.services.test_notifications import insert_event, worker_environment
from tests.world import Tenant

FAILURES = Watch(state_types=["FAILED", "CRASHED"])


@pytest.fixture(autouse=True)
def no_backlog(quiet: Servers) -> None:
    with system_transaction():
        open_cursor().execute("UPDATE notification_outbox SET dead = now() WHERE delivered IS NULL AND dead IS NULL")
        open_cursor().execute("UPDATE notification_alert SET next_due = NULL WHERE next_due IS NOT NULL")
        open_cursor().execute("UPDATE notification_rule SET digest_due = NULL WHERE digest_due IS NOT NULL")


@pytest.fixture
def receivers():
    with fake_receivers() as fake:
        yield fake


def slack_channel(tenant: Tenant, slack: FakeSlack, name: str = "data-alerts") -> UUID:
    with workspace_transaction(tenant.workspace_id):
        return channels.create_channel(tenant.workspace_id, kind="slack", name=name, settings={"url": slack.url}).id


def discord_channel(tenant: Tenant, receivers: Receivers) -> UUID:
    url = f"{receivers.url}/api/webhooks/1/discord-secret-1"
    with workspace_transaction(tenant.workspace_id):
        return channels.create_channel(tenant.workspace_id, kind="discord", name="discord", settings={"url": url}).id


def make_policy(tenant: Tenant, *channel_ids: UUID, **fields: Any) -> UUID:
    body = PolicyCreate(**{"name": "failures", "watch": FAILURES, "channel_ids": list(channel_ids), **fields})
    with workspace_transaction(tenant.workspace_id):
        return policies.create_policy(tenant.workspace_id, body, now=datetime.now(UTC)).id


def happen(tenant: Tenant, deployment: UUID, state_type: str = "FAILED", count: int = 1) -> None:
    related = [
        {
            "prefect.resource.role": role,
            "prefect.resource.id": f"prefect.{role}.{deployment}",
            "prefect.resource.name": name,
        }
        for role, name in (("flow", "etl"), ("deployment", "nightly"))
    ]
    for _ in range(count):
        insert_event(tenant, state_type, state_type.title(), related=msgspec.Raw(msgspec.json.encode(related)))


def after(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def pass_time(seconds: float) -> None:
    """As the sweep acts that many seconds from now."""
    matching.match_new_events()
    due.do_what_is_due(after(seconds))
    sending.send_due_messages()


def alerts_of(tenant: Tenant) -> list[Alert]:
    with workspace_transaction(tenant.workspace_id):
        return list(Alert.objects.of(tenant.workspace_id).order_by("opened", "id"))


def headlines(slack: FakeSlack) -> list[str]:
    return [post.body["blocks"][0]["text"]["text"].strip("*") for post in slack.posts]


def test_many_failures_of_a_deployment_are_one_message_and_one_follow_up(alice, slack):
    make_policy(alice, slack_channel(alice, slack))
    deployment = uuid4()
    happen(alice, deployment)
    notify()
    happen(alice, deployment, count=40)
    notify()
    happen(alice, uuid4())
    notify()
    assert headlines(slack) == ["❌ etl / strange-sawfly failed"] * 2
    pass_time(901)
    assert headlines(slack)[2:] == ["❌ etl / nightly failed 41 times, 40 since the last message"]
    assert [(one.state, one.count, one.told) for one in alerts_of(alice)] == [("OPEN", 41, 41), ("OPEN", 1, 1)]
    assert len({post.key for post in slack.posts}) == 3


def test_a_channel_that_can_edit_shows_the_count_and_the_end_in_its_first_message(alice, receivers):
    make_policy(alice, discord_channel(alice, receivers))
    deployment = uuid4()
    happen(alice, deployment)
    notify()
    happen(alice, deployment, count=9)
    notify()
    assert [one.method for one in receivers.got] == ["POST"], "not more often than every ten seconds"
    pass_time(11)
    happen(alice, deployment, "COMPLETED")
    notify()
    pass_time(22)
    assert [one.method for one in receivers.got] == ["POST", "PATCH", "PATCH"]
    titles = [one.json["embeds"][0]["title"] for one in receivers.got]
    assert titles[1] == "❌ etl / nightly failed 10 times"
    assert re.fullmatch(r"✅ etl / nightly recovered after \d s, 10 runs failed", titles[2])
    (alert,) = alerts_of(alice)
    assert (alert.state, alert.resolved_by, alert.next_due) == ("RESOLVED", "event", None)
    pass_time(2000)
    assert len(receivers.got) == 3


def test_edits_that_wait_give_way_to_the_newest(alice, receivers):
    make_policy(alice, discord_channel(alice, receivers))
    deployment = uuid4()
    happen(alice, deployment)
    notify()
    for number in (1, 2, 3):
        happen(alice, deployment)
        matching.match_new_events()
        due.do_what_is_due(after(20 * number))
    sending.send_due_messages()
    assert [one.method for one in receivers.got] == ["POST", "PATCH"]
    assert receivers.got[1].json["embeds"][0]["title"] == "❌ etl / nightly failed 4 times"


def test_after_a_success_a_failure_is_a_new_alert(alice, slack):
    make_policy(alice, slack_channel(alice, slack), resolve="message")
    deployment = uuid4()
    happen(alice, deployment)
    notify()
    happen(alice, deployment, "COMPLETED")
    notify()
    happen(alice, deployment)
    notify()
    assert len(slack.posts) == 3
    assert "recovered after" in headlines(slack)[1]
    assert [one.state for one in alerts_of(alice)] == ["RESOLVED", "OPEN"]


def test_deciding_again_about_the_same_events_writes_nothing(alice, slack):
    """As after a restore of an older position: the same ids and keys."""
    make_policy(alice, slack_channel(alice, slack))
    happen(alice, uuid4())
    notify()
    before = alerts_of(alice)[0]
    with system_transaction():
        open_cursor().execute("UPDATE event_cursor SET tx = 0 WHERE consumer = 'notifications'")
    notify()
    assert len(slack.posts) == 1
    (alert,) = alerts_of(alice)
    assert (alert.id, alert.count, alert.told) == (before.id, 1, 1)


def test_a_decision_that_is_rolled_back_is_made_again_with_the_same_keys(alice, slack, monkeypatch):
    make_policy(alice, slack_channel(alice, slack))
    happen(alice, uuid4())
    with monkeypatch.context() as patch:
        patch.setattr("notifications.queries.move_position", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            matching.match_new_events()
    assert alerts_of(alice) == []
    notify()
    assert (len(slack.posts), len(alerts_of(alice))) == (1, 1)


def test_what_is_over_the_limit_comes_as_one_message_at_the_end_of_the_hour(alice, slack):
    make_policy(alice, slack_channel(alice, slack), most_per_hour=2)
    for _ in range(30):
        happen(alice, uuid4())
    notify()
    assert len(slack.posts) == 2
    assert sum(one.held for one in alerts_of(alice)) == 28
    pass_time(3601)
    assert headlines(slack)[2:] == ["🗞️ failures: 28 alerts, 28 events held back"]
    listed = slack.posts[2].body["attachments"][0]["blocks"][0]["text"]["text"].splitlines()
    assert (len(listed), listed[-1]) == (21, "… and 8 more alerts")
    assert [(one.held, one.told) for one in alerts_of(alice)] == [(False, 1)] * 30


def test_a_digest_tells_everything_at_its_time(alice, slack):
    make_policy(alice, slack_channel(alice, slack), digest=Digest(every_minutes=10))
    first, second = uuid4(), uuid4()
    happen(alice, first, count=3)
    happen(alice, second)
    happen(alice, second, "COMPLETED")
    notify()
    assert slack.posts == []
    pass_time(601)
    (words,) = headlines(slack)
    assert words == "🗞️ failures: 2 alerts, 4 events since the last digest"
    listed = slack.posts[0].body["attachments"][0]["blocks"][0]["text"]["text"].splitlines()
    assert listed[0].startswith("• ❌ etl / nightly failed 3 times since ")
    assert ", recovered " in listed[1]
    pass_time(1300)
    assert len(slack.posts) == 1, "nothing new, no digest"


def test_quiet_hours_end_with_one_message(alice, slack):
    now = datetime.now(UTC)
    hours = QuietHours(start=f"{now:%H:%M}", end=f"{now + timedelta(hours=2):%H:%M}")
    make_policy(alice, slack_channel(alice, slack), quiet_hours=hours)
    happen(alice, uuid4(), count=2)
    notify()
    pass_time(3600)
    assert slack.posts == []
    pass_time(7300)
    assert headlines(slack) == ["🗞️ failures: 1 alert, 2 events while it was quiet"]


def test_a_muted_policy_tells_what_it_held_when_it_is_unmuted(alice, slack):
    policy = make_policy(alice, slack_channel(alice, slack), muted_until=after(9999))
    happen(alice, uuid4())
    notify()
    assert slack.posts == []
    with workspace_transaction(alice.workspace_id):
        policies.mute_policy(alice.workspace_id, policy, Mute(until=None), now=datetime.now(UTC))
    pass_time(0)
    assert headlines(slack) == ["🗞️ failures: 1 alert, 1 event held back"]


def test_reminders_and_escalation_go_on_until_somebody_acknowledges(alice, slack):
    other = FakeSlack()
    try:
        escalation = Escalation(after_minutes=10, channel_id=slack_channel(alice, other, "on-call"))
        make_policy(alice, slack_channel(alice, slack), reminder_minutes=5, escalation=escalation)
        happen(alice, uuid4())
        notify()
        pass_time(301)
        pass_time(602)
        assert [words.split(":")[0] for words in headlines(slack)[1:]] == [
            "🔁 Still open after 5 min", "🔁 Still open after 10 min",
        ]  # fmt: skip
        assert headlines(other) == ["🚨 Nobody has reacted for 10 min: etl / nightly failed"]
        (alert,) = alerts_of(alice)
        with workspace_transaction(alice.workspace_id):
            shown = alerts.acknowledge(alice.workspace_id, alert.id, by="Ada", now=datetime.now(UTC))
            again = alerts.acknowledge(alice.workspace_id, alert.id, by="Bob", now=datetime.now(UTC))
        assert (shown.state, again.acknowledged_by) == ("ACKNOWLEDGED", "Ada")
        pass_time(5000)
        assert (len(slack.posts), len(other.posts)) == (3, 1)
    finally:
        other.close()


def test_an_acknowledged_message_says_by_whom(alice, receivers):
    make_policy(alice, discord_channel(alice, receivers))
    happen(alice, uuid4())
    notify()
    with workspace_transaction(alice.workspace_id):
        alerts.acknowledge(alice.workspace_id, alerts_of(alice)[0].id, by="Ada", now=datetime.now(UTC))
    pass_time(11)
    fields = {one["name"]: one["value"] for one in receivers.got[1].json["embeds"][0]["fields"]}
    assert fields["Acknowledged"].startswith("by Ada at ")


def test_a_fallback_is_told_of_what_a_dead_channel_was_not(alice, slack):
    other = FakeSlack()
    try:
        fallback = slack_channel(alice, other, "fallback")
        make_policy(alice, slack_channel(alice, slack), fallback_channel_id=fallback)
        slack.replies = [Reply(404, "no_service")]
        happen(alice, uuid4())
        notify()
        pass_time(0)
        assert (len(slack.posts), len(other.posts)) == (1, 1)
        happen(alice, uuid4())
        notify()
        pass_time(0)
        assert (len(slack.posts), len(other.posts)) == (1, 2)
        assert {post.key.partition(":")[0] for post in other.posts} == {"fallback"}
    finally:
        other.close()


def test_a_channel_that_fails_is_backed_at_once_and_only_once(alice, slack):
    other = FakeSlack()
    try:
        fallback = slack_channel(alice, other, "fallback")
        make_policy(alice, slack_channel(alice, slack), fallback_channel_id=fallback)
        slack.replies = [Reply(500, "rollup_error")] * 3
        happen(alice, uuid4())
        notify()
        happen(alice, uuid4())
        notify()
        pass_time(0)
        assert len(other.posts) == 1, "the second message, which was written while the channel failed"
    finally:
        other.close()


def test_people_resolve_and_snooze(alice, slack):
    make_policy(alice, slack_channel(alice, slack), resolve="message")
    happen(alice, uuid4())
    notify()
    workspace, alert = alice.workspace_id, alerts_of(alice)[0].id
    with workspace_transaction(workspace):
        with pytest.raises(Invalid):
            alerts.snooze(workspace, alert, alerts.Snooze(until=after(-1)), by="Eve", now=datetime.now(UTC))
        snoozed = alerts.snooze(workspace, alert, alerts.Snooze(until=after(60)), by="Bob", now=datetime.now(UTC))
        assert (snoozed.state, snoozed.snoozed_by) == ("SNOOZED", "Bob")
        assert alerts.resolve(workspace, alert, by="Ada", now=datetime.now(UTC)).state == "RESOLVED"
    with workspace_transaction(workspace), pytest.raises(Conflict):
        alerts.acknowledge(workspace, alert, by="Bob", now=datetime.now(UTC))
    sending.send_due_messages()
    assert headlines(slack)[1] == "✅ etl / nightly was resolved by Ada"
    with workspace_transaction(workspace):
        told = open_cursor().execute(
            "SELECT event, payload ->> 'by' FROM event WHERE workspace_id = %s AND event LIKE 'signalbox.alert%%'",
            [workspace],
        )
        assert sorted(told.fetchall()) == [("signalbox.alert.resolved", "Ada"), ("signalbox.alert.snoozed", "Bob")]


@pytest.mark.parametrize(
    ("_case", "kind", "opens", "ends", "resource"),
    [
        ("a pool without a worker", "pool-not-ready", "prefect.work-pool.not-ready",
            "prefect.work-pool.ready", "work-pool"),
        ("a deployment", "deployment-not-ready", "prefect.deployment.not-ready",
            "prefect.deployment.ready", "deployment"),
        ("an automation", "automation-failing", "prefect.automation.action.failed",
            "prefect.automation.action.executed", "automation"),
        ("a service level", "sla-violation", "prefect.sla.violation", None, "sla"),
        ("a notification", "notification-failing", "signalbox.notification.failed", None, "notification"),
    ],
)  # fmt: skip
def test_other_troubles_are_told_and_ended(alice, slack, _case, kind, opens, ends, resource):
    make_policy(alice, slack_channel(alice, slack), watch=Watch(kinds=[kind]), resolve="message")
    id = f"prefect.{resource}.{uuid4()}"
    labels = msgspec.Raw(msgspec.json.encode({"prefect.resource.id": id, "prefect.resource.name": "k8s-eu"}))
    fields = {"resource_id": id, "resource": labels, "related": msgspec.Raw(b"[]")}
    insert_event(alice, event=opens, **fields)
    notify()
    assert len(slack.posts) == 1
    assert "k8s-eu" in headlines(slack)[0] or kind == "notification-failing"
    if ends is not None:
        insert_event(alice, event=ends, **fields)
        notify()
        assert [one.state for one in alerts_of(alice)] == ["RESOLVED"]
        assert "recovered after" in headlines(slack)[1]


@pytest.mark.parametrize(
    ("_case", "tags", "match_tags", "told"),
    [("one of two", ["a", "z"], "any", 1), ("both", ["a", "b"], "all", 1), ("not both", ["a", "z"], "all", 0)],
)
def test_tags_of_a_run_are_matched(alice, slack, _case, tags, match_tags, told):
    watch = Watch(state_types=["FAILED"], tags=tags, match_tags=match_tags)
    make_policy(alice, slack_channel(alice, slack), watch=watch)
    related = [{"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{tag}"} for tag in ("a", "b")]
    insert_event(alice, related=msgspec.Raw(msgspec.json.encode(related)))
    notify()
    assert len(slack.posts) == told


def test_a_channel_that_goes_leaves_the_policies_that_tell_others(alice, slack):
    gone, kept = slack_channel(alice, slack, "gone"), slack_channel(alice, slack, "kept")
    alone, both = make_policy(alice, gone), make_policy(alice, gone, kept, fallback_channel_id=gone)
    with workspace_transaction(alice.workspace_id):
        channels.delete_channel(alice.workspace_id, gone)
        (rule,) = Rule.objects.of(alice.workspace_id)
    assert (rule.id, rule.channel_ids, rule.fallback_channel_id) == (both, [kept], None)
    assert alone != both


def test_a_change_of_a_policy_is_checked_and_keeps_the_rest(alice, slack):
    channel = slack_channel(alice, slack)
    policy = make_policy(alice, channel, reminder_minutes=5)
    now = datetime.now(UTC)
    with workspace_transaction(alice.workspace_id), pytest.raises(Invalid, match="there is no channel"):
        policies.update_policy(alice.workspace_id, policy, PolicyUpdate(channel_ids=[uuid4()]), now=now)
    with workspace_transaction(alice.workspace_id):
        shown = policies.update_policy(alice.workspace_id, policy, PolicyUpdate(group=Group(by="none")), now=now)
    assert (shown.group.by, shown.reminder_minutes, shown.channel_ids) == ("none", 5, [channel])


def test_an_edit_waits_for_the_message_that_it_rewrites(alice, receivers):
    make_policy(alice, discord_channel(alice, receivers))
    deployment = uuid4()
    happen(alice, deployment)
    matching.match_new_events()
    with workspace_transaction(alice.workspace_id):
        Outbox.objects.of(alice.workspace_id).update(next_attempt=after(60))
    happen(alice, deployment)
    matching.match_new_events()
    due.do_what_is_due(after(11))
    sending.send_due_messages()
    assert receivers.got == []
    with workspace_transaction(alice.workspace_id):
        Outbox.objects.of(alice.workspace_id).update(next_attempt=after(-1))
    sending.send_due_messages()
    assert [one.method for one in receivers.got] == ["POST", "PATCH"]


def make_running(tenant: Tenant, name: str, minutes: int) -> UUID:
    """A run that has been running for so long."""
    flow, run, started = uuid4(), uuid4(), after(-60 * minutes)
    with workspace_transaction(tenant.workspace_id):
        Flow(id=flow, workspace_id=tenant.workspace_id, name=f"flow-{flow}").save(force_insert=True)
        FlowRun(
            id=run, workspace_id=tenant.workspace_id, flow_id=flow, name=name, state_type="RUNNING",
            state_name="Running", start_time=started, run_count=1, tags=["prod"],
        ).save(force_insert=True)  # fmt: skip
    return run


def test_a_run_that_takes_too_long_is_told_once_while_it_runs_and_its_end_too(alice, slack):
    channel = slack_channel(alice, slack)
    make_policy(alice, channel, watch=Watch(kinds=["run-too-long"], longer_than_minutes=10), resolve="message")
    make_policy(alice, channel, watch=Watch(kinds=["run-too-long"], longer_than_minutes=60))
    make_running(alice, "quick", 9)
    slow = make_running(alice, "slow", 11)
    for _ in range(3):
        due.watch_long_runs(datetime.now(UTC))
        notify()
    assert [words.split(" / ")[1] for words in headlines(slack)] == ["slow runs too long"]
    labels = {"prefect.resource.id": f"prefect.flow-run.{slow}", "prefect.state-type": "COMPLETED"}
    insert_event(
        alice, "COMPLETED", "Completed", resource_id=f"prefect.flow-run.{slow}",
        resource=msgspec.Raw(msgspec.json.encode(labels)),
    )  # fmt: skip
    notify()
    assert len(slack.posts) == 2
    assert [one.state for one in alerts_of(alice)] == ["RESOLVED"]


def test_a_policy_that_cannot_be_read_does_not_stop_the_others(alice, slack):
    broken, sound = (make_policy(alice, slack_channel(alice, slack, name)) for name in ("broken", "sound"))
    with workspace_transaction(alice.workspace_id):
        quiet = {"start": "22:00", "end": "07:00", "time_zone": "Gone/Away", "days": [1]}
        Rule.objects.of(alice.workspace_id).filter(id=broken).update(quiet_hours=quiet)
    happen(alice, uuid4())
    notify()
    assert len(slack.posts) == 1
    assert [one.rule_id for one in alerts_of(alice)] == [sound]


def test_two_sweeps_at_once_tell_a_reminder_once(alice, slack):
    make_policy(alice, slack_channel(alice, slack), reminder_minutes=5)
    for _ in range(5):
        happen(alice, uuid4())
    notify()
    later = after(301)

    def sweep() -> None:
        due.do_what_is_due(later)
        connections.close_all()

    sweeps = [threading.Thread(target=sweep) for _ in range(4)]
    for one in sweeps:
        one.start()
    for one in sweeps:
        one.join()
    due.do_what_is_due(later)
    sending.send_due_messages()
    assert len(slack.posts) == 10
    assert len({post.key for post in slack.posts}) == 10


DECIDE = (
    "import django; django.setup()\n"
    "import os, signal\n"
    "from notifications import queries\n"
    "real = queries.move_position\n"
    "queries.move_position = lambda **p: (real(**p), os.kill(os.getpid(), signal.SIGKILL))\n"
    "from notifications.services import matching; matching.match_new_events()"
)


def test_a_decider_killed_before_its_commit_loses_and_doubles_nothing(quiet, alice, slack):
    make_policy(alice, slack_channel(alice, slack))
    happen(alice, uuid4(), count=3)
    killed = subprocess.run([sys.executable, "-c", DECIDE], cwd=ROOT, env=worker_environment(quiet), check=False)
    assert killed.returncode == -signal.SIGKILL
    assert alerts_of(alice) == []
    notify()
    assert len(slack.posts) == 1
    assert [(one.count, one.told) for one in alerts_of(alice)] == [(3, 3)]
