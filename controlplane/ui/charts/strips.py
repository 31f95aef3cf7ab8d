"""Small charts that stand in a table cell."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe


def sparkline(
    runs: Sequence[tuple[float | None, str]], *, label: str, width: int = 120, height: int = 24
) -> SafeString:
    """The last runs, oldest first, as (seconds, state): height is duration, colour is outcome."""
    if not runs:
        return mark_safe('<span class="absent">no runs yet</span>')
    top = max((seconds or 0 for seconds, _ in runs), default=0) or 1
    step = width / max(len(runs), 10)
    bars = format_html_join(
        "",
        '<rect class="bar" data-state="{}" x="{}" y="{}" width="{}" height="{}"/>',
        (
            (state, f"{index * step:.1f}", f"{height - tall:.1f}", f"{step * 0.8:.1f}", f"{tall:.1f}")
            for index, (state, tall) in enumerate(
                (state, max(2.0, (seconds or 0) / top * height)) for seconds, state in runs
            )
        ),
    )
    return format_html(
        '<svg class="sparkline" width="{}" height="{}" role="img" aria-label="{}"><title>{}</title>{}</svg>',
        width, height, label, label, bars,
    )  # fmt: skip


def heartbeat(beats: Sequence[bool], *, label: str, width: int = 120, height: int = 14) -> SafeString:
    """One cell for each stretch of time, filled where a sign of life came."""
    step = width / max(len(beats), 1)
    cells = format_html_join(
        "",
        '<rect class="{}" data-state="completed" x="{}" y="{}" width="{}" height="{}"/>',
        (
            ("bar" if beat else "chart-tick", f"{index * step:.1f}", 0 if beat else height - 2, f"{step * 0.75:.1f}",
             height if beat else 2)
            for index, beat in enumerate(beats)
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="heartbeat" width="{}" height="{}" role="img" aria-label="{}">{}</svg>', width, height, label, cells
    )
