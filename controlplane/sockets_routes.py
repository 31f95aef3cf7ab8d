"""The roof of the websockets: which room answers which route, who may come in, and who records what events tell."""

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID

from django.db import Error as DatabaseError

from controlplane.acting import Acting
from controlplane.api import ROOMS
from controlplane.errors import NotFound, Refused, Unavailable
from controlplane.front import SLASHES, peel
from controlplane.sockets.doors import Found, SocketDoor, Visit, find_door
from controlplane.sockets.handshake import Gate
from controlplane.sockets.serving import serve
from controlplane.sockets.socket import Gone, Receive, Scope, Send, Socket
from controlplane.sockets.threads import in_thread
from events.services import storage
from runs.services import recorder
from workspaces.services import callers, denials

for room in ROOMS:
    if find_spec(f"{room}.sockets") is not None:
        import_module(f"{room}.sockets")

storage.recorders.append(recorder.record)


async def serve_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    socket = Socket(scope, receive, send)
    try:
        account, workspace, route = peel(SLASHES.sub("/", scope["path"].removeprefix("/api")))
    except NotFound:
        await refuse(socket)
        return
    found = find_door(route) if scope["path"].startswith("/api/") else None
    if found is None or (account is not None and workspace is None and not found.door.in_account):
        await refuse(socket)
        return
    address = (scope.get("client") or ("",))[0]
    await serve(socket, found, make_gate(found, account, workspace, address, socket.headers.get("user-agent", "")))


async def refuse(socket: Socket) -> None:
    """There is nothing here: clients of the optional sockets take 404 as "not offered" and go on without."""
    try:
        await socket.connected()
        await socket.refuse(404, "Not Found")
    except Gone:
        return


def make_gate(found: Found, account: UUID | None, workspace: UUID | None, address: str, agent: str) -> Gate:
    enter = partial(admit, door=found.door, account=account, workspace=workspace, address=address, agent=agent)

    async def gate(token: str) -> Visit:
        return await in_thread(enter, token)

    return gate


def admit(
    token: str, *, door: SocketDoor, account: UUID | None, workspace: UUID | None, address: str, agent: str
) -> Visit:
    """401 before 404 before 403, as everywhere; by account alone, the workspaces in it that the caller may see."""
    try:
        caller = callers.identify(token, agent)
    except DatabaseError as error:
        raise Unavailable from error
    if account is not None and workspace is None:
        places = [place for place in caller.places.values() if place.account_id == account]
        if not places:
            raise NotFound("Account not found.")
    else:
        places = [callers.enter(caller, account, workspace)]
    allowed = tuple(place.workspace_id for place in places if door.needs in place.grants)
    if not allowed:
        for place in places:
            who = Acting(caller, place, "api", address, agent[:200])
            denials.note_denied(caller, place, door.needs, door=f"WS /{door.route}", who=who)
        raise Refused(f"Your role in this workspace does not include '{door.needs}'.")
    return Visit(caller, allowed)
