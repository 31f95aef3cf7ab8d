"""Every element on one page, with sample data: to look at while building, and for the accessibility test."""

import re
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from controlplane.ui import charts, shell
from controlplane.ui.page import page
from controlplane.ui.states import NAMES, STATUSES, TYPES

SPRITE = Path(__file__).parent / "static" / "ui" / "icons.svg"


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Shown in lists and in messages.")
    address = forms.CharField(label="Webhook URL", widget=forms.PasswordInput)
    hours = forms.IntegerField(label="Repeat every", required=False, help_text="In hours.")
    scope = forms.ChoiceField(
        choices=[("all", "All deployments"), ("tags", "Only with these tags")], widget=forms.RadioSelect
    )
    failed = forms.BooleanField(label="Failed or crashed", required=False, help_text="The rule most people want first.")


def design_page(request: HttpRequest) -> HttpResponse:
    user = getattr(request, "user", None)
    if not (settings.DEBUG or (user and user.is_active and user.is_staff)):
        raise Http404
    sample = SampleForm({"name": "data-alerts", "address": "", "scope": "all"})
    return page(request, "ui/design/page.html", {**frame(), **samples(), "form": sample})


def frame() -> dict[str, Any]:
    """What a room's context processor gives to every page of a workspace."""
    return {
        "navigation": [
            shell.Group(
                [
                    shell.Entry("Home", "/", "home", "h"),
                    shell.Entry("Runs", "/runs", "runs", "r", shell.Badge("3", "3 failed since your last visit")),
                    shell.Entry("Deployments", "/deployments", "deployment", "d"),
                    shell.Entry("Flows", "/flows", "flow", "f"),
                ]
            ),
            shell.Group(
                [
                    shell.Entry("Work pools", "/pools", "pool", "w"),
                    shell.Entry(
                        "Workers", "/workers", "worker", "", shell.Badge("1", "1 pool waits for a worker", "late")
                    ),
                ],
                "Infrastructure",
            ),
            shell.Group([shell.Entry("Notifications", "/notifications", "bell", "n")], "React"),
            shell.Group(
                [shell.Entry("API keys", "/keys", "key"), shell.Entry("Settings", "/settings", "settings")], "Workspace"
            ),
        ],
        "section": "Runs",
        "switcher": shell.Switcher(
            "Acme",
            "prod",
            [
                shell.Organisation(
                    "Acme",
                    [shell.Place("prod", "/", "running", current=True), shell.Place("dev", "/dev", "completed")],
                    "/o",
                ),
                shell.Organisation("Side project", [shell.Place("default", "/s", "late")]),
            ],
            "/new",
        ),
        "person": shell.Person(
            "Ada",
            "ada@acme.io",
            [shell.Link("Profile", "/me", "user"), shell.Link("My keys", "/me/keys", "key")],
            "/out",
        ),
        "palette_url": "/palette",
    }


def samples() -> dict[str, Any]:
    now = timezone.now()
    return {
        "types": [(kind, look.word) for kind, look in TYPES.items()],
        "names": list(NAMES),
        "statuses": list(STATUSES),
        "icons": re.findall(r'symbol id="([^"]+)"', SPRITE.read_text()),
        "moments": [
            now,
            now - timedelta(seconds=42),
            now - timedelta(minutes=5),
            now + timedelta(hours=16),
            now - timedelta(days=90),
        ],
        "durations": [0.34, 3.8, 12, 62, 3840, 180000, None],
        "start": now - timedelta(seconds=75),
        "table_rows": _rows(),
        "history": _history(),
        "timeline": _timeline(),
        "sparkline": charts.sparkline(
            [(3 + index % 7, "failed" if index % 9 == 4 else "completed") for index in range(30)],
            label="Last 30 runs: 27 completed, 3 failed",
        ),
        "heartbeat": charts.heartbeat(
            [index not in (20, 21, 22, 40) for index in range(60)], label="Seen in 56 of the last 60 half minutes"
        ),
        "log": [
            (1, now, 20, "Beginning flow run 'strange-sawfly' for flow 'train-forecast'", "flow"),
            (2, now, 10, "training xgb", "fit_model"),
            (3, now, 30, "HTTP 503 from upstream, page 2 attempt 1", "extract-2"),
            (
                4,
                now,
                40,
                "Task run failed: ValueError: Matrix is singular: column 'discount' is constant (n=4210)",
                "fit_model",
            ),
        ],
    }


def _rows() -> list[tuple[str, str, str, str, float | None]]:
    return [
        ("RUNNING", "Running", "quick-otter", "daily-orders-etl", 12),
        ("SCHEDULED", "Late", "astonishing-eagle", "long-sync", None),
        ("FAILED", "Failed", "strange-sawfly", "train-forecast", 3.8),
        ("COMPLETED", "Completed", "astute-butterfly", "daily-orders-etl", 10),
        ("CRASHED", "Crashed", "dapper-mole", "sync-crm", 62),
        ("CANCELLED", "Cancelled", "lucid-owl", "sync-crm", 18),
    ]


def _history() -> Any:
    counts = [
        {"completed": 20, "failed": 1},
        {"completed": 17},
        {"completed": 7},
        {"completed": 14, "crashed": 1},
        {},
        {"completed": 14, "failed": 3},
        {"completed": 20, "failed": 2},
        {"completed": 11},
        {"completed": 25, "late": 2},
    ]
    some = [count for count, _ in zip(cycle(counts), range(21), strict=False)]
    future = [{"scheduled": 6}, {"scheduled": 5, "late": 2}, {"scheduled": 3}]
    return charts.histogram(
        [
            charts.Bucket(
                f"{hour:02d}:00 to {hour + 1:02d}:00", count, f"?hour={hour}", f"{hour:02d}:00" if hour % 6 == 0 else ""
            )
            for hour, count in enumerate([*some, *future])
        ],
        now=21,
    )


def _timeline() -> Any:
    start = timezone.now()

    def at(seconds: float) -> Any:
        return start + timedelta(seconds=seconds)

    def row(name: str, state: str, begin: float, end: float, *earlier: float) -> charts.Row:
        starts = [begin, *earlier]
        stops = [*earlier, end]
        parts = [
            charts.Segment(
                at(left), at(right), state if right == end else "failed", "run" if right == end else "earlier"
            )
            for left, right in zip(starts, stops, strict=True)
        ]
        waited = charts.Segment(at(max(begin - 0.3, 0)), at(begin), state, "waiting")
        notes = [f"{len(earlier)} retry"] if earlier else []
        return charts.Row(name, state, state.capitalize(), [waited, *parts], f"#{name}", end - begin, notes)

    rows = [
        row("extract-0", "completed", 0, 1.8),
        row("extract-1", "completed", 0, 1.1),
        row("extract-2", "completed", 0.4, 3.5, 1.6),
        row("transform-a-rather-long-name-0", "completed", 1.9, 2.7),
        row("fit_model", "failed", 4.2, 5.0),
        charts.Row("publish", "running", "Running", [charts.Segment(at(4.4), None, "running")], "#publish"),
    ]
    return charts.gantt(rows, start=start, end=at(5.2))
