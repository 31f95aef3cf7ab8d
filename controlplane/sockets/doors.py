"""Websocket doors: a coroutine, the route it answers and the permission it needs.

    @socket_door("events/out", needs=Permission.SEE_EVENTS, in_account=True)
    async def stream_events(socket: Socket, visit: Visit) -> None: ...

Routes are written without tenant, like those of REST.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from controlplane.sockets.socket import MIB, Socket

PARAMETER = re.compile(r"<(\w+)>")


class Visit(Struct, frozen=True):
    """Who has come in, and where: the workspaces that the caller may see through this door (one, unless by account)."""

    caller: Any
    workspaces: tuple[UUID, ...]

    @property
    def workspace(self) -> UUID:
        return self.workspaces[0]


Handler = Callable[..., Awaitable[None]]


class SocketDoor(Struct, frozen=True):
    route: str
    pattern: re.Pattern[str]
    function: Handler
    needs: str
    by_header: bool
    in_account: bool
    max_message: int
    names_refusals: bool


class Found(NamedTuple):
    door: SocketDoor
    arguments: dict[str, str]


REGISTRY: list[SocketDoor] = []


def socket_door(
    route: str,
    *,
    needs: str,
    by_header: bool = False,
    in_account: bool = False,
    max_message: int = MIB,
    names_refusals: bool = False,
) -> Callable[[Handler], Handler]:
    """`by_header`: a client without subprotocol may show its key in the Authorization header of the upgrade.
    `names_refusals`: a refusal is closed with a fixed name, and an upgrade without subprotocol is a 403.
    `in_account`: also answered below `/accounts/A` alone, for all workspaces there that the caller may see.
    """
    pattern = re.compile("".join(rf"(?P<{part}>[^/]+)" if odd else re.escape(part) for odd, part in pieces(route)))

    def register(function: Handler) -> Handler:
        if any(door.route == route for door in REGISTRY):
            raise RuntimeError(f"the websocket route {route} has two doors")
        REGISTRY.append(SocketDoor(route, pattern, function, needs, by_header, in_account, max_message, names_refusals))
        return function

    return register


def pieces(route: str) -> list[tuple[bool, str]]:
    return [(bool(index % 2), part) for index, part in enumerate(PARAMETER.split(route))]


def find_door(route: str) -> Found | None:
    """The door of a route, which an ASGI server has unquoted already."""
    for door in REGISTRY:
        if match := door.pattern.fullmatch(route.strip("/")):
            return Found(door, match.groupdict())
    return None


__all__ = ["REGISTRY", "Found", "Handler", "Socket", "SocketDoor", "Visit", "find_door", "socket_door"]
