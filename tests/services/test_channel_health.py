"""A channel that fails is told of another way, once, and shown until it works."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.utils import timezone

from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from notifications.models import Channel
from notifications.services import channel_health
from notifications.tasks import notify
from tests.fakes.slack import Reply
from tests.services.test_notifications import channel_of, insert_event, make_channel, make_due, no_backlog
from tests.world import make_member

__all__ = ["no_backlog"]


@pytest.fixture(autouse=True)
def letters(settings, quiet) -> list:
    """The box of letters that left."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.EMAIL_HOST = "mail.example.com"
    with system_transaction():
        open_cursor().execute("UPDATE notification_channel SET owners_told = now()")
    mail.outbox = []
    return mail.outbox


def events(tenant) -> list[tuple[str, str]]:
    with workspace_transaction(tenant.workspace_id):
        rows = open_cursor().execute(
            "SELECT event, payload ->> 'reason' FROM event WHERE workspace_id = %s"
            " AND starts_with(event, 'signalbox.notification-channel.') ORDER BY id",
            [tenant.workspace_id],
        )
        return [tuple(row) for row in rows.fetchall()]


def has_failed_for(tenant, minutes: int) -> None:
    with workspace_transaction(tenant.workspace_id):
        since = timezone.now() - timedelta(minutes=minutes)
        Channel.objects.of(tenant.workspace_id).update(failing_since=since)


def test_the_owners_are_told_once_that_a_channel_was_disabled(alice, slack, letters):
    make_member(alice, "Viewer")
    make_channel(alice, slack)
    slack.replies = [Reply(404, "no_service")]
    insert_event(alice)
    notify()
    notify()
    insert_event(alice)
    notify()
    (letter,) = letters
    assert letter.bcc == [alice.user.email]
    assert letter.to == []
    assert letter.subject == "Notifications to data-alerts do not arrive"
    assert "was disabled" in letter.body
    assert "The webhook was removed" in letter.body
    assert slack.url not in letter.body
    ((event, reason),) = events(alice)
    assert event == "signalbox.notification-channel.disabled"
    assert reason == channel_of(alice).status_reason


def test_a_channel_that_works_again_and_fails_again_is_told_of_again(alice, slack, letters):
    make_channel(alice, slack)
    for _ in range(2):
        slack.replies = [Reply(500, "rollup_error")]
        insert_event(alice)
        notify()
        assert letters == []  # a hiccup
        has_failed_for(alice, 20)
        notify()
        assert [letter.body.count("has been failing for 15 minutes") for letter in letters] == [1]
        make_due(alice)
        notify()
        assert (channel_of(alice).status, channel_of(alice).failing_since) == ("OK", None)
        letters.clear()
    assert [event for event, _ in events(alice)] == ["signalbox.notification-channel.failing"] * 2


def test_a_letter_that_is_not_taken_is_written_again(alice, slack, letters, settings, monkeypatch):
    make_channel(alice, slack)
    slack.replies = [Reply(404, "no_service")]
    insert_event(alice)
    sound = "django.core.mail.backends.locmem.EmailBackend.send_messages"
    with monkeypatch.context() as broken:

        def refuse(*arguments):
            raise SMTPServerDisconnected

        broken.setattr(sound, refuse)
        notify()
    assert letters == []
    assert channel_of(alice).owners_told is None
    notify()
    assert len(letters) == 1


def test_a_letter_whose_writer_dies_is_written_by_another(alice, slack, letters, monkeypatch):
    make_channel(alice, slack)
    slack.replies = [Reply(404, "no_service")]
    insert_event(alice)
    with monkeypatch.context() as dying:

        def die(*arguments):
            raise SystemExit

        dying.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", die)
        with pytest.raises(SystemExit):
            notify()
    assert channel_of(alice).owners_told is None
    notify()
    assert letters == []  # the dead one's lease still holds
    with workspace_transaction(alice.workspace_id):
        open_cursor().execute("UPDATE notification_channel SET owners_claimed_until = now() - interval '1 second'")
    notify()
    notify()
    assert len(letters) == 1
    assert channel_of(alice).owners_told is not None


def test_an_installation_that_sends_no_mail_still_writes_the_event(alice, slack, letters, settings):
    settings.EMAIL_HOST = ""
    make_channel(alice, slack)
    slack.replies = [Reply(404, "no_service")]
    insert_event(alice)
    notify()
    assert letters == []
    assert len(events(alice)) == 1


def test_what_is_shown_is_what_a_person_has_to_look_at(alice, slack):
    make_channel(alice, slack)
    assert channel_health.unhealthy_channels(alice.workspace_id) == []
    slack.replies = [Reply(500, "rollup_error")]
    insert_event(alice)
    notify()
    assert channel_health.unhealthy_channels(alice.workspace_id) == []  # a hiccup
    has_failed_for(alice, 2)
    (shown,) = channel_health.unhealthy_channels(alice.workspace_id)
    assert (shown.name, shown.status) == ("data-alerts", "FAILING")
    make_due(alice)
    notify()
    assert channel_health.unhealthy_channels(alice.workspace_id) == []
