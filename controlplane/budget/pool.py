"""The processes with limits that this one has: few, so that bombs wait for each other and not for us."""

import os
import threading
from collections.abc import Callable
from typing import Any

from msgspec import json

from controlplane.budget.limits import CPU_SECONDS, SECONDS, OverBudget
from controlplane.budget.process import LimitedProcess
from controlplane.errors import Unavailable

MOST = 2
PATIENCE_SECONDS = 5.0
"""For a free process; whoever waits longer is asked to come again."""


class Pool:
    """Processes by the one that started them: a fork starts its own and leaves its parent's alone."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.pid = os.getpid()
        self.free = threading.Semaphore(MOST)
        self.lock = threading.Lock()
        self.idle: list[LimitedProcess] = []

    def ask(self, call: bytes, seconds: float) -> bytes:
        if self.pid != os.getpid():
            self.forget()
        if not self.free.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable()
        try:
            process = self.take()
            try:
                answer = process.ask(call, seconds)
            except OverBudget:
                # Whoever comes next does not wait for its start.
                self.put(LimitedProcess())
                raise
            self.put(process)
            return answer
        finally:
            self.free.release()

    def take(self) -> LimitedProcess:
        with self.lock:
            while self.idle:
                process = self.idle.pop()
                if process.alive:
                    return process
        return LimitedProcess()

    def put(self, process: LimitedProcess) -> None:
        with self.lock:
            self.idle.append(process)


POOL = Pool()


def spend(
    function: Callable[..., Any],
    *arguments: Any,
    raises: tuple[type[Exception], ...] = (),
    cpu_seconds: float = CPU_SECONDS,
    seconds: float = SECONDS,
    **named: Any,
) -> Any:
    """What the function returns. OverBudget at a limit; of the function's own errors those in `raises`."""
    name = f"{function.__module__}:{function.__qualname__}"
    call = {"function": name, "arguments": arguments, "named": named, "cpu_seconds": cpu_seconds}
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
    raise RuntimeError(f"{answer['error'][0]} in a process with limits: {answer['words']}")
