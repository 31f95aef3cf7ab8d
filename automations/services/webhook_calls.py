"""Calling a Webhook block: prepared in a transaction, sent outside of any."""

import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

from msgspec import Struct

from automations.services.invocations import ActionFailed, Effect
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate, split_url
from controlplane.egress.opener import pinned_opener
from events.wire.events import Resource

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
SECONDS = 10.0
SHOWN = 1000
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
# What a proxy or the next hop would read, and the receiver's own.
NOT_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"})


class Call(Struct, frozen=True):
    """A request to make."""

    url: str
    method: str
    headers: dict[str, str]
    body: bytes
    related: list[Resource]


def prepare(block: dict[str, Any], payload: str, key: str, related: list[Resource]) -> Call:
    """The request of a Webhook block. The key is constant over retries, so that a receiver can drop a second one."""
    url, method = str(block.get("url") or ""), str(block.get("method") or "POST").upper()
    if method not in METHODS:
        raise ActionFailed(f"The webhook block has a method that is not known: {method[:20]}", related=related)
    given = block.get("headers") or {}
    headers = {
        str(name): str(value)
        for name, value in given.items()
        if str(name).lower() not in NOT_OURS and str(name).isascii() and str(value).isprintable()
    }
    if payload and not any(name.lower() == "content-type" for name in headers):
        is_json = payload.lstrip()[:1] in ("{", "[")
        headers["Content-Type"] = "application/json" if is_json else "text/plain; charset=utf-8"
    headers |= {"User-Agent": "Signalbox", "Webhook-Id": key}
    return Call(url, method, headers, payload.encode(), related)


def call(prepared: Call) -> tuple[Effect, float]:
    """Send it. ActionFailed says what was answered."""
    began = time.monotonic()
    try:
        split_url(prepared.url)
        opener = pinned_opener(Gate(gate().allowed, total_seconds=SECONDS))
        body = None if prepared.method == "GET" or not prepared.body else prepared.body
        request = Request(prepared.url, data=body, headers=prepared.headers, method=prepared.method)
        with opener.open(request) as answer:
            details = details_of(answer.status, answer.read(), answer.headers.items())
    except Forbidden as error:
        raise ActionFailed(error.detail, related=prepared.related) from None
    except Unreachable as error:
        raise ActionFailed(str(error), related=prepared.related, is_transient=True) from None
    except HTTPError as error:
        raise refused(error, prepared) from None
    except (HTTPException, URLError, OSError, ValueError, LookupError) as error:
        raise ActionFailed(
            f"The answer could not be read ({type(error).__name__})", related=prepared.related, is_transient=True
        ) from None
    host = urlsplit(prepared.url).hostname
    effect = Effect(words=f"{host} answered {details['status_code']}", related=prepared.related, details=details)
    return effect, time.monotonic() - began


def refused(error: HTTPError, prepared: Call) -> ActionFailed:
    details = details_of(error.code, error.read(), error.headers.items())
    asked = error.headers.get("Retry-After", "")
    return ActionFailed(
        f"Webhook call failed: {error.code}", details=details, related=prepared.related,
        is_transient=error.code in TRY_AGAIN, retry_after=float(asked) if asked.isdigit() else None,
    )  # fmt: skip


def details_of(status: int, body: bytes, headers: Any) -> dict[str, Any]:
    text = body.decode("utf-8", "replace").replace("\0", "")
    return {
        "status_code": status, "response_body": text[:SHOWN],
        "response_headers": {str(name): str(value)[:SHOWN] for name, value in list(headers)[:50]},
    }  # fmt: skip
