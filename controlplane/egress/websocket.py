"""A websocket to a checked address."""

import ssl
import time
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, split_url
from controlplane.egress.opener import dial

LARGEST_MESSAGE = 1024 * 1024


def open_websocket(gate: Gate, url: str, **options: Any) -> ClientConnection:
    """Connected, pinged every 20 s. No redirects, no proxies. Raises `Forbidden` or `Unreachable`."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss"):
        raise Forbidden("The address must begin with wss://")
    # The rules for addresses are those of http.
    _, host, port = split_url(parts._replace(scheme="https" if parts.scheme == "wss" else "http", query="").geturl())
    plain = dial(gate, host, port, time.monotonic() + gate.total_seconds)
    try:
        return connect(
            url,
            sock=plain,
            ssl=ssl.create_default_context() if parts.scheme == "wss" else None,
            server_hostname=host if parts.scheme == "wss" else None,
            proxy=None,
            open_timeout=gate.total_seconds,
            max_size=LARGEST_MESSAGE,
            **options,
        )
    except (WebSocketException, OSError, TimeoutError) as error:
        plain.close()
        raise Unreachable(f"No websocket to {host}: {type(error).__name__}.") from None
