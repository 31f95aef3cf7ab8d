"""The last one to leave: a process that ends our children when we are killed without a chance to do it ourselves."""

import contextlib
import os
import signal
import time

PATIENCE_SECONDS = 10.0


class Guard:
    """Fork the guard. It lives as long as we do: the end of the pipe tells it that we are gone."""

    def __init__(self) -> None:
        reading, self._writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._writing)
                _stand_by(reading)
            finally:
                os._exit(0)
        os.close(reading)

    def watch(self, group: int) -> None:
        os.write(self._writing, b"+%d\n" % group)

    def forget(self, group: int) -> None:
        os.write(self._writing, b"-%d\n" % group)

    def dismiss(self) -> None:
        """Let it go; it ends whatever it was not told to forget."""
        os.close(self._writing)
        os.waitpid(self._pid, 0)


def _stand_by(reading: int) -> None:
    os.setsid()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a reader of our output must not wait for the guard
        os.dup2(nowhere, stream)
    groups: set[int] = set()
    with os.fdopen(reading) as orders:
        for order in orders:
            (groups.add if order[0] == "+" else groups.discard)(int(order[1:]))
    _end(groups)


def _end(groups: set[int]) -> None:
    """First ask each leader, who knows how to end its own; then there is no more asking."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for leader in groups:
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    while groups and time.monotonic() < deadline:
        time.sleep(0.1)
        groups = {group for group in groups if _exists(group)}
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
