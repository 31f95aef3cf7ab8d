"""Many `prefect` commands for the price of one start: run by the client's own Python, answers a command a line.

Everything is imported once, then each command is a child of its own, forked, with the arguments, the environment and
the end of a process: what `bin/prefect` does. In: `{"args": [...], "typed": "..."}`. Out: `{"status", "output"}`.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import tempfile
from pathlib import Path

import prefect.cli
import prefect.client.orchestration
import prefect.flow_engine
import prefect.runner
import prefect.workers.process
from prefect.cli import app

SECONDS = 60
BIN = str(Path(sys.executable).with_name("prefect"))


def answer(args: list[str], typed: str) -> dict[str, object]:
    with tempfile.TemporaryFile() as output:
        child = os.fork()
        if child == 0:
            become(args, typed, output.fileno())
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return {"status": os.waitstatus_to_exitcode(status), "output": output.read().decode(errors="replace")}


def become(args: list[str], typed: str, output: int) -> None:
    """The command, to its end. Never returns."""
    keyboard, typing = os.pipe()
    os.write(typing, typed.encode())
    os.close(typing)
    os.dup2(keyboard, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(SECONDS)
    sys.argv = [BIN, *args]
    sys.exit(app())


def main() -> None:
    for module in pkgutil.iter_modules(prefect.cli.__path__, "prefect.cli."):
        if not module.name.endswith(".dev"):
            importlib.import_module(module.name)
    # A child that collects garbage would walk, and so copy, everything that was imported: most of a command's time.
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
