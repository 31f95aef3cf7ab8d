"""Websocket doors of events: clients report on `/events/in` and listen on `/events/out`."""

from controlplane.sockets.doors import Visit, socket_door
from controlplane.sockets.pushing import push
from controlplane.sockets.socket import Socket
from events import ingest, streaming
from workspaces.permissions import Permission

# The largest frame that is read; an event larger than the wire allows is dropped, not punished.
MAX_FRAME = 5_242_880


@socket_door("events/in", needs=Permission.WRITE_EVENTS, by_header=True, max_message=MAX_FRAME)
async def receive_events(socket: Socket, visit: Visit) -> None:
    await ingest.receive_events(socket, visit.workspace)


@socket_door("events/out", needs=Permission.SEE_EVENTS, in_account=True)
async def stream_events(socket: Socket, visit: Visit) -> None:
    request = await streaming.read_request(socket)
    await push(socket, streaming.stream_events(socket, visit.workspaces, request))
