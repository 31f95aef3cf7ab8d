"""What a failed run says about why, taken out of its state's message and its log."""

import re

from msgspec import Struct

from runs.queries_pages import Line, RunPage, TimelineRow

MARK = "Traceback (most recent call last)"
# "Flow run encountered an exception: ValueError: Matrix is singular"
RAISED = re.compile(
    r"(?:^|[\s:])((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Timeout|Failure|Warning))\b(?:\((.*)\)|:\s*(.*))?",
    re.S,
)
LONGEST = 600


class Failure(Struct, frozen=True):
    title: str
    text: str
    task: TimelineRow | None
    traceback: str
    frames: int
    line: int | None


def explain_failure(run: RunPage, tasks: list[TimelineRow], error: Line | None) -> Failure:
    task = last_failed(tasks)
    traceback = traceback_of(error.message) if error else ""
    exception, text = read_exception(run.state_message or "")
    if not exception and task is not None and run.state_type == "FAILED":
        exception, text = read_exception(task.state_message or "")
    if not exception and traceback:
        exception, text = read_exception(traceback.strip().splitlines()[-1])
    if run.state_type == "CRASHED":
        title, task = "The run crashed", None
        text = (
            run.state_message
            or "The process ended without a word. Exit code 137 usually means that it ran out of memory."
        )
    else:
        title = exception or "The run failed"
        text = text or run.state_message or "It left no message. The log may say more."
    return Failure(
        title, text[:LONGEST], task, traceback, traceback.count('\n  File "'), error.number if error else None
    )


def read_exception(message: str) -> tuple[str, str]:
    """ "ValueError" and what it says; two empty texts if the message names no exception."""
    found = RAISED.search(message)
    if found is None:
        return "", ""
    said = found[2] if found[2] is not None else found[3]
    return found[1].rpartition(".")[2], (said or "").strip().strip("'\"")


def last_failed(tasks: list[TimelineRow]) -> TimelineRow | None:
    failed = [task for task in tasks if task.state_type in ("FAILED", "CRASHED") and task.end_time is not None]
    return max(failed, key=lambda task: task.end_time, default=None)  # type: ignore[arg-type, return-value]


def traceback_of(message: str) -> str:
    place = message.find(MARK)
    return message[place:].strip() if place >= 0 else ""
