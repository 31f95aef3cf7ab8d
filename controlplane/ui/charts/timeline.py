"""Which tasks ran when: one row a task."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from controlplane.ui.charts.places import percent
from controlplane.ui.moments import duration

NOTHING = mark_safe("")
ROOM = 100.0  # percent; the words behind the last bar have room of their own beside the chart (chart.css)
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800)


@dataclass(frozen=True)
class Segment:
    """A stretch of a row. `end` None: it still goes on. `kind`: run, earlier (an attempt that was retried), waiting."""

    start: datetime
    end: datetime | None
    state: str
    kind: str = "run"


@dataclass(frozen=True)
class Row:
    name: str
    state: str
    word: str
    segments: Sequence[Segment]
    url: str = ""
    seconds: float | None = None
    notes: Sequence[str] = field(default=())  # read out after the name: "1 retry"


def gantt(
    rows: Sequence[Row], *, start: datetime, end: datetime, label: str = "Timeline", limit: int = 300
) -> SafeString:
    """A list of rows: a link and its bars between `start` and `end`. Above `limit` rows the rest is only counted.

    A row that failed is never among those left out, unless there are more than `limit` of them.
    """
    span = max((end - start).total_seconds(), 0.001)
    shown = _most_telling(rows, limit)
    drawn = format_html_join("", "{}", ((_row(row, start, end, span),) for row in shown))
    more = NOTHING
    if len(rows) > len(shown):
        more = format_html('<p class="gantt-more">{} more rows are not drawn.</p>', len(rows) - len(shown))
    return format_html(
        '<div class="gantt">{}<div class="gantt-axis" aria-hidden="true"><span></span>{}</div>'
        '<ol aria-label="{}">{}</ol>{}</div>',
        _lines(span), _axis(span), f"{label}: {len(rows)} rows over {duration(span)}", drawn, more,
    )  # fmt: skip


def _most_telling(rows: Sequence[Row], limit: int) -> Sequence[Row]:
    if len(rows) <= limit:
        return rows
    bad = [index for index, row in enumerate(rows) if row.state in ("failed", "crashed")][:limit]
    others = [index for index in range(len(rows)) if index not in set(bad)][: limit - len(bad)]
    return [rows[index] for index in sorted([*bad, *others])]


def _row(row: Row, start: datetime, end: datetime, span: float) -> SafeString:
    bars = format_html_join("", "{}", ((_segment(segment, start, end, span),) for segment in row.segments))
    last = max((_offset(segment.end or end, start, span) for segment in row.segments), default=0.0)
    words = ", ".join([row.word, *([duration(row.seconds)] if row.seconds is not None else []), *row.notes])
    name = format_html('{}<span class="visually-hidden">, {}</span>', row.name, words)
    head = (
        format_html('<a href="{}" title="{}">{}</a>', row.url, row.name, name)
        if row.url
        else format_html("<span>{}</span>", name)
    )
    return format_html(
        '<li data-state="{}">{}<svg width="100%" height="24" aria-hidden="true">{}{}{}</svg></li>',
        row.state, head, bars, _mark(row, last), _behind(row, last),
    )  # fmt: skip


def _segment(segment: Segment, start: datetime, end: datetime, span: float) -> SafeString:
    left = _offset(segment.start, start, span)
    wide = max(_offset(segment.end or end, start, span) - left, 0.2)
    if segment.kind == "waiting":
        return format_html(
            '<rect class="waiting" x="{}" y="8" width="{}" height="8" rx="2"/>', percent(left), percent(wide)
        )
    kind = "bar earlier" if segment.kind == "earlier" else "bar"
    # An open right edge: what still runs has no rounded end.
    corner = "0" if segment.end is None else "3"
    return format_html(
        '<rect class="{}" data-state="{}" x="{}" y="5" width="{}" height="14" rx="{}"/>',
        kind, segment.state, percent(left), percent(wide), corner,
    )  # fmt: skip


def _mark(row: Row, last: float) -> SafeString:
    """A cross behind what failed. A nested svg gives a path a place in percent."""
    if row.state not in ("failed", "crashed"):
        return NOTHING
    return format_html(
        '<svg x="{}" y="5" width="18" height="14"><path class="mark" d="M6 3.5l7 7m0-7l-7 7"/></svg>', percent(last)
    )


def _behind(row: Row, last: float) -> SafeString:
    if row.seconds is None:
        return NOTHING
    gap = 20 if row.state in ("failed", "crashed") else 6
    return format_html(
        '<text class="chart-text" x="{}" dx="{}" y="16">{}</text>', percent(last), gap, duration(row.seconds)
    )


def _axis(span: float) -> SafeString:
    drawn = format_html_join(
        "",
        '<text class="chart-text" x="{}" y="12">+{}</text>',
        ((percent(tick / span * ROOM), _tick(tick)) for tick in _ticks(span)),
    )
    return format_html('<svg width="100%" height="18">{}</svg>', drawn)


def _lines(span: float) -> SafeString:
    lines = format_html_join(
        "",
        '<line class="chart-line" x1="{0}" x2="{0}" y1="0" y2="100%"/>',
        ((percent(tick / span * ROOM),) for tick in _ticks(span)),
    )
    return format_html('<svg class="gantt-lines" aria-hidden="true">{}</svg>', lines)


def _ticks(span: float) -> list[float]:
    step = next((step for step in STEPS if span / step <= 6), STEPS[-1])
    return [index * step for index in range(int(span / step) + 1)]


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    if seconds < 3600:
        return f"{seconds / 60:g} m"
    return f"{seconds / 3600:g} h" if seconds < 86400 else f"{seconds / 86400:g} d"


def _offset(moment: datetime, start: datetime, span: float) -> float:
    share = (moment - start).total_seconds() / span
    return min(max(share, 0.0), 1.0) * ROOM
