"""One process with limits, as its caller sees it."""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

from controlplane.budget.limits import OverBudget

START_SECONDS = 20
ROOT = str(Path(__file__).parents[2])


class LimitedProcess:
    """Started when it is made; gone for good once it was killed."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.budget.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={"PYTHONPATH": os.pathsep.join([ROOT, *filter(None, sys.path)])}, bufsize=0,
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, call: bytes, seconds: float) -> bytes:
        """The answer. OverBudget if it does not come in time, or not at all; then the process is gone."""
        assert self.process.stdin is not None
        try:
            # The child reads a call whole before it does anything, so this does not wait for long.
            for part in (b"%d\n" % len(call), call):
                sent = 0
                while sent < len(part):
                    sent += self.process.stdin.write(part[sent:]) or 0
            self.read_message(time.monotonic() + START_SECONDS)
            return self.read_message(time.monotonic() + seconds)
        except (OSError, EOFError, TimeoutError) as error:
            self.kill()
            raise OverBudget from error

    def read_message(self, deadline: float) -> bytes:
        head = b""
        while not head.endswith(b"\n"):
            head += self.read(1, deadline)
        content, length = b"", int(head)
        while len(content) < length:
            content += self.read(length - len(content), deadline)
        return content

    def read(self, size: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        content = self.process.stdout.read(size)
        if not content:
            raise EOFError
        return content

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
