"""The list of runs: filtered by its address, with a histogram, kept live without moving its rows."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from controlplane.ui import charts
from controlplane.ui.moments import date
from controlplane.ui.page import page
from runs.pages import run_filter
from runs.pages.run_filter import Asked
from runs.pages.visits import note_visit
from runs.services import page_data
from runs.services.page_filter import LOOKS, Edge, RunFilter
from runs.services.page_words import as_rows
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services.callers import Place

BARS = 24
SHORTEST = timedelta(seconds=1)
PERIODS = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}


@workspace_page(needs=Permission.SEE_FLOWS)
def runs_page(request: PageRequest) -> HttpResponse:
    workspace, now = request.place.workspace_id, request.now
    note_visit(request.session, workspace, now)
    asked = run_filter.read_query(request.GET.dict(), now)
    edge = read_page_edge(request.GET.dict())
    rows, more = page_data.list_rows(workspace, asked.filter, now=now, edge=edge)
    facts = page_data.read_list_facts(workspace, asked.filter, now=now)
    context: dict[str, Any] = {
        "rows": as_rows(rows), "facts": facts, "asked": asked, "section": "Runs",
        "chips": run_filter.chips(asked, facts.flow_name, facts.deployment_name),
        "state_choices": state_choices(asked), "period_choices": list(run_filter.PERIODS.items()),
        "kept": [(key, word) for key, word in asked.words.items() if key not in ("q", "state", "since")],
        "upcoming_words": f"{facts.upcoming} upcoming", "upcoming_url": asked.query(state="scheduled"),
        "connect": connect_lines(request.place),
    }  # fmt: skip
    if facts.has_runs:
        context |= draw_history(workspace, asked, now)
        context |= pager(asked, rows, edge, more)
        if edge is None and not asked.filter.is_upcoming:
            context["live_url"] = live_url(request.place, asked, rows[0] if rows else None, now)
    return page(request, "runs/runs.html", context)


def read_page_edge(query: dict[str, str]) -> Edge | None:
    if "before" in query:
        return run_filter.read_edge(query["before"], "older")
    return run_filter.read_edge(query["after"], "newer") if "after" in query else None


def state_choices(asked: Asked) -> list[tuple[str, str, bool]]:
    """The states to choose from; a selection of several stands as one more choice."""
    chosen = asked.words.get("state", "")
    choices = [(look, run_filter.word_of(look), look == chosen) for look in LOOKS]
    if "," in chosen:
        choices.insert(0, (chosen, ", ".join(run_filter.word_of(look) for look in asked.filter.looks), True))
    return choices


def pager(asked: Asked, rows: list[Any], edge: Edge | None, more: bool) -> dict[str, str]:
    """Addresses of the pages beside this one. `more` lies away from the edge; towards it there is always a page."""
    if not rows:
        return {}
    backwards = edge is not None and edge.side == "newer"
    found = {}
    if more or backwards:
        found["older_url"] = asked.query(before=run_filter.write_edge(rows[-1].expected_start_time, rows[-1].id))
    if edge is not None and (more or not backwards):
        found["newer_url"] = asked.query(after=run_filter.write_edge(rows[0].expected_start_time, rows[0].id))
    return found


def live_url(place: Place, asked: Asked, first: Any, now: datetime) -> str:
    """The stream of this list: its rows up to the first one, and how many came in above it."""
    address = reverse("runs", args=[place.account_handle, place.workspace_handle])
    top = run_filter.write_edge(first.expected_start_time, first.id) if first else ""
    return f"{address}/live?{urlencode({**asked.words, 'top': top})}"


def draw_history(workspace: Any, asked: Asked, now: datetime, *, address: str = "") -> dict[str, Any]:
    """The histogram of what the filter finds, over its own span or a day; bars lead to the list at `address`."""
    filter = asked.filter
    start, length, words = span_of(asked, now)
    wide = RunFilter(
        looks=filter.looks,
        flow=filter.flow,
        deployment=filter.deployment,
        pool=filter.pool,
        tag=filter.tag,
        text=filter.text,
    )
    found = page_data.count_bars(workspace, wide, start=start, bars=BARS, length=length, now=now)
    counts: list[dict[str, int]] = [{} for _ in range(BARS)]
    for bar in found:
        count = counts[min(bar.bucket, BARS - 1)]
        count[bar.look] = count.get(bar.look, 0) + bar.runs
    buckets = [
        bucket(asked, start + place * length, length, count, place, address) for place, count in enumerate(counts)
    ]
    total = sum(bucket.total for bucket in buckets)
    summary = charts.summary(buckets).partition(": ")[2]
    return {
        "history": charts.histogram(buckets), "history_title": f"{total} {'run' if total == 1 else 'runs'} {words}",
        "history_summary": summary.replace(", ", " · "),
    }  # fmt: skip


def span_of(asked: Asked, now: datetime) -> tuple[datetime, timedelta, str]:
    start, end = asked.filter.since, asked.filter.until
    if "from" in asked.words and start is not None and end is not None and start < end:
        return start, max((end - start) / BARS, SHORTEST), "in this time"
    if asked.filter.is_upcoming:
        return now, PERIODS["24h"] / BARS, "in the next 24 hours"
    period = asked.words.get("since", "24h")
    length = PERIODS[period] / BARS
    # Whole steps, so that the bars stand still between two visits; the last one is the current step.
    step = length.total_seconds()
    last = datetime.fromtimestamp(now.timestamp() // step * step, tz=now.tzinfo)
    return last - (BARS - 1) * length, length, f"in the {run_filter.PERIODS[period].lower()}"


def bucket(
    asked: Asked, start: datetime, length: timedelta, counts: dict[str, int], place: int, address: str
) -> charts.Bucket:
    end = start + length
    url = address + asked.query(
        since=None, **{"from": start.isoformat(timespec="seconds"), "to": end.isoformat(timespec="seconds")}
    )
    within_day = length < timedelta(days=1)
    start, end = timezone.localtime(start), timezone.localtime(end)
    title = f"{date(start)}, {start:%H:%M}–{end:%H:%M}" if within_day else date(start)
    label = (f"{start:%H:%M}" if length <= timedelta(hours=2) else f"{start.day} {start:%b}") if place % 6 == 0 else ""
    return charts.Bucket(title, counts, url if sum(counts.values()) else "", label)


def connect_lines(place: Place) -> str:
    """What connects a machine to this workspace."""
    api = f"{settings.PUBLIC_URL}/api"
    return (
        f'export PREFECT_CLOUD_API_URL="{api}"\n'
        f'export PREFECT_API_URL="{api}/accounts/{place.account_id}/workspaces/{place.workspace_id}"\n'
        'export PREFECT_API_KEY="<your API key>"\n'
        "python my_flow.py"
    )
