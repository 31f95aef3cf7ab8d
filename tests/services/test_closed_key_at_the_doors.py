"""What a customer sees who has closed the key, and after opening it again: over the API and on the pages."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from moto.server import ThreadedMotoServer

from blocks.models import CustomerKey, DataKey, KeyRotation
from blocks.services import customer_keys, sealing
from controlplane.front import ApiHandler
from controlplane.sql.transactions import workspace_transaction
from events.services import receiving, webhooks
from events.wire.webhooks import WebhookCreate
from tests.fakes.kms import refusing_kms
from tests.services.test_block_secrets import make, schema  # noqa: F401 - a fixture
from tests.world import Tenant

TEMPLATE = '{"event": "called", "resource": {"prefect.resource.id": "x"}}'


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def arn(aws, alice, monkeypatch) -> Iterator[str]:
    """The key that Alice's account has brought."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(settings, "AWS_ENDPOINT_URL", aws)
    arn = boto3.client("kms", region_name="eu-central-1", endpoint_url=aws).create_key()["KeyMetadata"]["Arn"]
    customer_keys.set_customer_key(alice.account_id, alice.user.id, key_arn=arn)
    yield arn
    # What was wrapped by this key would stop the sweep of the next test.
    KeyRotation.objects.using("system").all().delete()
    DataKey.objects.using("system").filter(provider__startswith="kms:").delete()
    CustomerKey.objects.using("system").all().delete()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """Seconds that have passed for the memory of unwrapped keys."""
    passed, real = [0.0], sealing.time.monotonic

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return real() + passed[0]

    monkeypatch.setattr(sealing, "time", Clock)
    return passed


def ask(tenant: Tenant, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The API's own handler, without a server."""
    content = b"" if body is None else json.dumps(body).encode()
    at = f"/api/accounts/{tenant.account_id}/workspaces/{tenant.workspace_id}{path}"
    headers = {"HTTP_AUTHORIZATION": f"Bearer {tenant.key}", "content_type": "application/json"}
    answer = ApiHandler()(RequestFactory().generic(method, at, content, **headers), content)
    return answer.status_code, json.loads(answer.content) if answer.content else None


def look(tenant: Tenant, page: str) -> tuple[int, str]:
    client = Client()
    client.force_login(tenant.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    answer = client.get(f"/w/{tenant.account.handle}/{tenant.workspace.handle}{page}", SERVER_NAME="localhost")
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("_case", "code", "reason"),
    [
        ("the key is disabled", "DisabledException", "it is disabled"),
        ("the grant was deleted", "AccessDeniedException", "its policy refuses us"),
        ("the role may not be taken", "AccessDenied", "the role that we should take is refused to us"),
        ("the key will be deleted", "KMSInvalidStateException", "it is disabled, or about to be deleted"),
    ],
)
def test_a_closed_key_is_said_and_an_open_one_reads_again(_case, code, reason, alice, arn, clock, schema, monkeypatch):  # noqa: F811
    document = make(alice, schema, "mine", password="closed-canary")
    secret, page = f"/block_documents/{document}?include_secrets=true", f"/blocks/{document}"
    block = {"name": "new", "data": {"password": "x"}, "block_schema_id": str(schema.id)}
    block["block_type_id"] = str(schema.block_type_id)
    sentence = f"The key {arn} cannot be used: {reason}. Nothing that it protects can be read or stored."
    with refusing_kms(code) as address, monkeypatch.context() as closed:
        closed.setattr(settings, "AWS_ENDPOINT_URL", address)
        clock[0] += settings.KEY_CACHE_SECONDS - 5
        assert ask(alice, "GET", secret)[1]["data"] == {"password": "closed-canary"}  # remembered, and not for longer
        clock[0] += 10
        for method, path, body in (("GET", secret, None), ("POST", "/block_documents/", block)):
            assert ask(alice, method, path, body) == (424, {"detail": sentence})
        status, shown = look(alice, page)
        assert (status, sentence in shown, "closed-canary" in shown) == (424, True, False)
        assert "A key that protects this is closed" in shown
        # What needs no secret goes on.
        assert ask(alice, "POST", "/variables/filter", {}) == (200, [])
        assert ask(alice, "POST", "/block_documents/count", {}) == (200, 1)
        assert (look(alice, "/encryption")[0], look(alice, "/runs")[0]) == (200, 200)
    assert ask(alice, "GET", secret)[1]["data"] == {"password": "closed-canary"}
    assert ask(alice, "POST", "/block_documents/", block)[0] == 201
    assert look(alice, page)[0] == 200


def test_kms_out_of_reach_asks_to_try_again(alice, arn, schema, monkeypatch):  # noqa: F811
    document = make(alice, schema, "mine", password="closed-canary")
    sealing.ring.forget()
    with monkeypatch.context() as away:
        away.setattr(settings, "AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        assert ask(alice, "GET", f"/block_documents/{document}")[0] == 503
        assert look(alice, f"/blocks/{document}")[0] == 503
    assert ask(alice, "GET", f"/block_documents/{document}")[0] == 200


def test_a_webhook_takes_requests_while_the_key_is_closed_and_shows_no_address(alice, arn, monkeypatch):
    with workspace_transaction(alice.workspace_id):
        body = WebhookCreate(name="w", template=TEMPLATE)
        hook = webhooks.create_webhook(alice.workspace_id, alice.account_id, body, now=datetime.now(UTC))
    sealing.ring.forget()
    with refusing_kms("DisabledException") as address, monkeypatch.context() as closed:
        closed.setattr(settings, "AWS_ENDPOINT_URL", address)
        request = receiving.Request(method="POST", headers={}, content=b"{}", token=None)
        receiving.receive(hook.slug, request, now=datetime.now(UTC))
        assert ask(alice, "GET", f"/webhooks/{hook.id}")[0] == 424
        assert ask(alice, "PATCH", f"/webhooks/{hook.id}", {"enabled": False})[0] == 204
    status, shown = ask(alice, "GET", f"/webhooks/{hook.id}")
    assert (status, shown["slug"], shown["enabled"]) == (200, hook.slug, False)
