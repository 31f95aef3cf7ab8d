"""Websocket doors of deployments: the channel of a worker."""

from controlplane.sockets.doors import Visit, socket_door
from controlplane.sockets.socket import Socket
from controlplane.wire.clients import version_of
from deployments.worker_channel import Channel, read_hello
from workspaces.permissions import Permission


@socket_door("work_pools/<name>/workers/connect", needs=Permission.WRITE_WORKERS, names_refusals=True)
async def connect_worker(socket: Socket, visit: Visit, name: str) -> None:
    hello = await read_hello(socket)
    places = [place for place in visit.caller.places.values() if place.workspace_id == visit.workspace]
    may_create = any(Permission.WRITE_WORK_POOLS in place.grants for place in places)
    channel = Channel(socket, visit.workspace, name, hello, version_of(socket.headers.get("user-agent", "")))
    await channel.run(may_create=may_create)
