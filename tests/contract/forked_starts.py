"""Many starts of a real client for the price of one: run by the client's own Python, for 3.8 and for 2.20.

Everything is imported once. Then each program is a child of its own, forked, with the arguments, the folder, the
environment and the end of a process, as `bin/prefect` or `python` would be; its settings are read anew.
In, a line each: `{"args", "folder", "environment", "output", "typed", "apart"}`. Out: `{"pid"}` at once, and
`{"pid", "status"}` when it has ended.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
from pathlib import Path
from types import ModuleType

import prefect.cli
import prefect.client.orchestration
import prefect.context
import prefect.engine
import prefect.logging.configuration
import prefect.runner
import prefect.workers.process

BIN = Path(sys.executable).parent


def begin(order: dict) -> None:
    """A child for it; returns in the child only, when the program has come to its end."""
    # A child's end is told only after its beginning.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        become(**order)
    say(pid=child)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def reap(*_: object) -> None:
    """Say of each child that has ended how it ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        say(pid=pid, status=os.waitstatus_to_exitcode(status))


def say(**words: int) -> None:
    os.write(1, json.dumps(words).encode() + b"\n")


def become(args: list, folder: str, environment: dict, output: str, typed: str, apart: bool) -> None:
    """The program, to its end. Never returns."""
    if apart:
        os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    keyboard, typing = os.pipe()
    os.write(typing, typed.encode())
    os.close(typing)
    os.dup2(keyboard, 0)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(written, 1)
    os.dup2(written, 2)
    read_settings()
    program, *rest = args
    if program == "prefect":
        sys.argv, sys.path[0] = [str(BIN / program), *rest], str(BIN)
        sys.exit(prefect.cli.app())
    sys.exit(be_python(rest))


def read_settings() -> None:
    """As at the import of a new process."""
    prefect.context.GLOBAL_SETTINGS_CONTEXT = None
    prefect.context.GLOBAL_SETTINGS_CONTEXT = prefect.context.root_settings_context()
    prefect.logging.configuration.setup_logging(incremental=False)


def be_python(args: list) -> None:
    """`python -c PROGRAM …` or `python FILE …`."""
    main = ModuleType("__main__")
    main.__builtins__ = __builtins__
    if args[0] == "-c":
        text, name, sys.argv, sys.path[0] = args[1], "<string>", ["-c", *args[2:]], ""
    else:
        path = Path(args[0])
        text, name, sys.argv, sys.path[0] = path.read_text(), str(path.resolve()), args, str(path.resolve().parent)
        main.__file__ = name
    sys.modules["__main__"] = main
    exec(compile(text, name, "exec"), main.__dict__)


def import_commands() -> None:
    for module in pkgutil.iter_modules(prefect.cli.__path__, "prefect.cli."):
        # `dev` is for Prefect's own developers, and needs what is not installed.
        if not module.name.endswith(".dev"):
            importlib.import_module(module.name)


def serve() -> None:
    signal.signal(signal.SIGCHLD, reap)
    os.write(1, b"ready\n")
    for line in sys.stdin:
        begin(json.loads(line))


if __name__ == "__main__":
    import_commands()
    # A child that collects garbage would walk, and so copy, everything that was imported: most of a command's time.
    gc.collect()
    gc.freeze()
    serve()
