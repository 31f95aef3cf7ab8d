"""One websocket over ASGI: text frames, time limits, and closes that say a code and a reason.

Clients decide by the close code whether to come back: 1008 ends them, 1011, 1012 and 1013 are tried again.
The ASGI server answers pings while `receive` is awaited, and only then: a handler keeps one pending.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MIB = 1_048_576
SEND_SECONDS = 10.0
# The protocol allows 123 bytes.
LONGEST_REASON = 123

PROTOCOL_ERROR = 1002
NOT_TEXT = 1003
POLICY = 1008
TOO_BIG = 1009
OUR_FAULT = 1011
RESTART = 1012
TRY_LATER = 1013


class Gone(Exception):
    """The other side has closed, or the connection broke."""


class HangUp(Exception):
    """Close with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Socket:
    """A websocket as a handler sees it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.subprotocols: list[str] = list(scope.get("subprotocols") or ())
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.max_message = MIB
        self.accepted = False
        self.closed = False
        self._receive = receive
        self._send = send
        self._hung: asyncio.Future[HangUp] = asyncio.get_running_loop().create_future()

    async def connected(self) -> None:
        """Take the connect message that comes before everything."""
        message = await self._receive()
        if message["type"] != "websocket.connect":
            raise Gone

    async def accept(self, subprotocol: str | None = None) -> None:
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
        self.accepted = True

    async def refuse(self, status: int, detail: str) -> None:
        """Answer the upgrade with an HTTP status instead of a websocket."""
        body = json.dumps({"detail": detail}).encode()
        headers = [(b"content-type", b"application/json")]
        self.closed = True
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    async def receive(self) -> str:
        """The next text frame. Raises Gone when there is none, HangUp when it is too big or not text."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self.closed = True
            raise Gone
        text = message.get("text")
        if text is None:
            raise HangUp(NOT_TEXT, "Only text frames are understood")
        # A character has at most four bytes: only long frames are counted exactly.
        if len(text) * 4 > self.max_message and len(text.encode("utf-8", "surrogatepass")) > self.max_message:
            raise HangUp(TOO_BIG, f"A message is larger than {self.max_message} bytes")
        return str(text)

    async def send(self, text: str) -> None:
        """Send a text frame. Raises HangUp when the other side does not read for `SEND_SECONDS`."""
        if self.closed:
            raise Gone
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.send", "text": text})
        except TimeoutError as error:
            raise HangUp(TRY_LATER, "The connection does not take what is sent to it") from error
        except (RuntimeError, OSError) as error:
            # What ASGI servers raise when the connection is gone.
            self.closed = True
            raise Gone from error

    def hang_up(self, code: int, reason: str) -> None:
        """End the socket from outside its handler: at the next step of the loop."""
        if not self._hung.done():
            self._hung.set_result(HangUp(code, reason))

    async def hung_up(self) -> HangUp:
        return await asyncio.shield(self._hung)

    async def close(self, code: int, reason: str) -> None:
        if self.closed:
            return
        self.closed = True
        short = reason.encode()[:LONGEST_REASON].decode("utf-8", "ignore")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._send({"type": "websocket.close", "code": code, "reason": short})
        except (TimeoutError, RuntimeError, OSError):
            return
