"""Inbound webhooks: the doors, the address, and the events that come of requests."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.world import CLIENT, Tenant, make_member, make_tenant
from workspaces.models import ServiceAccount, WorkspaceAccess
from workspaces.services import keys

TEMPLATE = """
{
    "event": "{{ body.event_name }}",
    "resource": {"prefect.resource.id": "product.models.{{ body.model_id }}", "stage": {{ body.stage|tojson }}},
    "payload": {"by": "{{ headers['X-Sender'] }}", "method": "{{ method }}"}
}
"""


@pytest.fixture
def alice(server) -> Tenant:
    return make_tenant(server.url)


def make_webhook(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return tenant.ok("POST", "/webhooks/", {"name": "models", "template": TEMPLATE, **fields})


def send(tenant: Tenant, slug: str, method: str = "POST", **options: Any):
    return CLIENT.request(method, f"{tenant.url}/hooks/{slug}", **options)


def events(tenant: Tenant, *names: str) -> list[dict[str, Any]]:
    filter = {"event": {"name": list(names)}, "order": "ASC"} if names else {"order": "ASC"}
    return tenant.ok("POST", "/events/filter", {"filter": filter})["events"]


BODY = {"event_name": "model-update", "model_id": "friendly-banana", "stage": 3}


def test_a_request_becomes_an_event_before_it_is_answered(alice):
    hook = make_webhook(alice)
    answer = send(alice, hook["slug"], json=BODY, headers={"x-sender": "registry", "Authorization": "Bearer secret"})
    assert (answer.status_code, answer.content) == (204, b"")
    (event,) = events(alice, "model-update")
    assert event["resource"] == {"prefect.resource.id": "product.models.friendly-banana", "stage": "3"}
    assert event["payload"] == {"by": "registry", "method": "POST"}
    assert event["related"] == [
        {
            "prefect.resource.id": f"prefect-cloud.webhook.{hook['id']}",
            "prefect.resource.name": "models",
            "prefect.resource.role": "webhook",
        }
    ]
    (received,) = events(alice, "prefect-cloud.webhook.received")
    assert received["follows"] == event["id"]


def test_a_payload_that_is_left_out_shows_the_request_without_its_secrets(alice):
    hook = make_webhook(alice, template='{"event": "x", "resource": {"prefect.resource.id": "y"}}')
    headers = {"x-a": "1", "Authorization": "Bearer secret", "Cookie": "session=secret"}
    assert send(alice, hook["slug"], "PUT", content="hello", headers=headers).status_code == 204
    (event,) = events(alice, "x")
    request = event["payload"]["request"]
    assert (request["method"], request["body"], request["headers"]["x-a"]) == ("PUT", "hello", "1")
    assert "secret" not in json.dumps(event)


@pytest.mark.parametrize(
    ("_case", "method", "options", "name"),
    [
        ("JSON", "POST", {"json": {"n": "a"}}, "a"),
        ("JSON that does not say so", "PATCH", {"content": '{"n": "b"}'}, "b"),
        ("a form", "POST", {"data": {"n": "c"}}, "c"),
        ("nothing", "DELETE", {}, ""),
        ("a GET", "GET", {}, ""),
    ],
)
def test_bodies_of_every_kind_are_read(alice, _case, method, options, name):
    hook = make_webhook(
        alice, template='{"event": "named-{{ body.n }}", "resource": {"prefect.resource.id": "{{ method }}"}}'
    )
    assert send(alice, hook["slug"], method, **options).status_code == 204
    assert [event["resource"]["prefect.resource.id"] for event in events(alice, f"named-{name}")] == [method]


@pytest.mark.parametrize(
    ("_case", "template", "words"),
    [
        ("no JSON", "hello", "did not render JSON"),
        ("no object", "[]", "did not render a JSON object"),
        ("no resource", '{"event": "x"}', "did not render an event"),
        ("no id", '{"event": "x", "resource": {"a": "b"}}', "prefect.resource.id"),
        ("too much work", '{% for a in range(100) %}{% for b in range(100) %}{% for c in range(100) %}'
         '{% for d in range(100) %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}', "too much"),
        ("a way out", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "SecurityError"),
    ],
)  # fmt: skip
def test_what_makes_no_event_is_refused_and_leaves_a_record(alice, _case, template, words):
    hook = make_webhook(alice, template=template)
    answer = send(alice, hook["slug"], json={"a": 1})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    (failed,) = events(alice, "prefect-cloud.webhook.failed")
    assert words in failed["payload"]["reason"]
    assert failed["payload"]["request"]["body"] == {"a": 1}
    assert events(alice, "prefect-cloud.webhook.received") == []


def test_a_webhook_is_paused_rotated_and_deleted(alice):
    hook = make_webhook(alice)
    assert alice.call("PATCH", f"/webhooks/{hook['id']}", {"enabled": False}).status_code == 204
    assert send(alice, hook["slug"], json=BODY).status_code == 404
    assert alice.call("PATCH", f"/webhooks/{hook['id']}", {"enabled": True}).status_code == 204
    rotated = alice.ok("POST", f"/webhooks/{hook['id']}/rotate")
    assert rotated["slug"] != hook["slug"]
    assert [send(alice, slug, json=BODY).status_code for slug in (hook["slug"], rotated["slug"])] == [404, 204]
    assert alice.call("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert send(alice, rotated["slug"], json=BODY).status_code == 404
    assert alice.call("GET", f"/webhooks/{hook['id']}").status_code == 404
    told = [event["event"].rpartition(".")[2] for event in events(alice)]
    # What is received happened at the same moment as the event.
    assert told[:4] + sorted(told[4:6]) + told[6:] == [
        "created", "updated", "updated", "rotated", "model-update", "received", "deleted",
    ]  # fmt: skip


def test_a_put_keeps_what_it_leaves_out(alice):
    hook = make_webhook(alice, enabled=False)
    body = {"name": "other", "description": "d", "template": "x"}
    assert alice.call("PUT", f"/webhooks/{hook['id']}", body).status_code == 204
    there = alice.ok("GET", f"/webhooks/{hook['id']}")
    assert (there["name"], there["description"], there["template"]) == ("other", "d", "x")
    assert (there["enabled"], there["slug"]) == (False, hook["slug"])
    assert there["account"] == str(alice.account_id)


@pytest.mark.parametrize(
    ("_case", "fields"),
    [
        ("a broken template", {"template": "{{ "}),
        ("an empty template", {"template": ""}),
        ("a stranger's service account", {"service_account_id": str(uuid4())}),
        ("an unknown key", {"colour": "red"}),
    ],
)
def test_what_cannot_be_a_webhook_is_refused(alice, _case, fields):
    assert alice.call("POST", "/webhooks/", {"name": "n", "template": "x", **fields}).status_code == 422
    assert alice.ok("POST", "/webhooks/filter") == []


def test_a_protected_webhook_takes_its_service_account_only(alice):
    mine, other = (ServiceAccount.objects.create(account=alice.account, name=f"robot-{number}") for number in range(2))
    for account in (mine, other):
        WorkspaceAccess.objects.create(workspace=alice.workspace, service_account=account, role="Worker")
    key, wrong = (
        keys.create_key(name="k", service_account=account, workspace=alice.workspace).token for account in (mine, other)
    )
    hook = make_webhook(alice, service_account_id=str(mine.id))
    assert alice.ok("GET", f"/webhooks/{hook['id']}")["service_account"] == {"id": str(mine.id), "name": "robot-0"}
    statuses = [
        send(alice, hook["slug"], json=BODY, headers=headers).status_code
        for headers in (
            {},
            {"Authorization": "Bearer nonsense"},
            {"Authorization": f"Bearer {wrong}"},
            {"Authorization": f"Bearer {alice.key}"},
            {"Authorization": f"Bearer {key}"},
        )
    ]
    assert statuses == [401, 401, 403, 403, 204]
    assert len(events(alice, "model-update")) == 1


def test_who_may_only_look_does_not_see_the_address(alice):
    hook = make_webhook(alice)
    bob = make_member(alice, "Viewer")
    assert bob.ok("GET", f"/webhooks/{hook['id']}")["slug"] == "********"
    assert [one["slug"] for one in bob.ok("GET", "/webhooks/")] == ["********"]


def test_the_hand_shakes_of_event_grid_and_cloud_events(alice):
    hook = make_webhook(alice)
    asked = [{"data": {"validationCode": "abc"}, "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}]
    answer = send(alice, hook["slug"], json=asked, headers={"aeg-event-type": "SubscriptionValidation"})
    assert (answer.status_code, answer.json()) == (200, {"validationResponse": "abc"})
    options = send(alice, hook["slug"], "OPTIONS", headers={"WebHook-Request-Origin": "eventemitter.example.com"})
    assert options.headers["webhook-allowed-origin"] == "eventemitter.example.com"
    assert [event["event"] for event in events(alice)] == ["prefect-cloud.webhook.created"]


@pytest.mark.parametrize("slug", ["nobody", "a%00b", "%ff", "x" * 2000])
def test_an_address_that_nobody_has_is_not_found_whatever_it_is(alice, slug):
    assert send(alice, slug, content=b"{}").status_code == 404


def test_a_large_body_is_refused(alice):
    hook = make_webhook(alice)
    assert send(alice, hook["slug"], content=b"a" * 1_000_001).status_code == 413
    assert send(alice, "nobody", content=b"a").status_code == 404
    assert [event["event"] for event in events(alice)] == ["prefect-cloud.webhook.created"]
