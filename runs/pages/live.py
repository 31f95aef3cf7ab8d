"""What keeps the pages of runs live."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from controlplane.errors import NotFound
from controlplane.live.doors import Visit, live_door
from controlplane.live.frames import Addition, Look
from runs.pages import run_filter
from runs.pages.run import TABS, LogView, read_cursor, read_log_view, run_context, write_cursor
from runs.queries_pages import Pulse
from runs.services import page_data
from runs.services.page_words import as_rows, is_finished
from workspaces.permissions import Permission

# How long after its end a run may still bring lines and task runs.
SETTLED = timedelta(seconds=8)
FASTEST_REDRAW = 2.0


@live_door("w/<account>/<workspace>/runs/<id>/live", needs=Permission.SEE_FLOWS)
def watch_run(visit: Visit, id: str) -> "RunFeed":
    try:
        return RunFeed(visit, UUID(id))
    except ValueError as error:
        raise NotFound("There is no such run in this workspace.") from error


class RunFeed:
    """One run: its regions while they change, and its log line by line."""

    kinds: frozenset[str] = frozenset()

    def __init__(self, visit: Visit, id: UUID) -> None:
        self.place = visit.place
        self.id = id
        self.tab = visit.query.get("tab", "")
        self.view = LogView(read_log_view(visit.query).level) if self.tab == "logs" else LogView()
        # How many lines the browser has, of every level, and the moment of the last.
        self.shown, self.newest = read_cursor(visit.last or visit.query.get("shown", "0"))
        self.pulse: Pulse | None = None
        self.changed: datetime | None = None
        self.drawn: datetime | None = None

    def look(self, now: datetime) -> Look | None:
        pulse = page_data.read_pulse(self.place.workspace_id, self.id)
        if pulse is None:
            raise NotFound("There is no such run in this workspace. It may have been deleted.")
        if pulse != self.pulse or self.changed is None:
            self.pulse, self.changed = pulse, now
        elif not self.due(pulse, now):
            return Look(ended=self.is_over(pulse, now), again=self.pace(pulse, now))
        self.drawn = now
        look = self.draw(now)
        look.again = self.pace(pulse, now)
        return look

    def draw(self, now: datetime) -> Look:
        # The log is not drawn again, only continued; an older part of it stands still.
        tab = self.tab if self.tab in TABS else "logs"
        context = run_context(self.place, self.id, tab, self.view, now, tab_too=tab != "logs")
        regions: dict[str, str] = {
            name: render_to_string(f"runs/_{name.replace('-', '_')}.html", context)
            for name in ("run-state", "run-actions", "run-meta", "run-notice", "run-parts", "run-timeline", "run-tabs")
        }
        if tab != "logs":
            regions["run-tab"] = render_to_string("runs/_run_tab.html", context)
        additions = self.continue_log(context["run"].lines, now) if self.tab == "logs" else []
        return Look(regions, additions)

    def continue_log(self, count: int, now: datetime) -> list[Addition]:
        """New lines at the end; the whole log where lines came in between, or too many at once."""
        if count == self.shown:
            return []
        fresh = count - self.shown
        if fresh < 0 or fresh > page_data.WINDOW:
            return self.replace_log(now)
        lines = page_data.read_lines(self.place.workspace_id, self.id, last=count, limit=fresh)
        if self.newest is not None and lines and lines[0].timestamp <= self.newest:
            return self.replace_log(now)
        self.shown, self.newest = count, lines[-1].timestamp if lines else self.newest
        html = render_to_string(
            "runs/_lines.html", {"lines": [line for line in lines if line.level >= self.view.level]}
        )
        return [Addition("run-log", html, write_cursor(count, self.newest))]

    def replace_log(self, now: datetime) -> list[Addition]:
        context = run_context(self.place, self.id, "logs", self.view, now)
        lines = context["lines"]
        self.shown, self.newest = context["run"].lines, lines[-1].timestamp if lines else None
        return [
            Addition("run-tab", render_to_string("runs/_run_tab.html", context), write_cursor(self.shown, self.newest))
        ]

    def due(self, pulse: Pulse, now: datetime) -> bool:
        """Whether to draw although nothing was stored: bars grow, and what is scheduled becomes due."""
        if self.drawn is None or (is_finished(pulse.state_type) and self.is_over(pulse, now)):
            return False
        return (now - self.drawn).total_seconds() >= self.pace(pulse, now)

    def pace(self, pulse: Pulse, now: datetime) -> float:
        """Seconds between two drawings: fast at first, slower for what runs for hours.

        What has just ended is still being told of.
        """
        if is_finished(pulse.state_type):
            return FASTEST_REDRAW
        age = (now - pulse.state_timestamp).total_seconds() if pulse.state_timestamp else 0
        return max(FASTEST_REDRAW, min(age / 60, 30.0))

    def is_over(self, pulse: Pulse, now: datetime) -> bool:
        assert self.changed is not None
        quiet = now - max(self.changed, pulse.state_timestamp or self.changed)
        return is_finished(pulse.state_type) and quiet > SETTLED


@live_door("w/<account>/<workspace>/runs/live", needs=Permission.SEE_FLOWS)
def watch_runs(visit: Visit) -> "ListFeed":
    return ListFeed(visit)


class ListFeed:
    """The rows of a list as far as they were there, and how many came in above them."""

    kinds = frozenset({"event"})

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.top = visit.query.get("top", "")

    def look(self, now: datetime) -> Look:
        workspace = self.visit.workspace
        filter = run_filter.read_query(self.visit.query, now).filter
        regions: dict[str, str] = {}
        up_to, newer = run_filter.read_edge(self.top, "up_to"), run_filter.read_edge(self.top, "newer")
        context: dict[str, Any] = {"place": self.visit.place}
        if up_to is not None and newer is not None:
            rows, _ = page_data.list_rows(workspace, filter, now=now, edge=up_to)
            context["rows"] = as_rows(rows)
            regions["run-rows"] = render_to_string("runs/_rows.html", context)
            count = page_data.count_newer(workspace, filter, newer, now=now)
        else:
            rows, _ = page_data.list_rows(workspace, filter, now=now)
            count = len(rows)
        regions["run-newer"] = render_to_string("runs/_newer.html", {"count": count})
        return Look(regions)
