"""From ASGI to Django: one request, one thread, one connection to PostgreSQL.

The event loop reads the body (counting, since a `Content-Length` can lie), a pool thread runs the handler. More
waiting requests than `QUEUE` are refused with 503, which clients retry.
"""

import asyncio
import io
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished
from django.http import HttpResponseBase

from controlplane.front import ApiHandler
from controlplane.wire.front_door import MAX_BODY

THREADS = 8
QUEUE = 512

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

TOO_LARGE = b'{"detail":"The request body is larger than 5242880 bytes."}'
BUSY = b'{"exception_message":"Service Unavailable"}'
JSON = (b"content-type", b"application/json")


class Bridge:
    """Runs Django's handlers for an ASGI server."""

    def __init__(self) -> None:
        self.pages = WSGIHandler()
        self.api = ApiHandler()
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read(receive)
        if body is None:
            await reply(send, 413, [JSON], TOO_LARGE)
            return
        if self.waiting >= QUEUE:
            await reply(send, 503, [JSON, (b"retry-after", b"1")], BUSY)
            return
        self.waiting += 1
        try:
            loop = asyncio.get_running_loop()
            status, headers, content = await loop.run_in_executor(self.pool, self.run, scope, body)
        finally:
            self.waiting -= 1
        await reply(send, status, headers, content)

    def run(self, scope: Scope, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        environ = make_environ(scope, body)
        path = scope["path"]
        if path.startswith("/api/") or path == "/api":
            response: HttpResponseBase = self.api(WSGIRequest(environ), body)
        elif "\x00" in path:
            # PostgreSQL has no text for it, so nothing can have such an address.
            return 404, [(b"content-type", b"text/plain")], b"Not Found"
        else:
            response = self.pages.get_response(WSGIRequest(environ))
        content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
        headers += [(b"set-cookie", morsel.output(header="").strip().encode()) for morsel in response.cookies.values()]
        if not path.startswith("/api"):
            response.close()
            request_finished.send(sender=self.__class__)
        return response.status_code, headers, content


async def read(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is over the limit."""
    message = await receive()
    body = message.get("body", b"")
    if not message.get("more_body") and len(body) <= MAX_BODY:
        return bytes(body)
    chunks, size = [body], len(body)
    while message.get("more_body"):
        if size > MAX_BODY:
            return None
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    return b"".join(chunks) if size <= MAX_BODY else None


async def reply(send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def make_environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The WSGI environment of an ASGI scope. Headers with an underscore are dropped: they could pose as another."""
    server = scope.get("server") or ("127.0.0.1", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        # WSGI wants the path's bytes as latin-1 text.
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "RAW_PATH": scope.get("raw_path") or quote(scope["path"]).encode(),
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key == "CONTENT_LENGTH":
            continue
        text = value.decode("latin-1")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]},{text}" if key in environ and key != "HTTP_COOKIE" else text
    return environ
