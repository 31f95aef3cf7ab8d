"""Notification blocks as clients save them, as channels: kind and settings, and what arrives at the checking fake."""

from typing import Any

import pytest

from notifications.channels import keeping, kind_of
from notifications.channels.blocks import BLOCKS, channel_of
from tests.services.test_channel_kinds import a_message, fake, receivers  # noqa: F401

SECRETS = {"token": "hidden-1", "key": "request-secret-1"}
TOLD = ["etl", "odd-owl"]

# What a client stores, the kind, the settings, and what the message brings. {url}, {host} and {port} are the fake's.
CASES: list[tuple[str, dict[str, Any], str, dict[str, Any], list[str]]] = [
    (
        "slack-webhook",
        {"url": "{url}/services/T1/B1/x", "notify_type": "prefect_default", "allow_private_urls": True},
        "slack", {"url": "{url}/services/T1/B1/x"}, TOLD,
    ),
    ("slack-incoming-webhook", {"url": "{url}/services/T1/B1/y"}, "slack", {"url": "{url}/services/T1/B1/y"}, TOLD),
    (
        "ms-teams-webhook", {"url": "{url}/teams?sig=s", "include_image": True, "wrap": True},
        "teams", {"url": "{url}/teams?sig=s"}, TOLD,
    ),
    (
        "discord-webhook", {"webhook_id": "12", "webhook_token": "to-ken", "botname": "owl", "tts": False},
        "discord", {"url": "https://discord.com/api/webhooks/12/to-ken", "username": "owl"},
        ["etl", '"username":"owl"'],
    ),
    (
        "mattermost-webhook",
        {"hostname": "{host}", "port": "{port}", "secure": False, "token": "mm", "channels": ["ops", "dev"],
         "botname": "owl", "path": None},
        "mattermost", {"url": "{url}/hooks/mm", "channel": "ops", "username": "owl"}, ["etl", '"channel":"ops"'],
    ),
    (
        "pager-duty-webhook",
        {"integration_key": "R" * 32, "api_key": "unused", "region_name": "us", "component": "db", "group": "data",
         "class_id": "late", "custom_details": {"team": "blue"}, "source": "Prefect", "include_image": True},
        "pagerduty",
        {"routing_key": "R" * 32, "region": "us", "component": "db", "group": "data", "event_class": "late",
         "details": {"team": "blue"}},
        [*TOLD, '"class":"late"', '"team":"blue"'],
    ),
    (
        "opsgenie-webhook",
        {"apikey": "genie-1", "region_name": "eu", "priority": 2, "target_team": ["ops"], "target_user": ["ann"],
         "target_schedule": ["night"], "target_escalation": ["boss"], "tags": ["prod"], "details": {"team": "blue"},
         "batch": False, "alias": "x", "entity": "y"},
        "opsgenie",
        {"api_key": "genie-1", "region": "eu", "priority": "P2", "teams": ["ops"], "users": ["ann"],
         "schedules": ["night"], "escalations": ["boss"], "tags": ["prod"], "details": {"team": "blue"}},
        [*TOLD, '"P2"', '"night"', '"boss"', '"ann"'],
    ),
    (
        "twilio-sms",
        {"account_sid": "AC" + "a" * 32, "auth_token": "9f3tok9f3", "from_phone_number": "+15550100",
         "to_phone_numbers": ["+15550101"]},
        "twilio",
        {"account_sid": "AC" + "a" * 32, "auth_token": "9f3tok9f3", "sender": "+15550100", "to": ["+15550101"]},
        ["To=%2B15550101", "odd-owl"],
    ),
    (
        "sendgrid-email", {"api_key": "SG.key", "sender_email": "bot@example.com", "to_emails": ["ann@example.com"]},
        "sendgrid", {"api_key": "SG.key", "sender": "bot@example.com", "to": ["ann@example.com"]},
        [*TOLD, "ann@example.com"],
    ),
    (
        "custom-webhook",
        {"name": "ops", "url": "{url}/custom?k={{key}}", "method": "PUT", "params": {"p": "{{subject}}"},
         "json_data": {"text": "{{body}}", "title": "{{name}}"}, "form_data": None,
         "headers": {"X-Token": "{{token}}"}, "cookies": {"c": "1"}, "timeout": 10, "secrets": SECRETS},
        "request",
        {"url": "{url}/custom?k={{key}}", "method": "PUT", "title": "ops", "params": {"p": "{{subject}}"},
         "json_text": '{"text":"{{body}}","title":"{{name}}"}', "headers": {"X-Token": "{{token}}"},
         "cookies": {"c": "1"}, "secrets": SECRETS},
        [*TOLD, '"title":"ops"', "k=request-secret-1", "'cookie': 'c=1'"],
    ),
    (
        "custom-webhook",
        {"name": "ops", "url": "{url}/custom", "form_data": {"text": "{{body}}"}, "headers": {"X-Token": "hidden-1"}},
        "request",
        {"url": "{url}/custom", "title": "ops", "form": {"text": "{{body}}"}, "headers": {"X-Token": "hidden-1"},
         "secrets": {}},
        ["text=ValueError"],
    ),
    (
        "custom-webhook",
        {"name": "ops", "url": "{url}/custom", "form_data": "text: {{body}}", "headers": {"X-Token": "hidden-1"}},
        "request",
        {"url": "{url}/custom", "title": "ops", "form_text": "text: {{body}}", "headers": {"X-Token": "hidden-1"},
         "secrets": {}},
        ["text: ValueError"],
    ),
    (
        "webhook", {"method": "POST", "url": "{url}/custom", "headers": {"X-Token": "hidden-1"}, "verify": True},
        "request",
        {"url": "{url}/custom", "method": "POST", "json_text": '{"subject":"{{subject}}","body":"{{body}}"}',
         "headers": {"X-Token": "hidden-1"}},
        [*TOLD, '"subject":'],
    ),
]  # fmt: skip


def filled(value: Any, fake: Any) -> Any:  # noqa: F811
    """With the fake's address; a port is a number."""
    if isinstance(value, dict):
        return {name: filled(item, fake) for name, item in value.items()}
    if value == "{port}":
        return fake.port
    return value.replace("{url}", fake.url).replace("{host}", "127.0.0.1") if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("_case", "slug", "data", "kind", "expected", "told"),
    [(f"{case[0]} #{number}", *case) for number, case in enumerate(CASES)],
)
def test_a_block_becomes_a_channel_that_delivers(fake, _case, slug, data, kind, expected, told):  # noqa: F811
    name, given = channel_of(slug, filled(data, fake))
    assert (name, given) == (kind, filled(expected, fake))
    if kind == "discord":  # its host is Discord's own
        given["url"] = given["url"].replace("https://discord.com", fake.url)
    if kind in ("pagerduty", "opsgenie", "twilio", "sendgrid"):
        given["api_url"] = fake.url
    found = kind_of(kind)
    found.deliver(keeping.read_settings(found, given), a_message(), "k-1", seconds=8.0)
    assert fake.complaints == []
    (request,) = fake.got
    seen = f"{request.method} {request.path} {request.headers} {request.raw.decode()}"
    assert [words for words in told if words not in seen.replace('": "', '":"')] == []
    assert request.method == data.get("method", "POST")


def test_every_block_type_that_is_mapped_is_tested():
    assert {case[0] for case in CASES} == set(BLOCKS)
