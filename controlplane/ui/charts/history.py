"""How many runs ended how, in each stretch of time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from controlplane.ui.charts.places import percent

# Bottom to top; the last two are the ones to find at a glance.
ALL = "all"  # for what has no states: its bars are of one kind
STACK = (
    ALL,
    "completed",
    "running",
    "pending",
    "scheduled",
    "late",
    "paused",
    "cancelling",
    "cancelled",
    "crashed",
    "failed",
)
NOTHING = mark_safe("")


@dataclass(frozen=True)
class Bucket:
    """One bar: `label` is printed below ("" for most), `title` says its span, `counts` is state key -> runs."""

    title: str
    counts: Mapping[str, int]
    url: str = ""
    label: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def histogram(
    buckets: Sequence[Bucket], *, noun: str = "runs", id: str = "history", height: int = 64, now: int | None = None
) -> SafeString:
    """Stacked bars, each a link, with the same numbers as a table below. `now`: index of the first future bucket."""
    top = max((bucket.total for bucket in buckets), default=0)
    width = 100 / max(len(buckets), 1)
    bars = format_html_join(
        "", "{}", ((_bar(bucket, index * width, width, height, top, id),) for index, bucket in enumerate(buckets))
    )
    line = NOTHING
    if now is not None and 0 < now < len(buckets):
        place = percent(now * width)
        line = format_html('<line class="chart-now" x1="{0}" x2="{0}" y1="0" y2="{1}"/>', place, height)
    return format_html(
        '<figure class="histogram"><svg width="100%" height="{}" role="group" aria-label="{}">{}{}{}</svg>{}</figure>',
        height + 18,
        summary(buckets, noun),
        _patterns(id),
        bars,
        line,
        _as_table(buckets, noun),
    )


def summary(buckets: Iterable[Bucket], noun: str = "runs") -> str:
    """ "412 runs: 396 completed, 9 failed"; the most important last words are those of STACK, top first."""
    totals: dict[str, int] = {}
    for bucket in buckets:
        for state, count in bucket.counts.items():
            totals[state] = totals.get(state, 0) + count
    parts = [f"{totals[state]} {state}" for state in reversed(STACK) if totals.get(state) and state != ALL]
    total = f"{sum(totals.values())} {noun}"
    return f"{total}: {', '.join(parts)}" if parts else total


def _bar(bucket: Bucket, x: float, width: float, height: int, top: int, id: str) -> SafeString:
    parts = format_html_join("", "{}", ((part,) for part in _stack(bucket, x, width, height, top, id)))
    label = NOTHING
    if bucket.label:
        label = format_html(
            '<text class="chart-text" x="{}" y="{}" aria-hidden="true">{}</text>',
            percent(x),
            height + 14,
            bucket.label,
        )
    column = format_html(
        '<rect class="column" x="{}" y="0" width="{}" height="{}"/>', percent(x), percent(width), height
    )
    if not bucket.url:
        return format_html("<g>{}<title>{}</title></g>{}", parts, _words(bucket), label)
    # Not in the tab order: sixty stops would bar the way, and the table below has the same links.
    return format_html(
        '<a href="{}" tabindex="-1" aria-label="{}"><title>{}</title>{}{}</a>{}',
        bucket.url, _words(bucket), _words(bucket), column, parts, label,
    )  # fmt: skip


def _stack(bucket: Bucket, x: float, width: float, height: int, top: int, id: str) -> Iterable[SafeString]:
    place, wide = percent(x + width * 0.06), percent(width * 0.88)
    if not bucket.total:
        yield format_html('<rect class="chart-tick" x="{}" y="{}" width="{}" height="1"/>', place, height - 1, wide)
        return
    bottom = float(height)
    for state in STACK:
        count = bucket.counts.get(state, 0)
        if not count:
            continue
        tall = max(2.0, count / top * (height - 2))
        bottom -= tall
        box = (place, f"{max(bottom, 0):.1f}", wide, f"{max(tall - 0.5, 1):.1f}")
        yield format_html('<rect class="bar" data-state="{}" x="{}" y="{}" width="{}" height="{}"/>', state, *box)
        if state in ("failed", "crashed"):
            yield format_html('<rect fill="url(#{}-{})" x="{}" y="{}" width="{}" height="{}"/>', id, state, *box)


def _patterns(id: str) -> SafeString:
    return format_html(
        '<defs><pattern id="{0}-failed" width="5" height="5" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)">'
        '<line class="hatch" x1="0" y1="0" x2="0" y2="5"/></pattern>'
        '<pattern id="{0}-crashed" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<circle class="dots" cx="2" cy="2" r="0.8"/></pattern></defs>',
        id,
    )


def _words(bucket: Bucket) -> str:
    if ALL in bucket.counts:
        return f"{bucket.title}: {bucket.counts[ALL] or 'none'}"
    parts = [f"{bucket.counts[state]} {state}" for state in reversed(STACK) if bucket.counts.get(state)]
    return f"{bucket.title}: {', '.join(parts) or 'none'}"


def _as_table(buckets: Sequence[Bucket], noun: str) -> SafeString:
    states = [state for state in STACK if any(bucket.counts.get(state) for bucket in buckets)]
    head = format_html_join("", '<th scope="col" class="number">{}</th>', ((state.capitalize(),) for state in states))
    rows = format_html_join(
        "", "<tr><td>{}</td>{}</tr>", ((_link(bucket), _cells(bucket, states)) for bucket in buckets if bucket.total)
    )
    return format_html(
        '<details><summary>Show as table</summary><div class="table" tabindex="0" role="region"'
        ' aria-label="{0} as table">'
        '<table><thead><tr><th scope="col">When</th>{1}</tr></thead><tbody>{2}</tbody></table></div></details>',
        noun.capitalize(), head, rows,
    )  # fmt: skip


def _link(bucket: Bucket) -> SafeString:
    if not bucket.url:
        return format_html("{}", bucket.title)
    return format_html('<a href="{}">{}</a>', bucket.url, bucket.title)


def _cells(bucket: Bucket, states: Sequence[str]) -> SafeString:
    return format_html_join("", '<td class="number">{}</td>', ((bucket.counts.get(state, 0),) for state in states))
