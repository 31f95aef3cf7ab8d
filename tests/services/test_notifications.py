"""From an event in the database to a message in Slack: told once, tried again, given up, and always listed."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from django.db import connections

from controlplane.errors import Conflict
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from notifications import queries
from notifications.models import Channel, Outbox
from notifications.rules import MOST_ATTEMPTS
from notifications.services import alert_rules, channels, deliveries, delivery_log, matching, policies, samples, sending
from notifications.tasks import notify
from notifications.wire.policies import PolicyUpdate
from tests.conftest import ROOT, Servers
from tests.fakes.slack import FakeSlack, Reply
from tests.world import Tenant, make_tenant


@pytest.fixture(autouse=True)
def no_backlog(quiet: Servers) -> None:
    """What other tests left unsent is not this test's."""
    with system_transaction():
        open_cursor().execute("UPDATE notification_outbox SET dead = now() WHERE delivered IS NULL AND dead IS NULL")


def make_channel(tenant: Tenant, slack: FakeSlack, *choices: str, name: str = "data-alerts") -> UUID:
    with workspace_transaction(tenant.workspace_id):
        channel = channels.create_channel(tenant.workspace_id, kind="slack", name=name, settings={"url": slack.url})
        alert_rules.create_rules(tenant.workspace_id, channel.id, list(choices or ["failed"]))
    return channel.id


def insert_event(tenant: Tenant, state_type: str = "FAILED", state_name: str = "Failed", **fields: Any) -> UUID:
    """An event as a transition writes it, for a run that is not stored."""
    run = uuid7()
    values = {
        "workspace_id": tenant.workspace_id,
        "id": uuid7(),
        "occurred": datetime.now(UTC),
        "event": f"prefect.flow-run.{state_name}",
        "resource_id": f"prefect.flow-run.{run}",
        "resource": msgspec.Raw(
            msgspec.json.encode(
                {
                    "prefect.resource.id": f"prefect.flow-run.{run}",
                    "prefect.resource.name": "strange-sawfly",
                    "prefect.state-type": state_type,
                    "prefect.state-name": state_name,
                    "prefect.state-message": "ValueError: Matrix is singular\nTraceback",
                }
            )
        ),
        "related": msgspec.Raw(b'[{"prefect.resource.role":"flow","prefect.resource.name":"train-forecast"}]'),
        **fields,
    }
    with workspace_transaction(tenant.workspace_id):
        open_cursor().execute(
            "INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource, related) VALUES "
            "(%(workspace_id)s, %(id)s, %(occurred)s, %(event)s, %(resource_id)s, %(resource)s, %(related)s)",
            values,
        )
    return values["id"]


def outbox_of(tenant: Tenant) -> list[Outbox]:
    with workspace_transaction(tenant.workspace_id):
        return list(Outbox.objects.of(tenant.workspace_id).order_by("created", "id"))


def events_told(tenant: Tenant, slack: FakeSlack) -> list[str]:
    """The events whose messages arrived, in that order."""
    events = {delivery.key: str(delivery.event_id) for delivery in outbox_of(tenant)}
    return [events[post.key] for post in slack.posts]


def channel_of(tenant: Tenant) -> Channel:
    with workspace_transaction(tenant.workspace_id):
        return Channel.objects.of(tenant.workspace_id).get()


def failures_noted(tenant: Tenant) -> int:
    with workspace_transaction(tenant.workspace_id):
        return (
            open_cursor()
            .execute(
                "SELECT count(*) FROM event WHERE workspace_id = %s AND event = 'signalbox.notification.failed'",
                [tenant.workspace_id],
            )
            .fetchone()[0]
        )


def make_due(tenant: Tenant) -> None:
    """As if the wait, or the lease of a sender that died, were over."""
    with workspace_transaction(tenant.workspace_id):
        open_cursor().execute(
            "UPDATE notification_outbox SET next_attempt = now(), lease_until = now() - interval '1 second' "
            "WHERE workspace_id = %s AND delivered IS NULL AND dead IS NULL",
            [tenant.workspace_id],
        )


def test_a_failed_run_is_told_once(alice, slack):
    make_channel(alice, slack)
    event = insert_event(alice)
    began = time.monotonic()
    notify()
    notify()
    assert time.monotonic() - began < 5
    assert [post.body["text"] for post in slack.posts] == [
        "❌ train-forecast / strange-sawfly failed: ValueError: Matrix is singular"
    ]
    (delivery,) = outbox_of(alice)
    assert delivery.event_id == event
    assert slack.posts[0].key == delivery.key == f"{delivery.alert_id}:{delivery.channel_id}:post:0"
    assert (delivery.attempts, delivery.answer, delivery.dead) == (1, "200 ok", None)
    assert 0 < delivery.latency_seconds < 5
    assert [(one["number"], one["answer"], one["is_delivered"]) for one in delivery.tries] == [(1, "200 ok", True)]
    assert (channel_of(alice).status, channel_of(alice).last_delivery is None) == ("OK", False)


@pytest.mark.parametrize(
    ("_case", "choice", "state_type", "state_name", "told"),
    [
        ("failed", "failed", "FAILED", "Failed", 1),
        ("timed out is failed", "failed", "FAILED", "TimedOut", 1),
        ("crashed", "failed", "CRASHED", "Crashed", 1),
        ("completed is not failed", "failed", "COMPLETED", "Completed", 0),
        ("a retry to come is not failed", "failed", "SCHEDULED", "AwaitingRetry", 0),
        ("late", "late", "SCHEDULED", "Late", 1),
        ("scheduled is not late", "late", "SCHEDULED", "Scheduled", 0),
        ("suspended", "paused", "PAUSED", "Suspended", 1),
    ],
)
def test_a_rule_tells_the_states_it_names(alice, slack, _case, choice, state_type, state_name, told):
    make_channel(alice, slack, choice)
    insert_event(alice, state_type, state_name)
    notify()
    assert len(slack.posts) == told


def test_a_rule_does_not_hear_of_what_was_before_it_or_while_disabled_or_elsewhere(alice, slack):
    insert_event(alice)
    make_channel(alice, slack)
    other = make_tenant("http://127.0.0.1:1", "bob")
    insert_event(other)
    notify()
    with workspace_transaction(alice.workspace_id):
        (rule,) = alert_rules.list_rules(alice.workspace_id)
        policies.update_policy(alice.workspace_id, rule.id, PolicyUpdate(enabled=False), now=datetime.now(UTC))
    insert_event(alice)
    notify()
    assert slack.posts == []


@pytest.mark.parametrize(
    ("_case", "fields"),
    [
        ("no run id", {"resource_id": "prefect.flow-run.not-an-id"}),
        ("almost a run id", {"resource_id": "prefect.flow-run.------------------------------------"}),
        ("labels that are no texts", {"resource": msgspec.Raw(b'{"prefect.state-type":["FAILED"],"x":{}}')}),
        ("a list for labels", {"resource": msgspec.Raw(b"[1]"), "related": msgspec.Raw(b'{"a":1}')}),
    ],
)
def test_an_event_that_a_client_made_up_does_not_stop_the_others(alice, slack, _case, fields):
    make_channel(alice, slack)
    insert_event(alice, **fields)
    real = insert_event(alice)
    notify()
    assert str(real) in events_told(alice, slack)
    with system_transaction():
        assert queries.find_end(after=queries.read_position(), most=1) is None


def test_an_event_of_a_slow_transaction_is_not_jumped_over(alice, slack):
    make_channel(alice, slack)
    opened, finish = threading.Event(), threading.Event()

    def be_slow() -> None:
        with workspace_transaction(alice.workspace_id):
            open_cursor().execute("SELECT pg_current_xact_id()")
            opened.set()
            finish.wait(20)
            insert_event(alice, state_name="Slow")
        connections.close_all()

    slow = threading.Thread(target=be_slow)
    slow.start()
    opened.wait(20)
    insert_event(alice, state_name="Quick")
    notify()
    assert slack.posts == []
    finish.set()
    slow.join()
    notify()
    assert [post.body["text"].split(":")[0].split(" ")[-1] for post in slack.posts] == ["(Quick)", "(Slow)"]


def test_several_workers_at_once_tell_each_event_once(alice, slack):
    make_channel(alice, slack)
    events = {str(insert_event(alice)) for _ in range(12)}

    def work() -> None:
        notify()
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    notify()
    assert sorted(events_told(alice, slack)) == sorted(events)


WORKER = "import django; django.setup(); from notifications.tasks import notify; notify()"


def test_a_sender_killed_in_the_middle_means_one_more_delivery_with_the_same_key(quiet, alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(seconds=60)]
    sender = subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=worker_environment(quiet))
    try:
        assert len(slack.wait(1, 30)) == 1
    finally:
        sender.send_signal(signal.SIGKILL)
        sender.wait()
    notify()
    assert len(slack.posts) == 1, "its lease still runs"
    make_due(alice)
    notify()
    assert len(slack.posts) == 2
    assert slack.posts[0].key == slack.posts[1].key
    (delivery,) = outbox_of(alice)
    assert (delivery.attempts, delivery.delivered is None) == (2, False)
    assert [one["number"] for one in delivery.tries] == [2]


def worker_environment(servers: Servers) -> dict[str, str]:
    key_file = str(servers.folder / "master.key")
    settings = {"DJANGO_SETTINGS_MODULE": "controlplane.settings", "PYTHONPATH": str(ROOT)}
    return {**servers.environment(SIGNALBOX_KEY_FILE=key_file), **settings, "PATH": os.environ["PATH"]}


def test_a_sender_that_lost_its_lease_records_nothing(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    matching.match_new_events()
    slept = sending.claim()
    make_due(alice)
    notify()
    sending.record(slept, sending.Sent("too late", datetime.now(UTC), 40.0))
    (delivery,) = outbox_of(alice)
    assert (delivery.answer, delivery.attempts, len(delivery.tries)) == ("200 ok", 2, 1)


def test_a_message_that_kills_every_sender_is_given_up(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    matching.match_new_events()
    for _ in range(MOST_ATTEMPTS):
        assert sending.claim() is not None
        make_due(alice)
    notify()
    assert slack.posts == []
    (delivery,) = outbox_of(alice)
    assert (delivery.attempts, delivery.answer) == (8, sending.SENDERS_DIED)
    assert delivery.dead is not None
    assert failures_noted(alice) == 1


def test_a_message_that_breaks_the_sender_does_not_lose_what_others_were_answered(alice, slack):
    make_channel(alice, slack, name="broken")
    make_channel(alice, slack, name="sound")
    insert_event(alice)
    matching.match_new_events()
    broken, sound = outbox_of(alice)
    with workspace_transaction(alice.workspace_id):
        Outbox.objects.of(alice.workspace_id).filter(id=broken.id).update(payload={"of": "another version"})
    with pytest.raises(msgspec.ValidationError):
        notify()
    assert [post.key for post in slack.posts] == [sound.key]
    assert {delivery.id: delivery.answer for delivery in outbox_of(alice)} == {broken.id: "", sound.id: "200 ok"}


def test_an_outage_is_tried_eight_times_and_then_given_up(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(503, "<html>secret page</html>")] * 20
    for _ in range(10):
        notify()
        make_due(alice)
    assert len(slack.posts) == 8
    assert len({post.key for post in slack.posts}) == 1
    (delivery,) = outbox_of(alice)
    words = "Slack answered HTTP 503. Slack has a problem of its own; the message is tried again."
    assert (delivery.attempts, delivery.answer, len(delivery.tries)) == (8, words, 8)
    assert delivery.dead is not None
    assert (channel_of(alice).status, channel_of(alice).status_reason) == ("FAILING", words)
    assert failures_noted(alice) == 1


def test_a_failing_channel_recovers_with_the_first_message_that_arrives(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(500, "rollup_error")]
    notify()
    assert channel_of(alice).status == "FAILING"
    make_due(alice)
    notify()
    assert (channel_of(alice).status, channel_of(alice).status_reason) == ("OK", "")
    assert len(slack.posts) == 2


def test_a_removed_webhook_disables_the_channel_in_slacks_words(alice, slack):
    make_channel(alice, slack)
    for _ in range(3):
        insert_event(alice)
    slack.replies = [Reply(404, "no_service")]
    notify()
    notify()
    assert len(slack.posts) == 1
    words = (
        "Slack answered HTTP 404 no_service. The webhook was removed or its Slack app uninstalled. "
        "Create a new webhook in Slack and paste it here."
    )
    assert (channel_of(alice).status, channel_of(alice).status_reason) == ("DISABLED", words)
    answers = [delivery.answer for delivery in sorted(outbox_of(alice), key=lambda one: -one.attempts)]
    assert answers == [words, *[f"Not sent: the channel was disabled. {words}"] * 2]
    assert failures_noted(alice) == 3
    insert_event(alice)
    notify()
    assert len(slack.posts) == 1
    assert outbox_of(alice)[-1].answer == matching.CHANNEL_DISABLED


def test_a_disabled_channel_is_enabled_by_a_test_that_arrives(alice, slack):
    channel = make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(404, "no_service")]
    notify()
    message = samples.sample_message(alice.workspace_id, account="a", handle="w")
    sent = channels.send_to_channel(alice.workspace_id, channel, message, reason="test")
    assert (sent.failure, sent.answer) == (None, "200 ok")
    assert slack.posts[-1].body["text"].startswith("TEST · ❌ example-flow / example-run failed")
    assert channel_of(alice).status == "OK"


def test_a_forbidden_channel_is_disabled_after_three_attempts(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(403, "action_prohibited")] * 9
    statuses = []
    for _ in range(5):
        notify()
        statuses.append(channel_of(alice).status)
        make_due(alice)
    assert len(slack.posts) == 3
    assert statuses == ["FAILING", "FAILING", "DISABLED", "DISABLED", "DISABLED"]


def test_slack_asking_to_slow_down_holds_the_whole_channel(alice, slack):
    make_channel(alice, slack)
    for _ in range(3):
        insert_event(alice)
    slack.replies = [Reply(429, "rate_limited", {"Retry-After": "120"})]
    notify()
    notify()
    assert len(slack.posts) == 1
    now = datetime.now(UTC)
    waits = [(delivery.next_attempt - now).total_seconds() for delivery in outbox_of(alice)]
    assert all(110 < wait <= 120 for wait in waits)
    make_due(alice)
    notify()
    assert len(slack.posts) == 4


def test_a_refused_layout_is_sent_once_more_as_plain_text(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(400, "invalid_blocks")]
    notify()
    assert [sorted(post.body) for post in slack.posts] == [["attachments", "blocks", "text"], ["text"]]
    (delivery,) = outbox_of(alice)
    assert delivery.answer == "200 ok, as plain text: Slack refused the layout (invalid_blocks)"
    assert channel_of(alice).status == "OK"


def test_a_message_slack_cannot_read_is_given_up_and_the_channel_stays(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(400, "invalid_blocks"), Reply(400, "invalid_payload")]
    notify()
    notify()
    assert len(slack.posts) == 2
    assert outbox_of(alice)[0].dead is not None
    assert channel_of(alice).status == "OK"


def test_a_redirect_is_not_followed_and_disables_the_channel(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    slack.replies = [Reply(302, "", {"Location": f"{slack.url}/elsewhere"})]
    notify()
    assert len(slack.posts) == 1
    assert channel_of(alice).status_reason.startswith("Slack answered HTTP 302. That address is not a Slack webhook")


def test_an_address_that_is_no_longer_allowed_is_refused_when_it_is_sent_to(alice, slack, settings):
    make_channel(alice, slack)
    insert_event(alice)
    settings.EGRESS_ALLOW_CIDRS = []
    notify()
    assert slack.posts == []
    assert "127.0.0.1 leads to 127.0.0.1, this machine (loopback)" in outbox_of(alice)[0].answer


def test_one_slow_receiver_does_not_hold_up_another(alice, slack):
    other = FakeSlack()
    try:
        make_channel(alice, slack, name="slow")
        make_channel(alice, other, name="quick")
        slack.replies = [Reply(seconds=3)]
        for _ in range(3):
            insert_event(alice)
        sender = threading.Thread(target=lambda: (notify(), connections.close_all()))
        sender.start()
        assert len(other.wait(3, 10)) == 3
        assert len(slack.posts) == 1
        sender.join()
        assert len(slack.posts) == 3
    finally:
        other.close()


def test_resending_is_a_delivery_of_its_own(alice, slack):
    make_channel(alice, slack)
    insert_event(alice)
    notify()
    (first,) = outbox_of(alice)
    press = uuid4()
    made = deliveries.resend(alice.workspace_id, first.id, press=press)
    assert deliveries.resend(alice.workspace_id, first.id, press=press) == deliveries.Resent(made.id)
    assert [post.body for post in slack.posts] == [slack.posts[0].body] * 2
    again = outbox_of(alice)[1]
    assert again.key.startswith("resend:")
    assert slack.posts[1].key == again.key
    assert again.delivered is not None


def test_a_message_that_was_given_up_is_sent_once_however_often_it_is_tried_again(alice, slack):
    make_channel(alice, slack)
    slack.replies = [Reply(400, "invalid_blocks"), Reply(400, "invalid_blocks")]
    insert_event(alice)
    notify()
    (dead,) = outbox_of(alice)
    assert (dead.dead is not None, len(slack.posts)) == (True, 2)
    for _ in range(2):
        with workspace_transaction(alice.workspace_id):
            delivery_log.retry_now(alice.workspace_id, dead.id, now=datetime.now(UTC))
    sending.send_due_messages()
    with workspace_transaction(alice.workspace_id), pytest.raises(Conflict):
        delivery_log.retry_now(alice.workspace_id, dead.id, now=datetime.now(UTC))
    sending.send_due_messages()
    (sent,) = outbox_of(alice)
    assert (sent.id, sent.key, sent.delivered is not None) == (dead.id, dead.key, True)
    assert [post.key for post in slack.posts] == [dead.key] * 3
    assert [attempt["is_delivered"] for attempt in sent.tries] == [False, True]


def test_the_secret_is_stored_sealed_and_only_its_end_is_shown(alice, slack):
    make_channel(alice, slack)
    channel = channel_of(alice)
    assert slack.url.encode() not in bytes(channel.secret)
    assert channel.hint == f"127.0.0.1:{slack.port}/…/•••xxx"


def test_nobody_is_told_is_known(alice, slack):
    def told() -> bool:
        with workspace_transaction(alice.workspace_id):
            return deliveries.is_failure_told(alice.workspace_id)

    assert told() is False
    channel = make_channel(alice, slack, "late")
    assert told() is False
    with workspace_transaction(alice.workspace_id):
        alert_rules.create_rules(alice.workspace_id, channel, ["failed"])
    assert told() is True
    insert_event(alice)
    slack.replies = [Reply(404, "no_service")]
    notify()
    assert told() is False


def test_deleting_a_channel_takes_its_rules_and_deliveries(alice, slack):
    channel = make_channel(alice, slack)
    insert_event(alice)
    notify()
    with workspace_transaction(alice.workspace_id):
        channels.delete_channel(alice.workspace_id, channel)
        assert alert_rules.list_rules(alice.workspace_id) == []
        assert deliveries.list_deliveries(alice.workspace_id) == []
    insert_event(alice)
    notify()
    assert len(slack.posts) == 1


def test_another_workspace_sees_and_uses_nothing_of_it(alice, slack):
    channel = make_channel(alice, slack)
    bob = make_tenant("http://127.0.0.1:1", "bob")
    message = samples.sample_message(bob.workspace_id, account="b", handle="w")
    with pytest.raises(channels.NotFound):
        channels.send_to_channel(bob.workspace_id, channel, message, reason="test")
    with workspace_transaction(bob.workspace_id), pytest.raises(channels.NotFound):
        alert_rules.create_rules(bob.workspace_id, channel, ["failed"])
    assert slack.posts == []


def test_redis_may_go_away_and_come_back_without_a_message_lost(quiet, alice, slack):
    """A real Celery worker and beat: while Redis is dead an event is stored, and told once it is back."""
    make_channel(alice, slack)
    celery = [sys.executable, "-m", "celery", "-A", "controlplane.celery"]
    output = (quiet.folder / "celery.log").open("wb")
    settings = {"cwd": ROOT, "env": worker_environment(quiet), "stdout": output, "stderr": output}
    worker = subprocess.Popen([*celery, "worker", "-c", "2", "--without-mingle", "--without-gossip"], **settings)
    beat = subprocess.Popen([*celery, "beat", "-s", str(quiet.folder / f"beat-{uuid7()}"), "--pidfile", ""], **settings)
    try:
        before = insert_event(alice)
        assert len(slack.wait(1, 30)) == 1
        assert events_told(alice, slack) == [str(before)]
        began = time.monotonic()
        insert_event(alice)
        assert len(slack.wait(2, 30)) == 2
        assert time.monotonic() - began < 5
        valkey, servers = quiet.stack.valkey, quiet.stack.processes
        servers["valkey"].kill()
        servers["valkey"].wait()
        during = insert_event(alice)
        servers["valkey"] = valkey.start()
        valkey.wait(servers["valkey"])
        assert len(slack.wait(3, 60)) == 3
        assert events_told(alice, slack)[2:] == [str(during)]
        assert worker.poll() is beat.poll() is None, "both have survived it"
    finally:
        for process in (beat, worker):
            process.terminate()
        for process in (beat, worker):
            process.wait(40)
