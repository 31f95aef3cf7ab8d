"""The page of one task run."""

from uuid import UUID

from django.http import HttpResponse
from msgspec import Struct

from controlplane.ui.page import page
from runs.pages.failure import read_exception
from runs.services import page_data
from runs.services import page_words as words
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


class Input(Struct, frozen=True):
    """Where an argument came from: another task run, a parameter of the flow, or the code."""

    name: str
    words: str
    task: UUID | None = None


@workspace_page(needs=Permission.SEE_FLOWS)
def task_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    task = page_data.read_task(workspace, id)
    failed = task.state_type in ("FAILED", "CRASHED")
    exception, text = read_exception(task.state_message or "")
    context = {
        "task": task, "section": "Runs", "seconds": words.seconds_of(task), "since": words.running_since(task),
        "lines": page_data.read_task_lines(workspace, id), "states": page_data.list_past_task_states(workspace, id),
        "inputs": inputs_of(workspace, task.task_inputs),
        "retries": (page_data.plain(task.empirical_policy) or {}).get("retries") or 0,
        "failed": failed, "failure_title": exception or "The task failed",
        "failure_text": text or task.state_message or "It left no message.",
    }  # fmt: skip
    return page(request, "runs/task_run.html", context)


def inputs_of(workspace: UUID, raw: object) -> list[Input]:
    given = [(name, source) for name, sources in (page_data.plain(raw) or {}).items() for source in sources]
    ids = [UUID(source["id"]) for _, source in given if source.get("input_type") == "task_run"]
    names = page_data.read_task_names(workspace, ids)
    return [describe(name, source, names) for name, source in given]


def describe(name: str, source: dict[str, str], names: dict[UUID, str]) -> Input:
    kind = source.get("input_type")
    if kind == "task_run":
        task = UUID(source["id"])
        return Input(name, names.get(task, "a task run that is not known here"), task if task in names else None)
    if kind == "parameter":
        return Input(name, f"parameter {source.get('name')}")
    return Input(name, f"a value of type {source.get('type')}" if kind == "constant" else "a flow run")
