"""Secrets at rest: bound to their place, and never sealed with a key that nobody has."""

import stat
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from django.conf import settings

from blocks.models import DataKey
from blocks.services import sealing
from blocks.services.key_file import KeyMissing
from controlplane.sql.transactions import workspace_transaction
from tests.conftest import Servers
from tests.world import Tenant, make_tenant

ROW = UUID("0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10")
PLACE = {"table": "notification_channel", "row": ROW, "field": "secret"}


@pytest.fixture
def bob(quiet: Servers) -> Tenant:
    return make_tenant("http://127.0.0.1:1", "bob")


@pytest.fixture
def no_keys(quiet: Servers) -> Iterator[None]:
    """As on a fresh installation: no wrapped key in any workspace, no master key."""
    wipe_keys()
    settings.KEY_FILE = quiet.folder / f"{uuid4().hex}.key"
    yield
    wipe_keys()


def wipe_keys() -> None:
    DataKey.objects.using("system").all().delete()
    sealing.ring.forget()


def seal(tenant: Tenant, plaintext: bytes, **place) -> bytes:
    with workspace_transaction(tenant.workspace_id):
        return sealing.seal(tenant.workspace_id, **{**PLACE, **place}, plaintext=plaintext)


def unseal(tenant: Tenant, sealed: bytes, **place) -> bytes:
    with workspace_transaction(tenant.workspace_id):
        return sealing.open_sealed(tenant.workspace_id, **{**PLACE, **place}, sealed=sealed)


def test_a_sealed_value_opens_in_its_place(alice):
    sealed = seal(alice, b"https://hooks.slack.com/services/T1/B1/x")
    assert b"hooks" not in sealed
    assert unseal(alice, sealed) == b"https://hooks.slack.com/services/T1/B1/x"


def test_the_same_value_is_sealed_differently_each_time_with_one_data_key(alice):
    first, second = seal(alice, b"secret"), seal(alice, b"secret")
    assert first != second
    assert first[: sealing.HEAD_BYTES] == second[: sealing.HEAD_BYTES]
    with workspace_transaction(alice.workspace_id):
        assert DataKey.objects.of(alice.workspace_id).count() == 1


@pytest.mark.parametrize(
    ("_case", "place"),
    [
        ("another row", {"row": uuid4()}),
        ("another field", {"field": "name"}),
        ("another table", {"table": "block_document"}),
    ],
)
def test_a_value_moved_within_its_workspace_does_not_open(alice, _case, place):
    sealed = seal(alice, b"secret")
    with pytest.raises(sealing.CannotOpen):
        unseal(alice, sealed, **place)


@pytest.mark.parametrize("forgets", [True, False])
def test_a_value_moved_to_another_workspace_does_not_open(alice, bob, forgets):
    sealed = seal(alice, b"secret")
    seal(bob, b"other")
    if forgets:
        sealing.ring.forget()
    with pytest.raises(sealing.CannotOpen):
        unseal(bob, sealed)


def test_a_data_key_moved_to_another_workspace_does_not_unwrap(alice, bob):
    sealed = seal(alice, b"secret")
    DataKey.objects.using("system").filter(workspace_id=alice.workspace_id).update(workspace_id=bob.workspace_id)
    sealing.ring.forget()
    with pytest.raises(KeyMissing, match="belongs to another workspace"):
        unseal(bob, sealed)


@pytest.mark.parametrize("position", [0, 1, 17, 29, -1])
def test_a_changed_byte_does_not_open(alice, position):
    sealed = bytearray(seal(alice, b"secret"))
    sealed[position] ^= 1
    with pytest.raises(sealing.CannotOpen):
        unseal(alice, bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" * 28])
def test_a_stump_does_not_open(alice, sealed):
    with pytest.raises(sealing.CannotOpen):
        unseal(alice, sealed)


def test_the_first_secret_of_an_installation_makes_a_private_master_key(alice, no_keys):
    assert not settings.KEY_FILE.exists()
    sealed = seal(alice, b"secret")
    assert stat.S_IMODE(settings.KEY_FILE.stat().st_mode) == 0o600
    assert list(settings.KEY_FILE.parent.glob(f"{settings.KEY_FILE.name}*")) == [settings.KEY_FILE]
    sealing.ring.forget()
    assert unseal(alice, sealed) == b"secret"


def test_a_lost_master_key_is_never_made_anew(alice, bob, no_keys):
    sealed = seal(alice, b"secret")
    kept = settings.KEY_FILE.read_bytes()
    settings.KEY_FILE.unlink()
    sealing.ring.forget()
    for attempt in (lambda: unseal(alice, sealed), lambda: seal(alice, b"more"), lambda: seal(bob, b"first")):
        with pytest.raises(KeyMissing, match="Put it back from your backup"):
            attempt()
    assert not settings.KEY_FILE.exists()
    settings.KEY_FILE.write_bytes(kept)
    assert unseal(alice, sealed) == b"secret"


def test_another_master_key_is_told_from_the_right_one(alice, no_keys, tmp_path):
    sealed = seal(alice, b"secret")
    sealing.ring.forget()
    right, settings.KEY_FILE = settings.KEY_FILE, tmp_path / "master.key"
    sealing.key_file().create()
    with pytest.raises(KeyMissing, match="Put that key file back"):
        unseal(alice, sealed)
    settings.KEY_FILE = right
    assert unseal(alice, sealed) == b"secret"


def test_a_rolled_back_key_is_not_used_again(alice):
    def seal_and_fail() -> None:
        with workspace_transaction(alice.workspace_id):
            sealing.seal(alice.workspace_id, **PLACE, plaintext=b"never stored")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        seal_and_fail()
    sealed = seal(alice, b"secret")
    sealing.ring.forget()
    assert unseal(alice, sealed) == b"secret"
