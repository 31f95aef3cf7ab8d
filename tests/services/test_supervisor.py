"""What `manage.py up` does with its children: real processes, watched by a real supervisor in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from controlplane.embedded.running import PROJECT

# A supervisor over the shell commands in its arguments, named a, b, c, ...
SUPERVISE = """
import os, pathlib, sys
from controlplane.embedded import guard, supervisor
from controlplane.embedded.errors import CannotStart
from controlplane.embedded.programs import Program

supervisor.FIRST_PAUSE_SECONDS, guard.PATIENCE_SECONDS = 0.05, 0.5
logs = pathlib.Path(sys.argv[1])
say = lambda words: print(words, flush=True)
watcher = supervisor.Supervisor(say)
programs = [
    Program(name, ("sh", "-c", command), logs / f"{name}.log", os.environ, patience_seconds=5)
    for name, command in zip("abc", sys.argv[2:])
]
try:
    watcher.start(*programs)
    say("all started")
    watcher.watch()
except supervisor.Stop:
    say("asked to stop")
except CannotStart as error:
    say(str(error))
finally:
    watcher.stop()
say("stopped")
"""
# Lives until it is told to end.
STEADY = "exec sleep 60"


@pytest.fixture
def supervise(tmp_path: Path) -> Callable[..., "subprocess.Popen[str]"]:
    def start(*commands: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", SUPERVISE, str(tmp_path), *commands]
        return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    return start


def test_children_are_stopped_in_the_opposite_order(supervise: Callable[..., "subprocess.Popen[str]"]) -> None:
    watcher = supervise(STEADY, STEADY)
    _read_until(watcher, "all started")
    watcher.send_signal(signal.SIGTERM)
    words, _ = watcher.communicate(timeout=20)
    assert words.splitlines() == ["asked to stop", "  stopping b", "  stopping a", "stopped"]
    assert watcher.returncode == 0


def test_a_child_that_ends_is_started_again(supervise: Callable[..., "subprocess.Popen[str]"], tmp_path: Path) -> None:
    watcher = supervise(f"echo oops; test -e {tmp_path}/been || {{ touch {tmp_path}/been; exit 3; }}; {STEADY}")
    words = _read_until(watcher, "a started again")
    assert words == [
        "all started",
        f"a ended with status 3; starting it again in 0.05 s. Its last words ({tmp_path}/a.log):",
        "    oops",
        "a started again",
    ]
    watcher.send_signal(signal.SIGTERM)
    assert watcher.communicate(timeout=20)[0].splitlines() == ["asked to stop", "  stopping a", "stopped"]


def test_a_child_that_ends_five_times_stops_everything(
    supervise: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    words, _ = supervise(STEADY, "echo no library; kill -9 $$").communicate(timeout=20)
    assert words.count("b started again\n") == 4
    assert words.endswith(
        f"b was ended by signal 9, 5 times within a minute. Its last words ({tmp_path}/b.log):\n"
        + "    no library\n" * 5
        + "  stopping a\nstopped\n"
    )


def test_a_second_signal_ends_the_waiting(supervise: Callable[..., "subprocess.Popen[str]"], tmp_path: Path) -> None:
    watcher = supervise(f"trap '' TERM; echo $$ > {tmp_path}/deaf; while :; do sleep 60; done")
    _read_until(watcher, "all started")
    _number_in(tmp_path / "deaf")
    watcher.send_signal(signal.SIGTERM)
    _read_until(watcher, "  stopping a")
    begun = time.monotonic()
    watcher.send_signal(signal.SIGINT)
    assert watcher.communicate(timeout=20)[0].splitlines() == ["  in a hurry: ending everything now", "stopped"]
    assert time.monotonic() - begun < 4  # its patience is 5


def test_nothing_outlives_a_killed_supervisor(
    supervise: Callable[..., "subprocess.Popen[str]"], tmp_path: Path
) -> None:
    grandchild = f"trap '' TERM; echo \\$\\$ > {tmp_path}/grandchild; sleep 60"
    stubborn = f"trap '' TERM; sh -c \"{grandchild}\" & echo $$ > {tmp_path}/child; wait"
    watcher = supervise(stubborn)
    _read_until(watcher, "all started")
    pids = [_number_in(tmp_path / name) for name in ("child", "grandchild")]
    watcher.send_signal(signal.SIGKILL)
    watcher.communicate(timeout=20)
    deadline = time.monotonic() + 15
    while alive := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        os.sched_yield()


def _read_until(watcher: "subprocess.Popen[str]", last: str) -> list[str]:
    assert watcher.stdout is not None
    words: list[str] = []
    for line in watcher.stdout:
        words.append(line.rstrip("\n"))
        if words[-1] == last:
            return words
    raise AssertionError(f"{last!r} was never said, but: {words}")


def _number_in(file: Path) -> int:
    deadline = time.monotonic() + 15
    while not (file.exists() and file.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"{file} was never written"
        os.sched_yield()
    return int(file.read_text())


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
