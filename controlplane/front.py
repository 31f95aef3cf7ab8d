"""The API's front: who is calling, which workspace, and only then which door.

401 before 404 before 403: an unknown key is refused on every path, a workspace that the caller is not in does
not exist, and a missing permission is the door's own refusal.
"""

import base64
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.urls import Resolver404, get_resolver

from controlplane.acting import of_request
from controlplane.errors import BadRequest, NotFound, Problem, Unauthenticated
from controlplane.wire.clients import version_of
from controlplane.wire.endpoint import translate
from workspaces.services import callers, denials, refusals

TENANT = re.compile(r"/accounts/([0-9a-fA-F-]{36})(?:/workspaces/([0-9a-fA-F-]{36}))?(?=/|$)")
SLASHES = re.compile(r"//+")
API_VERSION = re.compile(r"^(\d+)\.(\d+)\.(\d+)$")
OLDEST_API_VERSION = (0, 8, 0)
# What needs no key: an exact list of routes, compared whole.
OPEN_ROUTES = frozenset({"/health", "/ready", "/hello", "/version", "/csrf-token", "/openapi.json"})


class ApiHandler:
    """Answers requests below /api."""

    def __init__(self) -> None:
        self.resolver = get_resolver(settings.API_URLCONF)

    def __call__(self, request: WSGIRequest, content: bytes) -> HttpResponse:
        try:
            route = enter(request, content)
            match = self.resolver.resolve(route)
        except Resolver404:
            return translate(NotFound("Not Found"))
        except Problem as problem:
            return translate(problem)
        except Exception as error:
            return translate(error)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        if response.status_code == HTTPStatus.FORBIDDEN:
            tell_of_refusal(request, route, match.route)
        return response


def enter(request: Any, content: bytes) -> str:
    """Put caller, place, body and client version on the request; the rest of the path is the route."""
    path = SLASHES.sub("/", request.path_info.removeprefix("/api"))
    account, workspace, route = peel(path)
    request.content = content
    # The address that the caller used, for links back to us; no host is trusted here, since only a key authenticates.
    host = request.META.get("HTTP_HOST") or f"{request.META['SERVER_NAME']}:{request.META['SERVER_PORT']}"
    request.root_url = f"{request.scheme}://{host}/api{path[: len(path) - len(route)] if account else ''}"
    route = route.rstrip("/") or "/"
    request.client_version = version_of(request.META.get("HTTP_USER_AGENT", ""))
    request.caller = request.place = None
    if route in OPEN_ROUTES and "HTTP_AUTHORIZATION" not in request.META:
        return route
    token = bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))
    try:
        request.caller = callers.identify(token, request.META.get("HTTP_USER_AGENT", ""))
    except callers.KeyRefused:
        remember_refusal(request, token, workspace, route, "workspace")
        raise
    check_api_version(request.META.get("HTTP_X_PREFECT_API_VERSION"))
    if workspace is not None:
        try:
            request.place = callers.enter(request.caller, account, workspace)
        except NotFound:
            remember_refusal(request, token, workspace, route, "workspace")
            raise
    elif account is not None:
        if not any(place.account_id == account for place in request.caller.places.values()):
            raise NotFound("Account not found.")
        return "/accounts/current" + route.rstrip("/")
    elif request.caller.home is not None:
        request.place = callers.enter(request.caller, None, None)
    return route


def tell_of_refusal(request: Any, route: str, pattern: str) -> None:
    """A worker's is for those who wonder why it does not work; another's is for the audit trail."""
    if refusals.pool_of(route):
        remember_missing_role(request, route)
    elif needs := getattr(request, "denied", None):
        door = f"{request.method} /{pattern}"
        denials.note_denied(request.caller, request.place, needs, door=door, who=of_request(request, "api"))


def remember_missing_role(request: Any, route: str) -> None:
    token = bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))
    remember_refusal(request, token, request.place.workspace_id, route, "role")


def remember_refusal(
    request: Any, token: str, workspace: UUID | None, route: str, otherwise: Literal["workspace", "role"]
) -> None:
    """So that those who wonder why a worker does not work see it in the workspace that it asked for."""
    meta = request.META
    refusals.remember(
        token, workspace, route, otherwise=otherwise, address=meta.get("REMOTE_ADDR", ""),
        client=meta.get("HTTP_USER_AGENT", ""), now=datetime.now(UTC),
    )  # fmt: skip


def peel(path: str) -> tuple[UUID | None, UUID | None, str]:
    """`/accounts/A/workspaces/W/rest` -> (A, W, `/rest`): routes are written without tenant."""
    match = TENANT.match(path)
    if match is None:
        return None, None, path
    try:
        account = UUID(match[1])
        workspace = UUID(match[2]) if match[2] else None
    except ValueError as error:
        raise NotFound("Not Found") from error
    return account, workspace, path[match.end() :]


def bearer_token(header: str) -> str:
    """The key of an Authorization header. Clients write the scheme in either case; some send it as a Basic password."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().rpartition(":")[2]
        except ValueError as error:
            raise Unauthenticated from error
    raise Unauthenticated


def check_api_version(header: str | None) -> None:
    """Absent on some of the clients' calls, so never required."""
    if header is None:
        return
    match = API_VERSION.match(header)
    if match is None:
        raise BadRequest(
            "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received " + header[:64]
        )
    if tuple(int(part) for part in match.groups()) < OLDEST_API_VERSION:
        raise BadRequest(
            f"The request specified API version {header} but this server requires version 0.8.0 or higher."
        )
