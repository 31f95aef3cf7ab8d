"""What goes out on `/logs/out`: lines that fit, as they are stored. Clients read the past over HTTP first.

A line's id begins with the moment at which it was stored, so the stream goes on from the last id, and looks back
`OVERLAP` for lines of other transactions that were begun earlier and committed later.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from controlplane.filters import compile_filter, find_entity
from controlplane.sockets.socket import PROTOCOL_ERROR, HangUp, Socket
from controlplane.sockets.threads import in_thread
from controlplane.sql.transactions import workspace_transaction
from controlplane.streams.listening import ear
from controlplane.streams.tail import DEAF_SECONDS, PACE_SECONDS, QUIET_SECONDS
from runs import filters, queries
from runs.wire.logs import Log

REQUEST_SECONDS = 30.0
OVERLAP = timedelta(seconds=2)
# Lines are partitioned by the moment that they tell of; one that is later than this to arrive is not shown live.
REACH = timedelta(hours=1)
PAGE = 1_000

encoder = msgspec.json.Encoder()


class Request(Struct):
    """The message after the handshake. Other members are ignored."""

    type: str = ""
    filter: Any = None


async def read_request(socket: Socket) -> Any:
    """The decoded filter. HangUp with 1002 if the client asks for something else."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            request = msgspec.json.decode(await socket.receive(), type=Request)
    except (TimeoutError, msgspec.MsgspecError, ValueError) as error:
        raise HangUp(PROTOCOL_ERROR, "Expected 'filter' message") from error
    if request.type != "filter":
        raise HangUp(PROTOCOL_ERROR, "Expected 'filter' message")
    try:
        return msgspec.convert(request.filter, find_entity("logs").struct)
    except (msgspec.ValidationError, ValueError) as error:
        raise HangUp(PROTOCOL_ERROR, f"Invalid filter: {error}") from error


async def stream_logs(socket: Socket, workspace: UUID, asked: Any) -> None:
    rung = asyncio.Event()

    def hear(kinds: frozenset[str]) -> None:
        if "log" in kinds:
            rung.set()

    start = lowest_id(datetime.now(UTC))
    newest = start
    sent: set[UUID] = set()
    with ear().subscribe(workspace, hear):
        while True:
            rung.clear()
            floor = max(start, lowest_id(moment_of(newest) - OVERLAP))
            while True:
                lines = await in_thread(read_lines, workspace, asked, floor)
                for line in lines:
                    if line.id not in sent:
                        await socket.send('{"type":"log","log":' + encoder.encode(line).decode() + "}")
                sent |= {line.id for line in lines}
                if len(lines) < PAGE:
                    break
                floor = lines[-1].id
            newest = max((newest, *(line.id for line in lines)))
            oldest = lowest_id(moment_of(newest) - OVERLAP)
            sent = {id for id in sent if id >= oldest}
            await wait_for(rung)


async def wait_for(rung: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(QUIET_SECONDS if ear().hears else DEAF_SECONDS):
            await rung.wait()
    except TimeoutError:
        return
    await asyncio.sleep(PACE_SECONDS)


def read_lines(workspace: UUID, asked: Any, floor: UUID) -> list[Log]:
    """The next page of lines that fit, in the order in which they were stored."""
    where = compile_filter("logs", filters.LogsFilter(logs=asked))  # type: ignore[call-arg]
    text = f'{where.text} AND log.id >= %(floor)s::uuid AND log."timestamp" >= %(reach)s::timestamptz'
    reach = moment_of(floor) - REACH
    with workspace_transaction(workspace):
        return queries.read_logs(
            extra={"where": text, "order": "log.id"},
            workspace=workspace, limit=PAGE, offset=0, floor=floor, reach=reach, **where.params,
        )  # fmt: skip


def lowest_id(moment: datetime) -> UUID:
    """The lowest UUIDv7 of a millisecond."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def moment_of(id: UUID) -> datetime:
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)
