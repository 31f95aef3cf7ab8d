"""Doors: a function, the route and method it answers, and the permission it needs.

    @post("flow_runs/<uuid:id>/set_state", needs=Permission.RUN_WRITE)
    def set_flow_run_state(call: Call, id: UUID, body: wire.SetState) -> Reply[wire.OrchestrationResult]: ...

`body` is decoded into the Struct that it is annotated with, `query` likewise from the query string. Routes are
written without tenant and without a trailing slash; both spellings are answered.
"""

import inspect
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

Body = TypeVar("Body")

OPEN = "open"
"""Needs no key."""
SIGNED_IN = "signed-in"
"""Needs a key, but no workspace."""


class Call:
    """What a door knows of its request. The clock is read once, at the beginning."""

    __slots__ = ("caller", "client_version", "grants", "headers", "now", "place", "root_url", "workspace")

    def __init__(
        self, *, workspace: UUID, place: Any, caller: Any, grants: frozenset[str], now: datetime,
        headers: Any, client_version: str | None, root_url: str,
    ) -> None:  # fmt: skip
        self.workspace = workspace
        self.place = place
        self.caller = caller
        self.grants = grants
        self.now = now
        self.headers = headers
        self.client_version = client_version
        self.root_url = root_url


class Reply(Generic[Body]):
    """An answer whose status, headers or content type are not the door's usual ones."""

    __slots__ = ("body", "content_type", "headers", "status")

    def __init__(
        self, body: Body, status: int | None = None, *, content_type: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.body = body
        self.status = status
        self.content_type = content_type
        self.headers = headers


class Door:
    """One operation."""

    def __init__(
        self,
        method: str,
        route: str,
        function: Callable[..., Any],
        *,
        needs: str,
        status: int,
        transaction: bool,
        keep_nul: bool,
    ) -> None:
        self.method = method
        self.route = route
        self.function = function
        self.needs = needs
        self.status = status
        self.transaction = transaction and needs not in (OPEN, SIGNED_IN)
        self.keep_nul = keep_nul
        hints = get_type_hints(function)
        self.returns = hints.get("return")
        self.body_type = hints.get("body")
        self.body_optional = "body" in inspect.signature(function).parameters and (
            inspect.signature(function).parameters["body"].default is not inspect.Parameter.empty
        )
        self.decoder = msgspec.json.Decoder(self.body_type) if self.body_type is not None else None
        entry = get_args(self.body_type)[0] if is_list(self.body_type) else self.body_type
        self.confidential: frozenset[str] = getattr(entry, "confidential", frozenset())
        self.raw = "raw" in hints
        self.query_type = hints.get("query")

    @property
    def name(self) -> str:
        return f"{self.function.__module__}.{self.function.__name__}"


REGISTRY: list[Door] = []


def door(
    method: str, route: str, *, needs: str, status: int, transaction: bool, keep_nul: bool
) -> Callable[[Any], Any]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        REGISTRY.append(
            Door(method, route, function, needs=needs, status=status, transaction=transaction, keep_nul=keep_nul)
        )
        return function

    return register


def get(route: str, *, needs: str, status: int = 200, transaction: bool = True) -> Callable[[Any], Any]:
    return door("GET", route, needs=needs, status=status, transaction=transaction, keep_nul=False)


def post(
    route: str, *, needs: str, status: int = 200, transaction: bool = True, strip_nul: bool = False
) -> Callable[[Any], Any]:
    """`strip_nul`: NUL characters are removed from the body instead of refused (log lines)."""
    return door("POST", route, needs=needs, status=status, transaction=transaction, keep_nul=strip_nul)


def put(route: str, *, needs: str, status: int = 200, transaction: bool = True) -> Callable[[Any], Any]:
    return door("PUT", route, needs=needs, status=status, transaction=transaction, keep_nul=False)


def patch(route: str, *, needs: str, status: int = 204, transaction: bool = True) -> Callable[[Any], Any]:
    return door("PATCH", route, needs=needs, status=status, transaction=transaction, keep_nul=False)


def delete(route: str, *, needs: str, status: int = 204, transaction: bool = True) -> Callable[[Any], Any]:
    return door("DELETE", route, needs=needs, status=status, transaction=transaction, keep_nul=False)


def is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list and bool(get_args(annotation))
