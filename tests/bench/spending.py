"""What processes spend: CPU time from the kernel's own accounting, so that a busy machine disturbs it little."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def children(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from children(int(child))


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


def cpu_seconds(pids: list[int]) -> float:
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


class Spending:
    """CPU seconds of programs, by name, from now on. A program is its process, and the children whose words fit."""

    def __init__(self, programs: dict[str, tuple[int, str]]) -> None:
        self.programs = programs
        self.begun = self.look()

    def look(self) -> dict[str, float]:
        return {
            name: cpu_seconds([one for one in children(pid) if words in command(one)])
            for name, (pid, words) in self.programs.items()
        }

    def per(self, count: int) -> str:
        """Milliseconds of each program for one of `count`."""
        spent = {name: now - self.begun[name] for name, now in self.look().items()}
        return ", ".join(f"{name} {seconds / count * 1000:.2f} ms" for name, seconds in spent.items())


def quantiles(values: Sequence[float]) -> str:
    """Half, nineteen of twenty, ninety-nine of a hundred, and all of the values are not above these."""
    return "  ".join(f"{name} {quantile(values, part):.2f}" for name, part in SHOWN)


SHOWN = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def load() -> str:
    """What else the machine does."""
    return "load " + " ".join(f"{one:.1f}" for one in os.getloadavg()) + time.strftime(" at %H:%M")
