"""The notification blocks of Prefect, as channels: which kind sends what a block of 3.x would have sent itself.

Blocks bring settings that only shape their own client's messages (`notify_type`, pictures); these are not used.
`allow_private_urls` is the client's wish: what may be reached from here is the operator's.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from controlplane.errors import NotFound

Data = Mapping[str, Any]
Mapped = tuple[str, dict[str, Any]]
PRIORITIES = {1: "P1", 2: "P2", 3: "P3", 4: "P4", 5: "P5"}


def slack(data: Data) -> Mapped:
    return "slack", {"url": data.get("url")}


def teams(data: Data) -> Mapped:
    return "teams", {"url": data.get("url")}


def discord(data: Data) -> Mapped:
    parts = quote(str(data.get("webhook_id", "")), safe=""), quote(str(data.get("webhook_token", "")), safe="")
    return "discord", {
        "url": f"https://discord.com/api/webhooks/{parts[0]}/{parts[1]}",
        "username": data.get("botname"),
    }


def mattermost(data: Data) -> Mapped:
    """With several channels the first is told: a webhook's message goes to one."""
    scheme, standard = ("https", 443) if data.get("secure") else ("http", 80)
    port = data.get("port") or standard
    host = f"{data.get('hostname', '')}{'' if port == standard else f':{port}'}"
    path = "/".join(filter(None, (str(data.get("path") or "").strip("/"), "hooks", str(data.get("token", "")))))
    channels = data.get("channels") or [""]
    return "mattermost", {
        "url": f"{scheme}://{host}/{path}",
        "channel": channels[0],
        "username": data.get("botname"),
    }


def pagerduty(data: Data) -> Mapped:
    return "pagerduty", {
        "routing_key": data.get("integration_key"),
        "region": data.get("region_name"),
        "component": data.get("component"),
        "group": data.get("group"),
        "event_class": data.get("class_id"),
        "details": data.get("custom_details"),
    }


def opsgenie(data: Data) -> Mapped:
    return "opsgenie", {
        "api_key": data.get("apikey"),
        "region": data.get("region_name"),
        "priority": PRIORITIES.get(data.get("priority") or 3),
        "teams": data.get("target_team"),
        "users": data.get("target_user"),
        "schedules": data.get("target_schedule"),
        "escalations": data.get("target_escalation"),
        "tags": data.get("tags"),
        "details": data.get("details"),
    }


def twilio(data: Data) -> Mapped:
    return "twilio", {
        "account_sid": data.get("account_sid"),
        "auth_token": data.get("auth_token"),
        "sender": data.get("from_phone_number"),
        "to": data.get("to_phone_numbers"),
    }


def sendgrid(data: Data) -> Mapped:
    return "sendgrid", {
        "api_key": data.get("api_key"),
        "sender": data.get("sender_email"),
        "to": data.get("to_emails"),
    }


def custom(data: Data) -> Mapped:
    form = data.get("form_data")
    return "request", {
        "url": data.get("url"),
        "method": data.get("method"),
        "title": data.get("name"),
        "params": data.get("params"),
        "json_text": as_json(data.get("json_data")),
        "form": form if isinstance(form, dict) else None,
        "form_text": form if isinstance(form, str) else None,
        "headers": data.get("headers"),
        "cookies": data.get("cookies"),
        "secrets": {name: str(value) for name, value in (data.get("secrets") or {}).items()},
    }


def webhook(data: Data) -> Mapped:
    """A plain webhook block has no body of its own: it gets subject and body."""
    return "request", {
        "url": data.get("url"),
        "method": data.get("method"),
        "json_text": as_json({"subject": "{{subject}}", "body": "{{body}}"}),
        "headers": data.get("headers"),
    }


def as_json(value: object) -> str | None:
    return msgspec.json.encode(value).decode() if value else None


BLOCKS: dict[str, Callable[[Data], Mapped]] = {
    "slack-webhook": slack,
    "slack-incoming-webhook": slack,
    "ms-teams-webhook": teams,
    "discord-webhook": discord,
    "mattermost-webhook": mattermost,
    "pager-duty-webhook": pagerduty,
    "opsgenie-webhook": opsgenie,
    "twilio-sms": twilio,
    "sendgrid-email": sendgrid,
    "custom-webhook": custom,
    "webhook": webhook,
}


def channel_of(slug: str, data: Data) -> Mapped:
    """Kind and settings that stand for a block's data. `NotFound` if nothing can be told through such a block."""
    if slug not in BLOCKS:
        raise NotFound(f"Signalbox cannot send messages through a block of the type {slug}.")
    kind, settings = BLOCKS[slug](data)
    return kind, {name: value for name, value in settings.items() if value is not None}
