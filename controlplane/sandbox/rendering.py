"""Rendering through the child process: one for each process, started when it is needed and again when it died."""

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from controlplane.sandbox.child import ALSO, DATA, FOLDED

CHILD = Path(__file__).with_name("child.py")
WALL_SECONDS = 10.0
"""Waited for an answer. The child's own budget is a second of CPU; this is for a machine that is busy."""
LONGEST_REQUEST = 8_000_000
EXHAUSTED = "takes too much time or memory"


class RenderingFailed(Exception):
    """A template that cannot be rendered; the text is for its author."""


class ChildDied(Exception):
    """The child ended, or did not answer."""


def render(source: str, context: Mapping[str, Any], *, attribute_filters: Sequence[str] = ()) -> str:
    """The text of a template. `context` is plain data; `record()` and `folded()` give it attributes.

    Each of `attribute_filters` is a filter that reads the attribute of its name. Raises RenderingFailed.
    """
    request = json.dumps(
        {"source": source, "context": context, "attribute_filters": list(attribute_filters)}, default=plain
    ).encode()
    if len(request) > LONGEST_REQUEST:
        raise RenderingFailed("is given more data than a template may have")
    try:
        reply = json.loads(child.ask(request))
    except ChildDied:
        raise RenderingFailed(EXHAUSTED) from None
    if "fault" in reply:
        raise RenderingFailed(reply["fault"])
    text: str = reply["text"]
    return text


def record(data: Mapping[str, Any], **also: Any) -> dict[str, Any]:
    """Data with attributes that templates may ask for, but that are not part of its JSON."""
    return {DATA: data, ALSO: also}


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Data whose keys are found without regard to case."""
    return {FOLDED: {key.lower(): value for key, value in data.items()}}


def plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


class Child:
    """The process and the two pipes to it. One request at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def ask(self, request: bytes) -> bytes:
        with self.lock:
            if self.process is None or self.process.poll() is not None or self.owner != os.getpid():
                self.start()
            try:
                return self.exchange(request)
            except (OSError, EOFError):
                self.stop()
                raise ChildDied from None

    def start(self) -> None:
        # Nothing of our environment, no file but the pipes: what breaks out finds an empty room.
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={}, cwd="/", close_fds=True, start_new_session=True,
        )  # fmt: skip
        self.owner = os.getpid()

    def exchange(self, request: bytes) -> bytes:
        assert self.process is not None
        assert self.process.stdin is not None
        until = time.monotonic() + WALL_SECONDS
        self.process.stdin.write(struct.pack("!I", len(request)) + request)
        self.process.stdin.flush()
        (size,) = struct.unpack("!I", self.read(4, until))
        return self.read(size, until)

    def read(self, size: int, until: float) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        descriptor, parts = self.process.stdout.fileno(), bytearray()
        while len(parts) < size:
            ready, _, _ = select.select([descriptor], [], [], max(until - time.monotonic(), 0))
            piece = os.read(descriptor, size - len(parts)) if ready else b""
            if not piece:
                raise EOFError
            parts += piece
        return bytes(parts)

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent yet cannot be sent any more
                    pipe.close()
        self.process = None


child = Child()
