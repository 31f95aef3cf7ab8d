"""A customer's own key in AWS KMS (moto's server), and what happens when the customer closes it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import httpx
import pytest
from django.conf import settings
from moto.server import ThreadedMotoServer

from blocks.models import CustomerKey, DataKey, KeyRotation
from blocks.services import customer_keys, key_ages, key_rotation, sealing
from blocks.services.key_kms import KeyRefused
from controlplane.errors import Conflict, Invalid, Refused, Unavailable
from controlplane.sql.transactions import workspace_transaction
from tests.fakes.kms import refusing_kms
from tests.world import make_tenant, make_user

PLACE = {"table": "block_document", "row": uuid4(), "field": "data"}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def kms(aws, quiet, monkeypatch):
    """KMS as we are pointed at it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(settings, "AWS_ENDPOINT_URL", aws)
    client = boto3.client("kms", region_name="eu-central-1", endpoint_url=aws)
    yield client
    # What was wrapped by a key of this test would stop the sweep of the next.
    KeyRotation.objects.using("system").all().delete()
    DataKey.objects.using("system").filter(provider__startswith="kms:").delete()
    CustomerKey.objects.using("system").all().delete()
    sealing.ring.forget()


def new_key(kms) -> str:
    return kms.create_key()["KeyMetadata"]["Arn"]


def seal(tenant, plaintext: bytes) -> bytes:
    with workspace_transaction(tenant.workspace_id):
        return sealing.seal(tenant.workspace_id, **PLACE, plaintext=plaintext)


def unseal(tenant, sealed: bytes) -> bytes:
    with workspace_transaction(tenant.workspace_id):
        return sealing.open_sealed(tenant.workspace_id, **PLACE, sealed=sealed)


def bring(tenant, arn: str, role: str = "") -> None:
    customer_keys.set_customer_key(tenant.account_id, tenant.user.id, key_arn=arn, role_arn=role)


def providers(tenant) -> list[str]:
    return list(
        DataKey.objects.using("system").filter(workspace_id=tenant.workspace_id).values_list("provider", flat=True)
    )


def test_what_was_sealed_is_readable_through_every_change_of_key(alice, kms):
    sealed = seal(alice, b"secret")
    assert providers(alice)[0].startswith("file:")
    first, second = new_key(kms), new_key(kms)
    for arn, marked in ((first, f"kms:{first}"), (second, f"kms:{second}"), ("", providers(alice)[0])):
        bring(alice, arn)
        sealing.ring.forget()
        assert unseal(alice, sealed) == b"secret"  # before the data key is wrapped anew
        key_rotation.go_on()
        sealing.ring.forget()
        assert (unseal(alice, sealed), providers(alice)) == (b"secret", [marked])


def test_a_role_of_the_customer_is_taken_with_the_accounts_external_id(alice, kms):
    bring(alice, new_key(kms), "arn:aws:iam::123456789012:role/signalbox")
    sealed = seal(alice, b"secret")
    sealing.ring.forget()
    assert unseal(alice, sealed) == b"secret"


def test_the_encryption_context_binds_a_data_key_to_its_workspace(alice, kms):
    bring(alice, new_key(kms))
    sealed = seal(alice, b"secret")
    bob = make_tenant(alice.url, "bob")
    DataKey.objects.using("system").filter(workspace_id=alice.workspace_id).update(workspace_id=bob.workspace_id)
    sealing.ring.forget()
    with pytest.raises(KeyRefused, match="belongs to another workspace"):
        unseal(bob, sealed)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("DisabledException", "it is disabled"),
        ("KMSInvalidStateException", "it is disabled, or about to be deleted"),
        ("NotFoundException", "it does not exist any more"),
        ("AccessDeniedException", "its policy refuses us"),
        ("SomethingNewException", "KMS answers SomethingNewException"),
    ],
)
def test_a_key_that_is_closed_to_us_closes_everything_when_the_memory_ends(code, reason, alice, kms, monkeypatch):
    arn = new_key(kms)
    bring(alice, arn)
    sealed = seal(alice, b"secret")
    with refusing_kms(code) as address:
        monkeypatch.setattr(settings, "AWS_ENDPOINT_URL", address)
        assert unseal(alice, sealed) == b"secret"  # remembered, for KEY_CACHE_SECONDS at most
        kept = sealing.ring.keys
        sealing.ring.keys = {id: (key, 0.0) for id, (key, _) in kept.items()}  # that time has passed
        for attempt in (lambda: unseal(alice, sealed), lambda: seal(alice, b"more")):
            with pytest.raises(KeyRefused) as refused:
                attempt()
            assert refused.value.detail == (
                f"The key {arn} cannot be used: {reason}. Nothing that it protects can be read or stored."
            )
        assert sealing.ring.keys == {}


def test_an_old_data_key_stays_while_the_customers_key_is_closed_and_is_renewed_afterwards(alice, kms, monkeypatch):
    bring(alice, new_key(kms))
    sealed = seal(alice, b"secret")
    mine = {"workspace_id": alice.workspace_id}
    KeyRotation.objects.using("system").filter(**mine).delete()
    DataKey.objects.using("system").filter(**mine).update(created=datetime.now(UTC) - timedelta(days=91))
    before = list(DataKey.objects.using("system").filter(**mine).values_list("id", "retired"))
    with refusing_kms("DisabledException") as address, monkeypatch.context() as closed:
        closed.setattr(settings, "AWS_ENDPOINT_URL", address)
        key_ages.renew_old_keys(now=datetime.now(UTC))
    assert list(DataKey.objects.using("system").filter(**mine).values_list("id", "retired")) == before
    assert not KeyRotation.objects.using("system").filter(**mine).exists()
    key_ages.renew_old_keys(now=datetime.now(UTC))
    assert KeyRotation.objects.using("system").get(**mine).kind == "reseal"
    assert unseal(alice, sealed) == b"secret"


def test_a_key_that_was_deleted_closes_everything(alice, kms):
    bring(alice, new_key(kms))
    sealed = seal(alice, b"secret")
    sealing.ring.forget()
    assert httpx.post(f"{settings.AWS_ENDPOINT_URL}/moto-api/reset").status_code == 200
    with pytest.raises(KeyRefused, match="does not exist any more"):
        unseal(alice, sealed)


def test_kms_out_of_reach_is_a_reason_to_try_again(alice, kms, monkeypatch):
    bring(alice, new_key(kms))
    sealed = seal(alice, b"secret")
    sealing.ring.forget()
    monkeypatch.setattr(settings, "AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        unseal(alice, sealed)


@pytest.mark.parametrize(
    ("_case", "arn", "role", "problem"),
    [
        ("not an ARN", "key/1", "", Invalid),
        ("a host in the region", "arn:aws:kms:eu-central-1.evil.example/:123456789012:key/1", "", Invalid),
        ("an alias", "arn:aws:kms:eu-central-1:123456789012:alias/x", "", Invalid),
        ("not a role", "arn:aws:kms:eu-central-1:123456789012:key/1", "role", Invalid),
        (
            "a key that is not there",
            "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-4000-8000-000000000000",
            "",
            KeyRefused,
        ),
    ],
)
def test_a_key_that_cannot_be_used_changes_nothing(_case, arn, role, problem, alice, kms):
    with pytest.raises(problem):
        bring(alice, arn, role)
    assert customer_keys.read_customer_key(alice.account_id) is None


def test_only_who_runs_the_account_changes_its_key(alice, kms):
    with pytest.raises(Refused):
        customer_keys.set_customer_key(alice.account_id, make_user("mallory").id, key_arn=new_key(kms))
    assert customer_keys.read_customer_key(alice.account_id) is None


def test_two_changes_at_once_are_a_conflict(alice, kms):
    bring(alice, new_key(kms))
    with pytest.raises(Conflict):
        bring(alice, "")
