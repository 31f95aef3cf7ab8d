"""The database from an event loop: a small pool of threads of its own, each with persistent connections.

Separate from the request threads, so that streams cannot starve requests nor the other way round.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

THREADS = 4

P = ParamSpec("P")
Result = TypeVar("Result")

pool = ThreadPoolExecutor(THREADS, thread_name_prefix="socket")


async def in_thread(function: Callable[P, Result], *args: P.args, **kwargs: P.kwargs) -> Result:
    """Run `function` in the pool. It is never cut short: a cancelled waiter leaves it to finish."""

    def run() -> Result:
        try:
            return function(*args, **kwargs)
        except Exception:
            drop_broken_connections()
            raise

    return await asyncio.get_running_loop().run_in_executor(pool, run)


def drop_broken_connections() -> None:
    """What Django does between requests: a connection that died is opened anew by the next use."""
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            continue
        connection.errors_occurred = True
        connection.close_if_unusable_or_obsolete()
