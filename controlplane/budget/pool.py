"""The sandboxes of this process: few, so that bombs wait for each other and not for us."""

import os
import threading
from collections.abc import Callable
from typing import Any

from msgspec import json

from controlplane.budget.limits import SECONDS, OverBudget
from controlplane.budget.sandbox import Sandbox
from controlplane.errors import Unavailable

MOST = 2
PATIENCE_SECONDS = 5.0
"""For a free sandbox; whoever waits longer is asked to come again."""


class Pool:
    """Sandboxes by the process that started them: a fork starts its own and leaves its parent's alone."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.pid = os.getpid()
        self.free = threading.Semaphore(MOST)
        self.lock = threading.Lock()
        self.idle: list[Sandbox] = []

    def ask(self, call: bytes, seconds: float) -> bytes:
        if self.pid != os.getpid():
            self.forget()
        if not self.free.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable()
        try:
            sandbox = self.take()
            try:
                answer = sandbox.ask(call, seconds)
            except OverBudget:
                # Whoever comes next does not wait for its start.
                self.put(Sandbox())
                raise
            self.put(sandbox)
            return answer
        finally:
            self.free.release()

    def take(self) -> Sandbox:
        with self.lock:
            while self.idle:
                sandbox = self.idle.pop()
                if sandbox.alive:
                    return sandbox
        return Sandbox()

    def put(self, sandbox: Sandbox) -> None:
        with self.lock:
            self.idle.append(sandbox)


POOL = Pool()


def spend(
    function: Callable[..., Any],
    *arguments: Any,
    raises: tuple[type[Exception], ...] = (),
    seconds: float = SECONDS,
    **named: Any,
) -> Any:
    """What the function returns. OverBudget at a limit; of the function's own errors those in `raises`."""
    call = {"function": f"{function.__module__}:{function.__qualname__}", "arguments": arguments, "named": named}
    answer = json.decode(POOL.ask(json.encode(call), seconds))
    if "error" not in answer:
        return answer["result"]
    for kind in raises:
        if kind.__name__ in answer["error"]:
            error = kind.__new__(kind)
            error.args = tuple(answer["words"])
            raise error
    if "OverBudget" in answer["error"]:
        raise OverBudget
    raise RuntimeError(f"{answer['error'][0]} in a sandbox: {answer['words']}")
