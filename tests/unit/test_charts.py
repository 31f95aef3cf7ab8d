"""Charts are pure: the same facts give the same SVG, and nothing in them can become markup."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.ui import charts

START = datetime(2026, 11, 22, 13, 29, 3, tzinfo=UTC)


def at(seconds):
    return START + timedelta(seconds=seconds)


def row(name="extract", state="completed", seconds=2.0, **more):
    segment = charts.Segment(START, at(seconds), state)
    return charts.Row(name, state, state.capitalize(), [segment], "/task", seconds, **more)


def drawn(rows, seconds=10, **more):
    return charts.gantt(rows, start=START, end=at(seconds), **more)


@pytest.mark.parametrize(
    ("_case", "chart"),
    [
        ("histogram", charts.histogram([charts.Bucket("<b>", {"failed": 1}, '"><b>', "<b>")], noun="<b>", id="<b>")),
        ("gantt", drawn([row("<b>", notes=["<b>"])], label="<b>")),
        ("sparkline", charts.sparkline([(1.0, '"><b>')], label="<b>")),
        ("heartbeat", charts.heartbeat([True], label="<b>")),
    ],
)
def test_texts_are_escaped(_case, chart):
    assert "<b>" not in chart
    assert "&lt;b&gt;" in chart


@pytest.mark.parametrize(
    ("_case", "chart"),
    [
        ("histogram", charts.histogram([charts.Bucket("one", {"failed": 1, "crashed": 1}, "/", "00:00")])),
        ("gantt", drawn([row(), row(state="failed")])),
        ("sparkline", charts.sparkline([(1.0, "failed")], label="one run")),
        ("heartbeat", charts.heartbeat([True, False], label="seen once")),
    ],
)
def test_no_inline_style_that_the_content_security_policy_would_drop(_case, chart):
    assert "style" not in chart


def test_a_bar_is_stacked_with_failures_on_top():
    chart = charts.histogram([charts.Bucket("13:00", {"failed": 1, "completed": 3})], height=42)
    bars = re.findall(r'class="bar" data-state="(\w+)" x="[^"]+" y="([^"]+)" width="[^"]+" height="([^"]+)"', chart)
    assert bars == [("completed", "12.0", "29.5"), ("failed", "2.0", "9.5")]


@pytest.mark.parametrize(
    ("_case", "state", "pattern"),
    [("failed is hatched", "failed", 1), ("crashed is dotted", "crashed", 1), ("completed is plain", "completed", 0)],
)
def test_what_went_wrong_is_not_told_by_colour_alone(_case, state, pattern):
    chart = charts.histogram([charts.Bucket("13:00", {state: 1})], id="h")
    assert chart.count(f"url(#h-{state})") == pattern


def test_each_bar_leads_to_its_runs_and_so_does_its_row_in_the_table():
    chart = charts.histogram([charts.Bucket("13:00 to 14:00", {"completed": 2, "failed": 1}, "?hour=13")])
    assert chart.count('href="?hour=13"') == 2
    assert 'aria-label="13:00 to 14:00: 1 failed, 2 completed"' in chart


def test_an_empty_bucket_leaves_a_tick_and_no_row():
    chart = charts.histogram([charts.Bucket("13:00", {}), charts.Bucket("14:00", {"completed": 1})])
    assert chart.count('class="chart-tick"') == 1
    assert chart.count("<tr>") == 2  # head and one bucket


@pytest.mark.parametrize(
    ("_case", "now", "lines"), [("not given", None, 0), ("between", 1, 1), ("before all", 0, 0), ("after all", 2, 0)]
)
def test_a_line_marks_now_between_past_and_future(_case, now, lines):
    buckets = [charts.Bucket("13:00", {"completed": 1}), charts.Bucket("14:00", {"scheduled": 1})]
    assert charts.histogram(buckets, now=now).count('class="chart-now"') == lines


@pytest.mark.parametrize(
    ("_case", "buckets", "sentence"),
    [
        ("nothing", [], "0 runs"),
        (
            "worst first",
            [{"completed": 5, "failed": 1}, {"completed": 2, "late": 3}],
            "11 runs: 1 failed, 3 late, 7 completed",
        ),
    ],
)
def test_the_summary_says_the_totals(_case, buckets, sentence):
    assert charts.summary([charts.Bucket("", counts) for counts in buckets]) == sentence


def test_a_history_without_any_run_can_be_drawn():
    assert 'aria-label="0 runs"' in charts.histogram([])


def test_a_segment_lies_in_percent_of_the_span():
    chart = drawn([charts.Row("a", "completed", "Completed", [charts.Segment(at(5), at(10), "completed")])])
    assert '<rect class="bar" data-state="completed" x="50.00%" y="5" width="50.00%" height="14" rx="3"/>' in chart


def test_a_segment_that_goes_on_reaches_the_end_and_has_no_round_corner():
    chart = drawn([charts.Row("a", "running", "Running", [charts.Segment(at(5), None, "running")])])
    assert 'x="50.00%" y="5" width="50.00%" height="14" rx="0"' in chart


def test_an_attempt_that_was_retried_is_its_own_segment():
    parts = [charts.Segment(START, at(2), "failed", "earlier"), charts.Segment(at(3), at(10), "completed")]
    chart = drawn([charts.Row("a", "completed", "Completed", parts, "/a", 10, ["1 retry"])])
    assert chart.count('class="bar earlier"') == 1
    assert chart.count('class="bar"') == 1
    assert 'a<span class="visually-hidden">, Completed, 10 s, 1 retry</span>' in chart


def test_what_lies_outside_the_span_is_cut():
    chart = drawn([charts.Row("a", "completed", "Completed", [charts.Segment(at(-5), at(50), "completed")])])
    assert 'x="0.00%" y="5" width="100.00%"' in chart


@pytest.mark.parametrize(
    ("_case", "state", "marks"), [("failed", "failed", 1), ("crashed", "crashed", 1), ("fine", "completed", 0)]
)
def test_a_row_that_failed_has_a_cross(_case, state, marks):
    assert drawn([row(state=state)]).count('class="mark"') == marks


def test_above_the_limit_the_failed_rows_are_kept():
    rows = [row(f"task-{index}", "failed" if index == 8 else "completed") for index in range(10)]
    chart = drawn(rows, limit=3)
    assert re.findall(r'title="(task-\d)"', chart) == ["task-0", "task-1", "task-8"]
    assert "7 more rows are not drawn." in chart


@pytest.mark.parametrize(
    ("_case", "seconds", "ticks"),
    [
        ("seconds", 5, ["+0 s", "+1 s", "+2 s", "+3 s", "+4 s", "+5 s"]),
        ("minutes", 300, ["+0 s", "+1 m", "+2 m", "+3 m", "+4 m", "+5 m"]),
        ("no length", 0, ["+0 s"]),
    ],
)
def test_the_axis_has_few_round_steps(_case, seconds, ticks):
    assert re.findall(r">(\+[^<]+)</text>", drawn([row()], seconds)) == ticks


def test_a_sparkline_is_as_high_as_the_longest_run():
    chart = charts.sparkline([(10.0, "completed"), (5.0, "failed")], label="Two runs")
    assert re.findall(r'y="([^"]+)" width="[^"]+" height="([^"]+)"', chart) == [("0.0", "24.0"), ("12.0", "12.0")]


def test_no_runs_are_said_in_words():
    assert charts.sparkline([], label="") == '<span class="absent">no runs yet</span>'
