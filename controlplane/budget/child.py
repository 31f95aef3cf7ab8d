"""The process in which a call runs: it reads a call, does it and writes its answer, until nobody calls any more.

Messages are a line with their length, then JSON. An empty message says that the function is loaded and the time counts.
"""

import os
import resource
import signal
import sys
from importlib import import_module
from typing import Any, BinaryIO

from msgspec import json

from controlplane.budget.limits import LARGEST_ANSWER, MEMORY


def serve(calls: BinaryIO, answers: BinaryIO) -> None:
    os.nice(5)  # whoever answers requests goes first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    while True:
        head = calls.readline()
        if not head:
            return
        call = json.decode(calls.read(int(head)))
        module, _, name = call["function"].partition(":")
        function = getattr(import_module(module), name)
        send(answers, b"")
        # The signal's default ends the process, whatever it is at.
        signal.setitimer(signal.ITIMER_PROF, call["cpu_seconds"])
        answer = outcome(function, call["arguments"], call["named"])
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(answers, answer)


def outcome(function: Any, arguments: list[Any], named: dict[str, Any]) -> bytes:
    try:
        answer = json.encode({"result": function(*arguments, **named)})
        if len(answer) <= LARGEST_ANSWER:
            return answer
    except MemoryError:
        pass
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__]
        return json.encode({"error": names, "words": [str(word)[:4000] for word in error.args]})
    return json.encode({"error": ["OverBudget"], "words": []})


def send(answers: BinaryIO, content: bytes) -> None:
    answers.write(b"%d\n" % len(content) + content)
    answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
