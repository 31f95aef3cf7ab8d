"""What comes in on a webhook's address becomes an event, which is stored before the sender hears of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from controlplane.errors import BadRequest, NotFound, Refused, TooLarge, Unauthenticated
from controlplane.ids import uuid7
from controlplane.sandbox.rendering import RenderingFailed, folded, render
from controlplane.sql.transactions import system_transaction, workspace_transaction
from events import queries
from events.rules.sample_requests import read_sample
from events.rules.webhook_requests import BadRequestBody, excerpt, read_body, read_event, shown_headers
from events.services import emission, webhook_slugs
from events.services.emission import Emitted
from events.services.webhooks import resource_of
from events.wire.events import MAX_EVENT
from workspaces.services import callers
from workspaces.services.data_boundary import boundary_of

LARGEST_BODY = 1_000_000
ROLE = {"prefect.resource.role": "webhook"}
NO_SUCH_HOOK = "There is no such webhook."


class Request(Struct, frozen=True):
    """A request, as far as a template may know it."""

    method: str
    headers: Mapping[str, str]
    content: bytes
    token: str | None


def receive(slug: str, request: Request, *, now: datetime) -> dict[str, Any] | None:
    """Store the event of a request. What is returned is answered: the hand-shake of Azure Event Grid.

    NotFound for an unknown or paused address, Unauthenticated or Refused without the service account's key.
    BadRequest if the template makes no event of the request: that leaves an event `prefect-cloud.webhook.failed`.
    """
    with system_transaction():
        hook = queries.find_webhook(slug=slug, hash=webhook_slugs.hash_of(slug))
    if hook is None or not hook.enabled:
        raise NotFound(NO_SUCH_HOOK)
    check_sender(hook, request.token)
    if len(request.content) > LARGEST_BODY:
        raise TooLarge(f"A webhook takes at most {LARGEST_BODY} bytes.")
    headers = shown_headers(request.headers)
    body = read_body(request.content, headers.get("content-type", ""))
    if headers.get("aeg-event-type") == "SubscriptionValidation" and (code := validation_code(body)) is not None:
        return {"validationResponse": code}
    shown = excerpt(request.method, headers, body)
    try:
        told = make_event(hook, request.method, headers, body, shown, now)
    except (RenderingFailed, BadRequestBody) as error:
        record(hook, [about(hook, "failed", now, {"reason": str(error)[:2000], "request": shown})], now)
        raise BadRequest(str(error)) from None
    record(hook, [told, about(hook, "received", now, {"request": shown}, follows=told.id)], now)
    return None


def check_sender(hook: queries.Hook, token: str | None) -> None:
    """A protected webhook wants a key of its service account."""
    if hook.service_account_id is None:
        return
    if token is None:
        raise Unauthenticated
    caller = callers.identify(token)
    if caller.actor_type != "SERVICE_ACCOUNT" or caller.actor_id != hook.service_account_id:
        raise Refused("This webhook takes requests of its own service account only.")


def validation_code(body: Any) -> str | None:
    first = body[0] if isinstance(body, list) and body else None
    data = first.get("data") if isinstance(first, dict) else None
    code = data.get("validationCode") if isinstance(data, dict) else None
    return code if isinstance(code, str) else None


def make_event(
    hook: queries.Hook, method: str, headers: dict[str, str], body: Any, shown: dict[str, Any], now: datetime
) -> Emitted:
    rendered = render(hook.template, {"method": method, "headers": folded(headers), "body": body})
    webhook = {**resource_of(hook.id, hook.name), **ROLE}
    event = read_event(rendered, id=uuid7(), now=now, webhook=webhook, request=shown)
    if len(msgspec.json.encode(event)) > MAX_EVENT:
        raise BadRequestBody("The event is too large")
    return Emitted(**{name: getattr(event, name) for name in event.__struct_fields__})


def preview(template: str, sample: str, *, name: str, id: UUID | None, now: datetime) -> Emitted:
    """The event that a pasted request would make; nothing is stored. BadRequest for none."""
    request = read_sample(sample)
    headers = shown_headers(request.headers)
    body = read_body(request.content, headers.get("content-type", ""))
    hook = queries.Hook(
        id=id or uuid7(), workspace_id=uuid7(), name=name, enabled=True, template=template, service_account_id=None
    )
    try:
        return make_event(hook, request.method, headers, body, excerpt(request.method, headers, body), now)
    except (RenderingFailed, BadRequestBody) as error:
        raise BadRequest(str(error)) from None


def about(
    hook: queries.Hook, what: str, now: datetime, payload: dict[str, Any], follows: UUID | None = None
) -> Emitted:
    return Emitted(
        event=f"prefect-cloud.webhook.{what}", resource=resource_of(hook.id, hook.name), occurred=now,
        payload=payload, follows=follows,
    )  # fmt: skip


def record(hook: queries.Hook, events: list[Emitted], now: datetime) -> None:
    with workspace_transaction(hook.workspace_id):
        if boundary_of(hook.workspace_id).event_payloads == "drop":
            events = [structs.replace(event, payload={}) for event in events]
        emission.insert(hook.workspace_id, events, now=now)
