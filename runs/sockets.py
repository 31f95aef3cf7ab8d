"""Websocket doors of runs: log lines on `/logs/out`, background task runs for those who run them."""

from controlplane.sockets.doors import Visit, socket_door
from controlplane.sockets.pushing import push
from controlplane.sockets.socket import Socket
from runs import log_stream, task_subscriptions
from workspaces.permissions import Permission


@socket_door("logs/out", needs=Permission.SEE_FLOWS)
async def stream_logs(socket: Socket, visit: Visit) -> None:
    asked = await log_stream.read_request(socket)
    await push(socket, log_stream.stream_logs(socket, visit.workspace, asked))


@socket_door("task_runs/subscriptions/scheduled", needs=Permission.RUN_FLOWS)
async def offer_task_runs(socket: Socket, visit: Visit) -> None:
    asked = await task_subscriptions.read_subscription(socket)
    await task_subscriptions.Offering(socket, visit.workspace, asked).run()
