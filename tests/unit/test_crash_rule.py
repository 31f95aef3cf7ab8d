"""Two signals, and time for the run to be heard."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.rules.crashing import Signs, describe, judge, silence

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def signs(seen, **more):
    return Signs(seen=ago(seen), interval_seconds=60, **{
        name: ago(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in more.items()
    })  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "found", "verdict"),
    [
        ("two heartbeats are missing", signs(179), "alive"),
        ("three are", signs(181), "suspect"),
        ("but there was a log", signs(999, last_log=170), "alive"),
        ("but a task changed", signs(999, last_task=170), "alive"),
        ("but its own state changed", signs(999, state_timestamp=170), "alive"),
        ("nothing came lately", signs(999, last_log=500, last_task=400, state_timestamp=600), "suspect"),
        ("its worker is online", signs(300, worker="w", worker_online=True), "alive"),
        ("its worker is online, and would have told", signs(361, worker="w", worker_online=True), "suspect"),
        ("its worker is offline", signs(181, worker="w", worker_online=False), "suspect"),
        ("suspected since a moment", signs(999, suspected=59, checked=15), "doubted"),
        ("suspected for long enough", signs(999, suspected=60, checked=15), "crashed"),
        ("but nobody looked in between", signs(999, suspected=500, checked=61), "suspect"),
        ("but it speaks again", signs(999, suspected=500, checked=15, last_log=3), "alive"),
    ],
)
def test_a_silent_run_is_judged(_case, found, verdict):
    assert judge(found, NOW) == verdict


@pytest.mark.parametrize(
    ("_case", "online", "words"),
    [("offline", False, " Its worker 'w' is offline."), ("not known", None, "")],
)
def test_the_message_says_why(_case, online, words):
    found = signs(200, worker="w", worker_online=online)
    assert describe(found, NOW) == (
        f"No heartbeat for 200 seconds, and no other sign of life: the flow run's process is gone.{words}"
    )


EACH = "The run's process sends one every 60 seconds. "
NOTHING = "Nothing else was heard of it since. If that goes on, the run is marked as crashed."


@pytest.mark.parametrize(
    ("_case", "found", "words"),
    [
        ("on time", signs(60), None),
        ("a little late", signs(90), None),
        ("late", signs(91), EACH + NOTHING),
        ("late, and at work", signs(999, last_log=30, last_task=170),
         EACH + "Its log or a task of it was heard 30 seconds ago, so it is at work."),
        ("late, and its worker is there", signs(91, worker="w", worker_online=True),
         EACH + "Its worker 'w' is online. " + NOTHING),
        ("silent", signs(300, last_log=290, worker="w", worker_online=False),
         EACH + "Its worker 'w' is offline. There is no other sign of life: if none comes soon, the run is marked as "
         "crashed."),
    ],
)  # fmt: skip
def test_what_the_page_of_a_silent_run_says(_case, found, words):
    said = silence(found, NOW)
    assert (None if said is None else said.words) == words
    assert said is None or said.seen == found.seen
