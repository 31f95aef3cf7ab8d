"""The handshake: a key in the first message (subprotocol `prefect`) or in the header of the upgrade.

A wrong key in a header is 401 or 403 on the upgrade, which clients take as final; a database that is away is not
the client's fault, so the upgrade is accepted and closed with 1013, which clients try again.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from controlplane.errors import NotFound, Problem, Refused, Unauthenticated, Unavailable
from controlplane.sockets.doors import SocketDoor, Visit
from controlplane.sockets.socket import OUR_FAULT, POLICY, PROTOCOL_ERROR, TRY_LATER, HangUp, Socket

SUBPROTOCOL = "prefect"
AUTH_SECONDS = 10.0
SUCCESS = '{"type":"auth_success"}'

Gate = Callable[[str], Awaitable[Visit]]
"""Admits a token, or raises Unauthenticated, NotFound, Refused or Unavailable."""


class Hello(msgspec.Struct):
    """The first message. Other members are ignored."""

    type: str = ""
    token: str | None = None


class Turned(Exception):
    """The upgrade was refused; there is no socket to close."""


async def shake_hands(socket: Socket, door: SocketDoor, gate: Gate) -> tuple[str, Visit]:
    """The token and whom it admits; the socket is accepted. Raises Turned, HangUp or Gone."""
    if SUBPROTOCOL in socket.subprotocols:
        await socket.accept(SUBPROTOCOL)
        token, visit = await read_and_admit(socket, door, gate)
        await socket.send(SUCCESS)
        return token, visit
    if door.names_refusals:
        await socket.refuse(403, "This endpoint needs the subprotocol 'prefect'")
        raise Turned
    if not door.by_header:
        await socket.accept()
        raise HangUp(PROTOCOL_ERROR, "This endpoint needs the subprotocol 'prefect'")
    token = header_token(socket.headers.get("authorization", ""))
    try:
        visit = await gate(token)
    except Unauthenticated as problem:
        await socket.refuse(401, problem.detail)
        raise Turned from problem
    except (NotFound, Refused) as problem:
        await socket.refuse(problem.status, problem.detail)
        raise Turned from problem
    except Unavailable as problem:
        await socket.accept()
        raise HangUp(TRY_LATER, "Try again later") from problem
    await socket.accept()
    return token, visit


async def read_and_admit(socket: Socket, door: SocketDoor, gate: Gate) -> tuple[str, Visit]:
    try:
        token = await read_token(socket)
    except HangUp as end:
        raise HangUp(end.code, "authentication_failed" if door.names_refusals else end.reason) from end
    if not door.names_refusals:
        return token, await admit(gate, token)
    try:
        return token, await gate(token)
    except Unauthenticated as problem:
        raise HangUp(POLICY, "authentication_failed") from problem
    except Unavailable as problem:
        raise HangUp(OUR_FAULT, "transient_server_error") from problem
    except Problem as problem:
        raise HangUp(POLICY, "authorization_failed") from problem


async def read_token(socket: Socket) -> str:
    try:
        async with asyncio.timeout(AUTH_SECONDS):
            first = await socket.receive()
        hello = msgspec.json.decode(first, type=Hello)
    except (TimeoutError, msgspec.MsgspecError, ValueError) as error:
        raise HangUp(POLICY, "Expected 'auth' message") from error
    if hello.type != "auth":
        raise HangUp(POLICY, "Expected 'auth' message")
    if not hello.token:
        raise HangUp(POLICY, "Auth required but no token provided")
    return hello.token


async def admit(gate: Gate, token: str) -> Visit:
    try:
        return await gate(token)
    except Unauthenticated as problem:
        raise HangUp(POLICY, "Invalid token") from problem
    except Unavailable as problem:
        raise HangUp(TRY_LATER, "Try again later") from problem
    except Problem as problem:
        raise HangUp(POLICY, problem.detail) from problem


def header_token(header: str) -> str:
    """The key of `Authorization: bearer KEY`; clients write the scheme in either case."""
    scheme, _, value = header.partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""
