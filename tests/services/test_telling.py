"""Telling in words of one's own: to a channel, to a notification block, once for each key."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from controlplane.errors import NotFound
from controlplane.sql.transactions import workspace_transaction
from notifications.services import telling
from notifications.tasks import notify
from tests.fakes.slack import Reply
from tests.notified import make_block
from tests.services.test_notifications import channel_of, failures_noted, make_channel, no_backlog, outbox_of

__all__ = ["no_backlog"]


def tell(tenant, **fields) -> UUID:
    values = {"key": "k1", "subject": "Pool is dry", "body": "No worker since 10:00.\nLook & see", **fields}
    with workspace_transaction(tenant.workspace_id):
        return telling.tell(tenant.workspace_id, now=datetime.now(UTC), **values)


def test_words_of_ones_own_arrive_once_for_a_key(alice, slack):
    channel = make_channel(alice, slack)
    first = tell(alice, channel_id=channel)
    assert tell(alice, channel_id=channel, subject="Another") == first
    notify()
    notify()
    (post,) = slack.posts
    assert post.key == "k1"
    assert post.body["text"] == "Pool is dry: No worker since 10:00.\nLook &amp; see"
    (delivery,) = outbox_of(alice)
    assert (delivery.id, delivery.answer, delivery.attempts) == (first, "200 ok", 1)
    handles = f"{alice.account.handle}/{alice.workspace.handle}"
    assert f"Workspace *{handles}*" in str(post.body)
    assert f"/w/{handles}'" in str(post.body)


def test_nothing_is_told_where_there_is_nobody(alice, slack):
    for target in ({"channel_id": uuid4()}, {"block_document_id": uuid4()}):
        with pytest.raises(NotFound):
            tell(alice, **target)
    with pytest.raises(ValueError, match="either"):
        tell(alice)
    assert outbox_of(alice) == []


def test_a_disabled_channel_keeps_what_it_was_not_told(alice, slack):
    channel = make_channel(alice, slack)
    slack.replies = [Reply(404, "no_service")]
    tell(alice, channel_id=channel)
    notify()
    assert channel_of(alice).status == "DISABLED"
    tell(alice, key="k2", channel_id=channel)
    notify()
    assert len(slack.posts) == 1
    assert [row.answer for row in outbox_of(alice)][1] == "Not sent: the channel was disabled when this happened."


def test_a_block_is_told_through_its_kind(alice, slack):
    block = make_block(alice, "slack-webhook", {"url": slack.url})
    tell(alice, block_document_id=block)
    notify()
    assert [(post.key, post.body["text"][:11]) for post in slack.posts] == [("k1", "Pool is dry")]


def test_a_block_that_cannot_tell_is_given_up_with_a_reason(alice, slack):
    block = make_block(alice, "slack-webhook", {"url": "https://example.com/x"})
    other = make_block(alice, "aws-credentials", {"url": "https://example.com/x"})
    tell(alice, block_document_id=block)
    tell(alice, key="k2", block_document_id=other)
    notify()
    first, second = outbox_of(alice)
    assert "cannot be used: url A Slack webhook address looks like" in first.answer
    assert second.answer == "Signalbox cannot send messages through a block of the type aws-credentials."
    assert first.dead is not None
    assert second.dead is not None
    assert failures_noted(alice) == 2
    assert slack.posts == []
