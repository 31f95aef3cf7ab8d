"""Keep children running: start in order, restart what dies, give up when that is no use, stop in the opposite order."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from controlplane.embedded.errors import CannotStart
from controlplane.embedded.guard import Guard
from controlplane.embedded.spawn import last_words, signal_group

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 8.0
# This many ends within this time are no accident.
ENDS, WITHIN_SECONDS = 5, 60.0
LOOK_SECONDS = 0.2


class Runs(Protocol):
    """Anything that can be started, waited for until it is ready, and stopped."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    def start(self) -> "subprocess.Popen[bytes]": ...
    def wait(self, process: "subprocess.Popen[bytes]") -> None: ...
    def stop(self, process: "subprocess.Popen[bytes]") -> None: ...


class Stop(BaseException):
    """Somebody asked us to stop. No Exception, so that nothing on the way takes it for a failure."""


@dataclass
class Child:
    program: Runs
    process: "subprocess.Popen[bytes]"
    ends: list[float] = field(default_factory=list)
    due: float = 0.0
    """When it may be started again; 0 while it runs."""


class Supervisor:
    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._guard = Guard()
        self._children: list[Child] = []
        self._asked = False
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signum != signal.SIGHUP or signal.getsignal(signum) != signal.SIG_IGN:  # nohup
                signal.signal(signum, self._on_signal)

    def start(self, *programs: Runs) -> None:
        """Start these side by side and return when all are ready."""
        fresh = []
        for program in programs:
            child = Child(program, program.start())
            self._guard.watch(child.process.pid)
            self._children.append(child)
            fresh.append(child)
        for child in fresh:
            child.program.wait(child.process)

    def watch(self) -> None:
        """Look after the children until a signal raises Stop, or until one of them dies too often (CannotStart)."""
        while True:
            time.sleep(LOOK_SECONDS)
            for child in self._children:
                if child.due == 0.0 and child.process.poll() is not None:
                    self._note_end(child)
                elif 0.0 < child.due <= time.monotonic():
                    self._restart(child)

    def stop(self) -> None:
        """End the children, last started first. A signal meanwhile skips the waiting."""
        self._asked = True
        for child in reversed(self._children):
            if child.process.poll() is None:
                self._say(f"  stopping {child.program.name}")
                child.program.stop(child.process)
            signal_group(child.process, signal.SIGKILL)
            child.process.wait()
            self._guard.forget(child.process.pid)
        self._guard.dismiss()

    def _note_end(self, child: Child) -> None:
        now = time.monotonic()
        signal_group(child.process, signal.SIGKILL)  # what it left behind would stand in the way of the next
        child.ends = [end for end in child.ends if end > now - WITHIN_SECONDS] + [now]
        name, status, log = child.program.name, child.process.returncode, child.program.log
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        if len(child.ends) >= ENDS:
            raise CannotStart(f"{name} {how}, {ENDS} times within a minute. {last_words(log)}")
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (len(child.ends) - 1), LONGEST_PAUSE_SECONDS)
        child.due = now + pause
        self._say(f"{name} {how}; starting it again in {pause:g} s. {last_words(log, 5)}")

    def _restart(self, child: Child) -> None:
        self._guard.forget(child.process.pid)
        child.due = 0.0
        child.process = child.program.start()
        self._guard.watch(child.process.pid)
        self._say(f"{child.program.name} started again")

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if not self._asked:
            self._asked = True
            raise Stop
        self._say("  in a hurry: ending everything now")
        for child in self._children:
            is_postgres = child.program.name == "postgres"  # it ends at once, and leaves no shared memory behind
            signal_group(child.process, signal.SIGQUIT if is_postgres else signal.SIGKILL)
