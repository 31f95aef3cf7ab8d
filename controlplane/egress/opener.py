"""A urllib opener that connects to checked addresses only: no redirects, no proxies from the environment, no waiting.

What is checked is the very host that the connection is made to, at the moment it is made. The name stays in the
Host header and in TLS (SNI and certificate check).
"""

import io
import socket
import ssl
import time
import urllib.request
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any

from controlplane.egress.errors import Unreachable
from controlplane.egress.gate import Gate

LONGEST_ANSWER = 64 * 1024  # bytes, headers included


def pinned_opener(gate: Gate, context: ssl.SSLContext | None = None) -> urllib.request.OpenerDirector:
    """An opener for http and https. Raises `Forbidden`, `Unreachable`, or urllib's own HTTPError for 3xx to 5xx."""
    opener = urllib.request.OpenerDirector()
    # Not build_opener: that adds redirects, proxies, file: and ftp:.
    for handler in (
        PinnedHandler(gate, context),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class PinnedHandler(urllib.request.AbstractHTTPHandler):
    def __init__(self, gate: Gate, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self.gate = gate
        self.context = context

    def http_open(self, request: urllib.request.Request) -> HTTPResponse:
        return self.do_open(PinnedConnection, request, gate=self.gate)  # type: ignore[arg-type]

    def https_open(self, request: urllib.request.Request) -> HTTPResponse:
        context = self.context or ssl.create_default_context()
        return self.do_open(PinnedTlsConnection, request, gate=self.gate, context=context)  # type: ignore[arg-type]

    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_


class PinnedConnection(HTTPConnection):
    def __init__(self, host: str, *, gate: Gate, timeout: object = None) -> None:
        super().__init__(host)
        self.gate = gate
        self.deadline = time.monotonic() + gate.total_seconds

    def connect(self) -> None:
        self.sock: Any = TimedSocket(dial(self.gate, self.host, self.port, self.deadline), self.deadline)


class PinnedTlsConnection(HTTPSConnection):
    def __init__(self, host: str, *, gate: Gate, context: ssl.SSLContext, timeout: object = None) -> None:
        super().__init__(host, context=context)
        self.gate = gate
        self.tls = context
        self.deadline = time.monotonic() + gate.total_seconds

    def connect(self) -> None:
        plain = dial(self.gate, self.host, self.port, self.deadline)
        try:
            secured = self.tls.wrap_socket(plain, server_hostname=self.host)
        except TimeoutError:
            plain.close()
            raise Unreachable(f"{self.host} did not answer the TLS greeting in time.") from None
        except ssl.SSLError as error:
            plain.close()
            reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
            raise Unreachable(f"No secure connection to {self.host}: {reason}.") from None
        self.sock: Any = TimedSocket(secured, self.deadline)


def dial(gate: Gate, host: str, port: int, deadline: float) -> socket.socket:
    """A connection to the first checked address that takes it."""
    addresses = gate.check_host(host, port)
    until = min(time.monotonic() + gate.connect_seconds, deadline)
    problem = "no time was left"
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((str(address), port), timeout=left)
        except TimeoutError:
            problem = f"no answer within {gate.connect_seconds:.0f} s"
        except OSError as error:
            problem = (error.strerror or "it failed").lower()
    raise Unreachable(f"No connection to {host} ({addresses[0]}, port {port}): {problem}.")


class TimedSocket:
    """What http.client needs of a socket, with one deadline for all of it and a limit to what is read."""

    def __init__(self, wrapped: socket.socket, deadline: float) -> None:
        self.wrapped = wrapped
        self.deadline = deadline
        self.is_read = False

    def sendall(self, data: bytes) -> None:
        self.wrapped.settimeout(seconds_left(self.deadline))
        try:
            self.wrapped.sendall(data)
        except TimeoutError:
            raise Unreachable("The connection did not take the message in time.") from None

    def makefile(self, mode: str) -> io.BufferedReader:
        self.is_read = True
        return io.BufferedReader(TimedReader(self.wrapped, self.deadline))

    def close(self) -> None:
        # urllib closes the connection as soon as the answer begins; then the reader owns the socket.
        if not self.is_read:
            self.wrapped.close()


class TimedReader(io.RawIOBase):
    def __init__(self, wrapped: socket.socket, deadline: float) -> None:
        self.wrapped = wrapped
        self.deadline = deadline
        self.left = LONGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.wrapped.settimeout(seconds_left(self.deadline))
        try:
            count = self.wrapped.recv_into(buffer)
        except TimeoutError:
            raise Unreachable("There was no complete answer in time.") from None
        self.left -= count
        if self.left < 0:
            raise Unreachable(f"The answer is longer than {LONGEST_ANSWER // 1024} kB.")
        return count

    def close(self) -> None:
        self.wrapped.close()
        super().close()


def seconds_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Unreachable("There was no complete answer in time.")
    return left
