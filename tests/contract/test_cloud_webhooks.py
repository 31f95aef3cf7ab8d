"""Inbound webhooks through an unmodified `prefect cloud webhook`, and a request to the address it shows."""

import json
import re

from tests.contract.client import Client
from tests.world import CLIENT

TEMPLATE = '{"event": "model.{{ body.what }}", "resource": {"prefect.resource.id": "product.{{ body.id }}"}}'


def listed(client: Client) -> list[dict[str, str]]:
    return json.loads(client.run("prefect", "cloud", "webhook", "ls", "-o", "json"))


def test_a_webhook_is_made_used_changed_and_deleted_by_the_cli(client):
    made = client.run("prefect", "cloud", "webhook", "create", "models", "-d", "from the registry", "-t", TEMPLATE)
    assert "Successfully created webhook models" in made
    (hook,) = listed(client)
    assert (hook["name"], hook["description"], hook["enabled"], hook["template"]) == (
        "models",
        "from the registry",
        True,
        TEMPLATE,
    )
    shown = client.run("prefect", "cloud", "webhook", "get", hook["id"])
    assert "models" in shown

    def send(slug: str) -> int:
        return CLIENT.post(f"{client.tenant.url}/hooks/{slug}", json={"what": "updated", "id": "a"}).status_code

    assert send(hook["slug"]) == 204
    toggled = client.run("prefect", "cloud", "webhook", "toggle", hook["id"])
    assert "Webhook is now disabled" in toggled
    assert send(hook["slug"]) == 404
    client.run("prefect", "cloud", "webhook", "toggle", hook["id"])
    client.run("prefect", "cloud", "webhook", "rotate", hook["id"], answer="y\n")
    slug = listed(client)[0]["slug"]
    assert slug != hook["slug"]
    assert [send(hook["slug"]), send(slug)] == [404, 204]
    client.run("prefect", "cloud", "webhook", "update", hook["id"], "-n", "renamed")
    assert [(one["name"], one["slug"], one["enabled"]) for one in listed(client)] == [("renamed", slug, True)]
    client.run("prefect", "cloud", "webhook", "delete", hook["id"])
    assert listed(client) == []
    filter = {"filter": {"event": {"name": ["model.updated"]}}}
    events = client.tenant.ok("POST", "/events/filter", filter)["events"]
    assert [event["resource"]["prefect.resource.id"] for event in events] == ["product.a"] * 2
    assert re.fullmatch(r"prefect-cloud\.webhook\.[0-9a-f-]{36}", events[0]["related"][0]["prefect.resource.id"])
