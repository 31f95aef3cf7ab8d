"""The secret part of a webhook's address is in no column that opens without a key."""

from datetime import UTC, datetime

import pytest

from blocks.services import key_rotation, sealing
from controlplane.errors import NotFound
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from events.models import Event, Webhook
from events.services import receiving, webhook_slugs, webhooks
from events.wire.webhooks import WebhookCreate

TEMPLATE = '{"event": "called", "resource": {"prefect.resource.id": "x"}}'
REQUEST = receiving.Request(method="POST", headers={}, content=b"{}", token=None)


def make(tenant) -> webhooks.Webhook:
    body = WebhookCreate(name="w", template=TEMPLATE)
    with workspace_transaction(tenant.workspace_id):
        return webhooks.create_webhook(tenant.workspace_id, tenant.account_id, body, now=datetime.now(UTC))


def make_plain(tenant, slug: str) -> Webhook:
    """As an older release wrote it."""
    with workspace_transaction(tenant.workspace_id):
        return Webhook.objects.create(
            id=uuid7(), workspace_id=tenant.workspace_id, name="old", template=TEMPLATE, slug=slug
        )


def stored(tenant, id) -> Webhook:
    return Webhook.objects.using("system").get(workspace_id=tenant.workspace_id, id=id)


def shown(tenant, id) -> str:
    with workspace_transaction(tenant.workspace_id):
        return webhooks.read_webhook(tenant.workspace_id, tenant.account_id, id, may_send=True).slug


def calls(tenant) -> int:
    return Event.objects.using("system").filter(workspace_id=tenant.workspace_id, event="called").count()


def call(slug: str) -> None:
    receiving.receive(slug, REQUEST, now=datetime.now(UTC))


def test_the_row_holds_a_hash_and_a_sealed_copy(alice):
    hook = make(alice)
    row = stored(alice, hook.id)
    assert (row.slug, bytes(row.slug_hash)) == (None, webhook_slugs.hash_of(hook.slug))
    assert hook.slug.encode() not in bytes(row.sealed_slug) + bytes(row.slug_hash)
    assert shown(alice, hook.id) == hook.slug
    call(hook.slug)
    assert calls(alice) == 1


@pytest.mark.parametrize(
    ("_case", "tried"),
    [
        ("the hash in hex", lambda row: bytes(row.slug_hash).hex()),
        ("the hash as PostgreSQL writes it", lambda row: f"\\x{bytes(row.slug_hash).hex()}"),
        ("nothing", lambda row: ""),
        ("a word", lambda row: "None"),
    ],
)
def test_what_a_dump_shows_calls_nothing(_case, tried, alice):
    row = stored(alice, make(alice).id)
    with pytest.raises(NotFound):
        call(tried(row))
    assert calls(alice) == 0


def test_a_plain_slug_works_before_and_after_it_is_sealed(alice):
    slug = webhook_slugs.new_slug()
    row = make_plain(alice, slug)
    call(slug)
    assert shown(alice, row.id) == slug
    assert webhook_slugs.seal_plain_slugs() == 1
    assert webhook_slugs.seal_plain_slugs() == 0
    after = stored(alice, row.id)
    assert (after.slug, bytes(after.slug_hash)) == (None, webhook_slugs.hash_of(slug))
    call(slug)
    assert (calls(alice), shown(alice, row.id)) == (2, slug)


def test_a_plain_slug_that_is_rotated_is_gone(alice):
    slug = webhook_slugs.new_slug()
    row = make_plain(alice, slug)
    with workspace_transaction(alice.workspace_id):
        new = webhooks.rotate_webhook(alice.workspace_id, alice.account_id, row.id, now=datetime.now(UTC)).slug
    with pytest.raises(NotFound):
        call(slug)
    call(new)
    assert (calls(alice), stored(alice, row.id).slug) == (1, None)


def test_a_new_data_key_seals_it_anew(alice, monkeypatch):
    monkeypatch.setattr("django.conf.settings.KEY_GRACE_SECONDS", 0)
    hook = make(alice)
    before = bytes(stored(alice, hook.id).sealed_slug)
    with workspace_transaction(alice.workspace_id):
        key_rotation.start_rotation(alice.workspace_id, "reseal")
    key_rotation.go_on()
    after = bytes(stored(alice, hook.id).sealed_slug)
    assert sealing.key_id_of(before) != sealing.key_id_of(after)
    sealing.ring.forget()
    assert shown(alice, hook.id) == hook.slug
