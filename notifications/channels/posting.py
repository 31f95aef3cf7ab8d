"""Posting over HTTP: what every kind that speaks it does alike, and what the usual statuses mean."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import msgspec

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate, split_url
from controlplane.egress.http import Reply, request
from controlplane.wire.structs import BadField
from notifications.channels.contract import DeliveryFailed

BLOCKED = "Your server's outgoing traffic may be blocked."
JSON = {"Content-Type": "application/json"}
DEFAULT_RETRY_AFTER = 30.0
SECONDS = re.compile(r"\d{1,6}(\.\d{1,6})?")

SLOW_DOWN = "It asks to slow down; the message is sent again when it allows it."
BROKEN = "It has a problem of its own; the message is tried again."
REVOKED = "It does not take these credentials, or not any more. Put in new ones."
GONE = "There is nothing at this address any more. Put in a new one."
REDIRECTED = "It leads to another address, which is not followed. Put in the final one."
UNREADABLE = "It could not read the message."


def post(url: str, body: bytes | None, headers: Mapping[str, str], *, seconds: float, method: str = "POST") -> Reply:
    """The receiver's answer. Raises `DeliveryFailed` if there is none."""
    try:
        return request(Gate(gate().allowed, total_seconds=seconds), method, url, body=body, headers=headers)
    except Forbidden as error:
        raise DeliveryFailed(error.detail, permanent="channel") from None
    except Unreachable as error:
        raise DeliveryFailed(f"{error} {BLOCKED}") from None


def post_json(url: str, body: Any, headers: Mapping[str, str], *, seconds: float, method: str = "POST") -> Reply:
    return post(url, msgspec.json.encode(body), {**JSON, **headers}, seconds=seconds, method=method)


def is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def read_object(reply: Reply) -> dict[str, Any]:
    """The answer's JSON object; empty if it is none."""
    try:
        read = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return read if isinstance(read, dict) else {}


def failure(
    who: str,
    reply: Reply,
    *,
    advice: str = "",
    permanent: Literal["", "message", "channel"] | None = None,
    retry_after: float | None = None,
    code: object = None,
) -> DeliveryFailed:
    """What a status stands for; a kind that knows better says so.

    The body is never shown: it may be a page of another, internal server. `code` is a number the receiver gave.
    """
    usual, lasting = meaning(reply.status)
    words = f"{who} answered HTTP {reply.status}" + (f" (code {code})" if isinstance(code, int) else "")
    if reply.status == 429:
        retry_after = retry_after if retry_after is not None else wait_of(reply.headers)
        words += f" (wait {retry_after:.0f} s)"
    elif reply.status == 503 and "retry-after" in reply.headers:
        retry_after = wait_of(reply.headers)
    return DeliveryFailed(
        f"{words}. {advice or usual}",
        permanent=lasting if permanent is None else permanent,
        retry_after=retry_after,
        # A gateway between us may refuse for a moment what the receiver itself would take.
        patience=3 if reply.status == 403 and permanent is None else 1,
    )


def meaning(status: int) -> tuple[str, Literal["", "message", "channel"]]:
    if status == 429:
        return SLOW_DOWN, ""
    if status >= 500 or status in (408, 425):
        return BROKEN, ""
    if status in (401, 403):
        return REVOKED, "channel"
    if status in (404, 410):
        return GONE, "channel"
    if 300 <= status < 400:
        return REDIRECTED, "channel"
    return UNREADABLE, "message"


def wait_of(headers: Mapping[str, str]) -> float:
    """How many seconds the receiver asks for: a number, or the date until which to wait."""
    given = headers.get("retry-after", "").strip()
    if SECONDS.fullmatch(given):
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return DEFAULT_RETRY_AFTER
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def clean_url(field: str, text: str, *, hosts: tuple[str, ...] = (), shape: str = "") -> str:
    """An address without what a paste brings along. `BadField` unless it may be reached, and is https.

    `hosts` are the only ones then, each with all below it. A network that the operator allows may be anything.
    """
    url = text.strip().strip("\"'`<>").strip()
    try:
        scheme, host, port = split_url(url)
        allowed = gate()
        if is_private(allowed, host, port):
            return url
        if hosts and not any(host == known or host.endswith(f".{known}") for known in hosts):
            raise BadField(field, f"{shape or 'That is not the right service'}. {host} is not one of its hosts.")
        if scheme != "https":
            raise BadField(field, "The address must begin with https://")
        check(allowed, host, port)
    except Forbidden as error:
        raise BadField(field, error.detail) from None
    return url


def is_private(allowed: Gate, host: str, port: int) -> bool:
    """Whether it lies in a network that the operator allows."""
    if not allowed.allowed:
        return False
    try:
        return allowed.is_private_host(host, port)
    except Unreachable:
        return False


def check(allowed: Gate, host: str, port: int) -> None:
    """A name that does not resolve just now is looked at again when something is sent."""
    try:
        allowed.check_host(host, port)
    except Unreachable:
        return


def host_of(url: str) -> str:
    return split_url(url)[1]
