"""Posting to an incoming webhook: slack-sdk speaks, over connections of our gate."""

import logging
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request

from slack_sdk.webhook import WebhookClient, WebhookResponse

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate
from controlplane.egress.opener import pinned_opener
from notifications.channels.contract import Answer, DeliveryFailed
from notifications.channels.slack.answers import failure, is_delivered, is_layout_refused
from notifications.channels.slack.message import body_of, plain_body_of
from notifications.wire import Message

BLOCKED = "Your server's outgoing traffic may be blocked."
# The SDK logs the address, which is the secret, unless its logger is above DEBUG; what fails is kept with the delivery.
quiet = logging.getLogger("notifications.slack")
quiet.setLevel(logging.CRITICAL)


class PinnedWebhookClient(WebhookClient):
    """slack-sdk's client without its own ideas about the network: no retries inside a call, no proxy, no redirects."""

    def __init__(self, url: str, through: Gate) -> None:
        super().__init__(url, logger=quiet, retry_handlers=[])
        self.proxy = None
        self.opener = pinned_opener(through)

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        with self.opener.open(req) as answer:
            body = answer.read().decode("utf-8", "replace")
            return WebhookResponse(url=url, status_code=answer.status, body=body, headers=dict(answer.headers.items()))


def deliver(url: str, message: Message, key: str, *, seconds: float) -> Answer:
    """Post the message; once more as plain text if Slack does not take its layout.

    Slack ignores `Webhook-Id`; a proxy in front of it can tell a second delivery of one message by it.
    """
    client = PinnedWebhookClient(url, Gate(gate().allowed, total_seconds=seconds))
    headers = {"Webhook-Id": key}
    answer = post(client, body_of(message), headers)
    if is_layout_refused(answer.status_code, answer.body):
        refused = answer.body.strip()
        answer = post(client, plain_body_of(message), headers)
        if is_delivered(answer.status_code, answer.body):
            return Answer(f"200 ok, as plain text: Slack refused the layout ({refused})")
    if not is_delivered(answer.status_code, answer.body):
        raise failure(answer.status_code, answer.body, answer.headers)
    return Answer("200 ok")


def post(client: PinnedWebhookClient, body: dict[str, Any], headers: dict[str, str]) -> WebhookResponse:
    try:
        return client.send_dict(body, headers=headers)
    except Forbidden as error:
        raise DeliveryFailed(error.detail, permanent="channel") from None
    except Unreachable as error:
        raise DeliveryFailed(f"{error} {BLOCKED}") from None
    except HTTPError as error:
        raise failure(error.code, "", dict(error.headers.items())) from None
    except (HTTPException, URLError, OSError, ValueError, LookupError) as error:
        # LookupError and ValueError: an answer in a charset that there is none of, or not of its own charset.
        raise DeliveryFailed(f"The answer could not be read ({type(error).__name__}). {BLOCKED}") from None
