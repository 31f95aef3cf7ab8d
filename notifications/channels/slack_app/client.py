"""Slack's Web API: slack-sdk speaks, over connections of our gate, and says what went wrong in our words."""

import logging
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.request import Request

from django.conf import settings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate
from controlplane.egress.opener import pinned_opener
from notifications.channels.contract import DeliveryFailed
from notifications.channels.slack.webhook import BLOCKED
from notifications.channels.slack_app.answers import failure

# The SDK would log addresses and tokens below this; what fails is kept where it failed.
quiet = logging.getLogger("notifications.slack_app")
quiet.setLevel(logging.CRITICAL)


class PinnedWebClient(WebClient):
    """slack-sdk's client without its own ideas about the network: no retries inside a call, no proxy, no redirects."""

    def __init__(self, token: str | None, through: Gate) -> None:
        super().__init__(token, base_url=f"{settings.SLACK_URL}/api/", logger=quiet, retry_handlers=[])
        self.proxy = None
        self.opener = pinned_opener(through)

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with self.opener.open(req) as answer:
            body = answer.read().decode("utf-8", "replace")
            return {"status": answer.status, "headers": answer.headers, "body": body}


def call(
    token: str | None,
    method: str,
    body: Mapping[str, Any] | None = None,
    *,
    form: Mapping[str, Any] | None = None,
    seconds: float,
    key: str = "",
) -> dict[str, Any]:
    """Slack's answer to a method. `DeliveryFailed` for anything but `ok`, with `words` of Slack's.

    `body` goes as JSON; methods that only read want a `form`.
    """
    client = PinnedWebClient(token, Gate(gate().allowed, total_seconds=seconds))
    headers = {"Webhook-Id": key} if key else {}
    try:
        answer = client.api_call(
            method, json=dict(body) if body else None, params=dict(form) if form else None, headers=headers
        )
    except SlackApiError as error:
        raise failure(error.response.status_code, error.response.data, error.response.headers) from None
    except Forbidden as error:
        raise DeliveryFailed(error.detail, permanent="channel") from None
    except Unreachable as error:
        raise DeliveryFailed(f"{error} {BLOCKED}") from None
    except (SlackClientError, HTTPException, URLError, OSError, ValueError, LookupError) as error:
        raise DeliveryFailed(f"The answer could not be read ({type(error).__name__}). {BLOCKED}") from None
    data = answer.data
    return data if isinstance(data, dict) else {}
