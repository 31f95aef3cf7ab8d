"""From a request to what a webhook's template is given, and from the rendered text to an event. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from jinja2 import TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from events.wire.events import Event, Resource

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
SECRET_NAME = re.compile(r"token|secret|passw|api-?key|signature|credential|auth|session", re.IGNORECASE)
MASKED = "********"
LONGEST_SHOWN = 10_000
MOST_FIELDS = 1000

environment = ImmutableSandboxedEnvironment(autoescape=False)


class BadRequestBody(ValueError):
    """The rendered text is no event; the words are for the webhook's owner."""


def find_fault(template: str) -> str | None:
    """What is wrong with the syntax of a template."""
    try:
        environment.parse(template)
    except TemplateSyntaxError as error:
        return f"{error.message} (line {error.lineno})"
    except RecursionError:
        return "it is nested too deeply"
    return None


def read_body(content: bytes, content_type: str) -> Any:
    """JSON, the fields of a form, or text: by what the request says it is, and else by what it looks like."""
    text = content.decode("utf-8", "replace").replace("\0", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    if kind.endswith("json") or text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Without what authenticates the sender."""
    return {name.lower(): value for name, value in headers.items() if name.lower() not in SECRET_HEADERS}


def read_event(rendered: str, *, id: UUID, now: datetime, webhook: Resource, request: dict[str, Any]) -> Event:
    """The event that a template rendered. Without a payload it gets the request, so that one can see what came."""
    try:
        value = json.loads(rendered)
    except (ValueError, RecursionError) as error:
        raise BadRequestBody(f"The template did not render JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRequestBody("The template did not render a JSON object")
    related, payload = value.get("related") or [], value.get("payload")
    if not isinstance(related, list):
        raise BadRequestBody("'related' is no list")
    made = {
        "id": str(id), "occurred": now.isoformat(), "event": value.get("event"), "resource": value.get("resource"),
        "related": [*related, webhook], "payload": {"request": request} if payload is None else payload,
    }  # fmt: skip
    try:
        return msgspec.convert(texts_only(made), Event)
    except ValueError as error:
        raise BadRequestBody(f"The template did not render an event: {error}") from None


def texts_only(made: dict[str, Any]) -> dict[str, Any]:
    """Labels are text: numbers and truth values that a template renders without quotes become it."""
    for resource in (made["resource"], *made["related"]):
        if isinstance(resource, dict):
            for label, value in resource.items():
                if isinstance(value, bool | int | float):
                    resource[label] = json.dumps(value)
    return made


def excerpt(method: str, headers: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A request as it is shown in an event: without what a sender may prove itself by."""
    shown = body
    if len(text := body if isinstance(body, str) else json.dumps(body)) > LONGEST_SHOWN:
        shown = text[:LONGEST_SHOWN]
    kept = {name: MASKED if SECRET_NAME.search(name) else value for name, value in headers.items()}
    return {"method": method, "headers": kept, "body": shown}
