"""Programs of a real client without the seconds that each takes to import it."""

import json
import os
import signal
import subprocess
import threading
from functools import cache
from pathlib import Path
from queue import SimpleQueue

PROGRAM = Path(__file__).with_name("forked_starts.py")


class Forked:
    """A program that runs: what the tests need of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.ended = threading.Event()

    def wait(self, timeout: float | None = None) -> int:
        if not self.ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def poll(self) -> int | None:
        return self.returncode


class Forking:
    """A process of the client that has imported everything, and forks: see `forked_starts`. It ends with this one."""

    def __init__(self, bin: Path) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "DJANGO_"))}
        self.process = subprocess.Popen(
            [bin / "python", PROGRAM], env=clean | {"NO_COLOR": "1", "COLUMNS": "200", "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.running: dict[int, Forked] = {}
        self.begun: SimpleQueue[Forked] = SimpleQueue()
        self.one_at_a_time = threading.Lock()
        assert self.process.stdout
        assert self.process.stdout.readline() == b"ready\n", f"{PROGRAM} did not start"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            said = json.loads(line)
            if "status" in said:
                ended = self.running.pop(said["pid"])
                ended.returncode = said["status"]
                ended.ended.set()
            else:
                self.running[said["pid"]] = begun = Forked(said["pid"])
                self.begun.put(begun)

    def start(
        self, args: list[str], folder: Path, environment: dict[str, str], output: Path, typed: str = "", *, apart: bool
    ) -> Forked:
        """`output` is appended to; `apart`: in a process group of its own."""
        order = {
            "args": args, "folder": str(folder), "environment": environment, "output": str(output), "typed": typed,
            "apart": apart,
        }  # fmt: skip
        with self.one_at_a_time:
            assert self.process.stdin
            self.process.stdin.write(json.dumps(order).encode() + b"\n")
            self.process.stdin.flush()
            return self.begun.get(timeout=30)


@cache
def forking(bin: Path) -> Forking:
    """One for each version of the client, started when it is first wanted."""
    return Forking(bin)


def wait_or_kill(process: "Forked | subprocess.Popen[bytes]", seconds: float = 30) -> int:
    """The status of a program's end, or of our patience's."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait(10)
