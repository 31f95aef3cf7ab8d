"""Data keys are renewed by their age, once, and only where they are old."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connections

from blocks.models import DataKey, KeyRotation
from blocks.services import key_ages, key_rotation, sealing
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from tests.world import make_tenant

ROW = uuid7()
PLACE = {"table": "block_document", "row": ROW, "field": "data"}


@pytest.fixture
def bob(quiet):
    return make_tenant("http://127.0.0.1:1", "bob")


def make_key(tenant, days: float) -> bytes:
    """A workspace's first key, made so many days ago, and something that it sealed."""
    with workspace_transaction(tenant.workspace_id):
        sealed = sealing.seal(tenant.workspace_id, plaintext=b"secret", **PLACE)
    made = datetime.now(UTC) - timedelta(days=days)
    DataKey.objects.using("system").filter(workspace_id=tenant.workspace_id).update(created=made)
    return sealed


def keys(tenant) -> list[tuple[int, bool]]:
    found = DataKey.objects.using("system").filter(workspace_id=tenant.workspace_id).order_by("number")
    return [(key.number, key.retired is not None) for key in found]


def rotations(tenant) -> list[str]:
    found = KeyRotation.objects.using("system").filter(workspace_id=tenant.workspace_id)
    return list(found.values_list("kind", flat=True))


def renew() -> int:
    return key_ages.renew_old_keys(now=datetime.now(UTC))


def test_an_old_key_is_replaced_and_destroyed_and_a_young_one_is_left(alice, bob, monkeypatch):
    monkeypatch.setattr(settings, "KEY_GRACE_SECONDS", 0)
    make_key(alice, 90.1)
    make_key(bob, 89.9)
    renew()
    assert (keys(alice), rotations(alice)) == ([(1, True), (2, False)], ["reseal"])
    while KeyRotation.objects.using("system").filter(workspace_id=alice.workspace_id, finished=None).exists():
        key_rotation.go_on()
    assert keys(alice) == [(2, False)]
    renew()
    assert (keys(alice), rotations(alice)) == ([(2, False)], ["reseal"])
    assert (keys(bob), rotations(bob)) == ([(1, False)], [])


@pytest.mark.parametrize(
    ("_case", "max_days", "days"),
    [("never by itself", 0, 5000), ("the limit is longer", 365, 364), ("made just now", 1, 0)],
)
def test_a_key_within_its_limit_stays(_case, max_days, days, alice, monkeypatch):
    monkeypatch.setattr(settings, "KEY_MAX_DAYS", max_days)
    make_key(alice, days)
    renew()
    assert (keys(alice), rotations(alice)) == ([(1, False)], [])


def test_a_change_under_way_is_not_disturbed(alice):
    make_key(alice, 100)
    with workspace_transaction(alice.workspace_id):
        key_rotation.start_rotation(alice.workspace_id, "rewrap")
    renew()
    assert (keys(alice), rotations(alice)) == ([(1, False)], ["rewrap"])


def test_replicas_that_sweep_at_once_start_one_rotation(alice):
    sealed = make_key(alice, 100)

    def sweep(_: int) -> bool:
        try:
            return key_ages.renew(alice.workspace_id, datetime.now(UTC) - timedelta(days=90))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as replicas:
        assert sorted(replicas.map(sweep, range(4))) == [False, False, False, True]
    assert (keys(alice), rotations(alice)) == ([(1, True), (2, False)], ["reseal"])
    with workspace_transaction(alice.workspace_id):
        assert sealing.open_sealed(alice.workspace_id, sealed=sealed, **PLACE) == b"secret"
