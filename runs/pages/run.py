"""The page of one run: header, failure or waiting, timeline, and a tab at each address."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from msgspec import Struct

from controlplane.ui.page import page
from runs.pages.failure import explain_failure
from runs.pages.timeline import draw_timeline
from runs.pages.waiting import explain_waiting
from runs.queries_pages import Line, RunPage, TimelineRow
from runs.services import crashes, explaining, logs, page_data, page_parts
from runs.services import page_words as words
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services.callers import Place

TABS = ("logs", "tasks", "subflows", "parameters", "states", "events", "details")
TITLES = {
    "logs": "Logs", "tasks": "Tasks", "subflows": "Sub-flows", "parameters": "Parameters", "states": "State history",
    "events": "Events", "details": "Details",
}  # fmt: skip
LEVELS = ((0, "All levels"), (20, "Info and above"), (30, "Warnings and errors"), (40, "Errors"))
# A run that has just ended still gets its last lines and task runs.
SETTLING = timedelta(seconds=20)
NEEDS_RUNNER = "Needs the Runner role"
NEEDS_DEVELOPER = "Needs the Developer role"


class Tab(Struct, frozen=True):
    key: str
    title: str
    url: str
    count: int | None
    is_current: bool


class LogView(Struct, frozen=True):
    """Which lines: of at least `level`, up to number `last` (None: the newest)."""

    level: int = 0
    last: int | None = None


@workspace_page(needs=Permission.SEE_FLOWS)
def run_page(request: PageRequest, id: UUID, tab: str = "logs") -> HttpResponse:
    if tab not in TABS:
        raise Http404
    view = read_log_view(request.GET.dict())
    context = run_context(request.place, id, tab, view, request.now)
    run = context["run"]
    context["section"] = "Runs"
    if not words.is_finished(run.state_type) or request.now - run.state_timestamp < SETTLING:
        context["live_url"] = live_url(request.place, id, tab, view, context.get("lines", []), run)
    return page(request, "runs/run.html", context)


@workspace_page(needs=Permission.SEE_FLOWS)
def download_log(request: PageRequest, id: UUID) -> HttpResponse:
    name, text = logs.download(request.place.workspace_id, id, now=request.now)
    return HttpResponse(
        text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def read_log_view(query: dict[str, str]) -> LogView:
    level, last = query.get("level", ""), query.get("to", "")
    chosen = int(level) if level in {str(number) for number, _ in LEVELS} else 0
    return LogView(chosen, int(last) if last.isascii() and last.isdigit() and 0 < int(last) < 2_000_000_000 else None)


def run_context(
    place: Place, id: UUID, tab: str, view: LogView, now: datetime, *, tab_too: bool = True
) -> dict[str, Any]:
    """Everything that the page and its regions print; what is in the tab only if it is wanted."""
    workspace = place.workspace_id
    run = page_data.read_run(workspace, id, now=now)
    tasks = page_data.read_timeline(workspace, id) if run.tasks else []
    failed = run.state_type in ("FAILED", "CRASHED")
    error = page_data.read_last_error(workspace, id) if failed and run.lines else None

    why = explaining.explain_run(workspace, id, now=now)

    def address(name: str, target: UUID) -> str:
        return reverse(name, args=[place.account_handle, place.workspace_handle, target])

    return {
        "place": place, "run": run, "tab": tab, "now": now,
        "started_by": words.started_by(run), "seconds": words.seconds_of(run), "since": words.running_since(run),
        "finished": words.is_finished(run.state_type),
        "failure": explain_failure(run, tasks, error) if failed else None,
        "silence": crashes.find_silence(workspace, id, now=now) if run.state_type == "RUNNING" else None,
        "parts": page_parts.parts_of(page_parts.About(place, id, run.state_type, run.state_timestamp), now=now),
        "waiting": None if words.is_finished(run.state_type) else explain_waiting(run, why, now),
        "timeline": draw_timeline(run, tasks, now, address),
        "tabs": tabs_of(place, run, tab), "tab_template": f"runs/_run_{tab}.html",
        **actions(place, run), **(tab_context(place, run, tasks, tab, view) if tab_too else {}),
    }  # fmt: skip


def actions(place: Place, run: RunPage) -> dict[str, Any]:
    """What may be done with the run now, and the reason where this person may not."""
    may_run = Permission.RUN_FLOWS in place.grants
    finished = words.is_finished(run.state_type)
    return {
        "can_cancel": not finished and run.state_type != "CANCELLING",
        "can_retry": run.state_type in ("FAILED", "CRASHED", "CANCELLED"),
        "cancel_refused": "" if may_run else NEEDS_RUNNER,
        "retry_refused": (page_data.why_not_retry(run) or "") if may_run else NEEDS_RUNNER,
        "may_delete": Permission.MANAGE_FLOWS in place.grants,
        "delete_refused": NEEDS_DEVELOPER,
    }


def tabs_of(place: Place, run: RunPage, current: str) -> list[Tab]:
    address = reverse("run", args=[place.account_handle, place.workspace_handle, run.id])
    counts = {"tasks": run.tasks, "subflows": run.subflows, "states": run.states, "logs": run.lines}
    return [
        Tab(key, TITLES[key], address if key == "logs" else f"{address}/{key}", counts.get(key), key == current)
        for key in TABS
    ]


def tab_context(place: Place, run: RunPage, tasks: list[TimelineRow], tab: str, view: LogView) -> dict[str, Any]:
    workspace = place.workspace_id
    if tab == "logs":
        return log_context(workspace, run, view)
    if tab == "tasks":
        order = {"FAILED": 0, "CRASHED": 0, "RUNNING": 1}
        ranked = sorted(tasks, key=lambda task: order.get(task.state_type or "", 2))
        shown = ranked[:500]
        return {
            "tasks": [(task, words.seconds_of(task), words.running_since(task)) for task in shown],
            "tasks_hidden": len(tasks) - len(shown),
        }
    if tab == "subflows":
        return {"rows": words.as_rows(page_data.list_subflows(workspace, run.id))}
    if tab == "parameters":
        return {"parameters": words.parameters(run.parameters), "parameters_json": words.pretty(run.parameters)}
    if tab == "states":
        return {"states": page_data.list_past_states(workspace, run.id)}
    if tab == "events":
        allowed = Permission.SEE_EVENTS in place.grants
        events = page_data.list_events(workspace, run.id) if allowed else []
        return {"events": [(event, words.pretty(event.payload)) for event in events], "events_refused": not allowed}
    job_variables = page_data.plain(run.job_variables)
    return {"job_variables": words.pretty(job_variables) if job_variables else ""}


def log_context(workspace: UUID, run: RunPage, view: LogView) -> dict[str, Any]:
    lines = page_data.read_lines(workspace, run.id, level=view.level, last=view.last or run.lines) if run.lines else []
    first, last = (lines[0].number, lines[-1].number) if lines else (0, 0)
    return {
        "lines": lines, "view": view, "levels": LEVELS,
        "earlier": first - 1 if first > 1 and len(lines) == page_data.WINDOW else None,
        "later": min(last + page_data.WINDOW, run.lines) if view.last is not None and last < run.lines else None,
    }  # fmt: skip


def write_cursor(count: int, newest: datetime | None) -> str:
    """How many lines a browser has, and the moment of the last one."""
    return f"{count}-{newest.timestamp():.6f}" if newest else str(count)


def read_cursor(text: str) -> tuple[int, datetime | None]:
    count, _, moment = text[:60].partition("-")
    try:
        return int(count), datetime.fromtimestamp(float(moment), UTC) if moment else None
    except (ValueError, OverflowError):
        return 0, None


def live_url(place: Place, id: UUID, tab: str, view: LogView, lines: list[Line], run: RunPage) -> str:
    """The stream of this page; for the log, from the last line that the page shows on."""
    query = {"tab": tab}
    if tab == "logs" and view.last is None:
        query |= {"level": str(view.level), "shown": write_cursor(run.lines, lines[-1].timestamp if lines else None)}
    elif tab == "logs":
        query["tab"] = "none"
    return f"{reverse('run', args=[place.account_handle, place.workspace_handle, id])}/live?{urlencode(query)}"
