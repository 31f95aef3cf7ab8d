"""What is done about an alert: grouping, follow-ups, edits, quiet, limits, reminders, escalation, ends."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace

from notifications.rules.calendar import next_digest, quiet_until
from notifications.rules.deciding import Act, Alert, Usage, end, gate, observe, plan, resolve
from notifications.rules.facts import Fact, about, ended_by, kind_of
from notifications.rules.wanting import group_key, wants
from notifications.rules.wording import Told, compose, message_of, parameters_of, words_for
from notifications.wire.policies import Digest, Escalation, Group, Policy, QuietHours, Watch

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday
ONE, TWO = UUID(int=1), UUID(int=2)
NOTHING_TOLD = Usage()


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def policy(**fields) -> Policy:
    values = {
        "id": ONE, "created": NOON, "updated": NOON, "name": "failures", "enabled": True, "severity": "warning",
        "watch": Watch(state_types=["FAILED", "CRASHED"]), "channel_ids": [TWO], "group": Group(), "dedupe_seconds": 60,
        "digest": None, "reminder_minutes": None, "resolve": "edit", "quiet_hours": None, "escalation": None,
        "fallback_channel_id": None, "most_per_hour": 60, "muted_until": None, "subject_template": None,
        "body_template": None, **fields,
    }  # fmt: skip
    return Policy(**values)


def fact(number: int = 1, *, seconds: float = 0, state_type: str = "FAILED", **fields) -> Fact:
    run = uuid5(ONE, f"run {number}")
    name = {"FAILED": "Failed", "COMPLETED": "Completed", "CRASHED": "Crashed"}.get(state_type, state_type.title())
    values = {
        "workspace_id": ONE, "event_id": uuid5(run, state_type), "event": f"prefect.flow-run.{name}",
        "kind": "run-state", "occurred": at(seconds), "received": at(seconds), "resource_id": f"prefect.flow-run.{run}",
        "state_type": state_type, "state_name": name, "state_message": "ValueError: no", "flow_run_id": run,
        "flow_run": f"run-{number}", "flow_id": uuid5(ONE, "flow"), "flow": "etl",
        "deployment_id": uuid5(ONE, "deployment"), "deployment": "nightly", **fields,
    }  # fmt: skip
    return Fact(**values)


def alert_of(count: int = 1, policy_: Policy | None = None) -> Alert:
    alert = None
    for number in range(count):
        one = fact(number, seconds=number * 0.1)
        alert = observe(alert, policy_ or policy(), one, message_of(one, page="p"), id=TWO, now=at(0))
    assert alert is not None
    return replace(alert, group_key=group_key(policy_ or policy(), fact()))


def acts_over(
    alert: Alert, rules: Policy, seconds: list[float], usage: Usage = NOTHING_TOLD
) -> list[tuple[float, str]]:
    """What is done at each of these times, with nothing happening in between."""
    done = []
    for second in seconds:
        decided = plan(alert, rules, usage, at(second))
        alert, usage = decided.alert, decided.usage
        done += [(second, act.what) for act in decided.acts]
    return done


@pytest.mark.parametrize(
    ("_case", "watch", "fields", "wanted"),
    [
        ("a state's type", {"state_types": ["FAILED"]}, {}, True),
        ("another type", {"state_types": ["COMPLETED"]}, {}, False),
        ("a state's name", {"state_names": ["Failed"]}, {}, True),
        ("any tag", {"state_types": ["FAILED"], "tags": ["a", "b"]}, {"tags": ("b",)}, True),
        ("all tags", {"state_types": ["FAILED"], "tags": ["a", "b"], "match_tags": "all"}, {"tags": ("b",)}, False),
        ("no tag", {"state_types": ["FAILED"], "tags": ["a"]}, {}, False),
        ("the deployment", {"state_types": ["FAILED"], "deployment_ids": [uuid5(ONE, "deployment")]}, {}, True),
        ("another deployment", {"state_types": ["FAILED"], "deployment_ids": [TWO]}, {}, False),
        ("another flow", {"state_types": ["FAILED"], "flow_ids": [TWO]}, {}, False),
        ("a pool by glob", {"state_types": ["FAILED"], "work_pools": ["k8s-*"]}, {"work_pool": "k8s-eu"}, True),
        ("another pool", {"state_types": ["FAILED"], "work_pools": ["k8s-*"]}, {"work_pool": "local"}, False),
        ("the flow's name by glob", {"state_types": ["FAILED"], "names": ["et?"]}, {}, True),
        ("no name", {"state_types": ["FAILED"], "names": ["prod-*"]}, {}, False),
        ("a kind", {"kinds": ["pool-not-ready"]}, {"kind": "pool-not-ready"}, True),
        ("another kind", {"kinds": ["sla-violation"]}, {"kind": "pool-not-ready"}, False),
        ("its own channel failing", {"kinds": ["notification-failing"]},
            {"kind": "notification-failing", "channel_id": TWO}, False),
        ("found for another policy", {"state_types": ["FAILED"]}, {"rule_id": TWO}, False),
    ],
)  # fmt: skip
def test_a_policy_wants_what_it_watches(_case, watch, fields, wanted):
    assert wants(policy(watch=Watch(**watch)), fact(**fields)) is wanted


@pytest.mark.parametrize(
    ("_case", "by", "fields", "key"),
    [
        ("by deployment", "deployment", {}, f"failed:deployment:{uuid5(ONE, 'deployment')}"),
        ("crashed is failed too", "deployment", {"state_type": "CRASHED"},
            f"failed:deployment:{uuid5(ONE, 'deployment')}"),
        ("without a deployment by flow", "deployment", {"deployment_id": None}, f"failed:flow:{uuid5(ONE, 'flow')}"),
        ("by flow", "flow", {}, f"failed:flow:{uuid5(ONE, 'flow')}"),
        ("by tag", "tag", {"tags": ("z", "a")}, "failed:tag:a"),
        ("each by itself", "none", {}, f"event:{fact().event_id}"),
        ("late is another trouble", "deployment", {"state_type": "SCHEDULED"},
            f"scheduled:deployment:{uuid5(ONE, 'deployment')}"),
    ],
)  # fmt: skip
def test_facts_of_one_trouble_have_one_key(_case, by, fields, key):
    assert group_key(policy(group=Group(by=by)), fact(**fields)) == key


@pytest.mark.parametrize(
    ("_case", "opening", "ending", "ends"),
    [
        ("the deployment's next success", fact(1), fact(2, state_type="COMPLETED"), True),
        ("another failure", fact(1), fact(2), False),
        ("a success elsewhere", fact(1), fact(2, state_type="COMPLETED", deployment_id=TWO), False),
        ("a late run that begins", fact(1, state_type="SCHEDULED"), fact(1, state_type="RUNNING"), True),
        ("another late run that begins", fact(1, state_type="SCHEDULED"), fact(2, state_type="RUNNING"), False),
        ("a paused run that was cancelled", fact(1, state_type="PAUSED"), fact(1, state_type="CANCELLED"), True),
        ("a long run that ended", fact(1, kind="run-too-long"), fact(1), True),
        ("a long run that is cancelling", fact(1, kind="run-too-long"), fact(1, state_type="CANCELLING"), False),
        ("a pool that is ready", fact(1, kind="pool-not-ready", resource_id="prefect.work-pool.1"),
            fact(1, kind="", event="prefect.work-pool.ready", resource_id="prefect.work-pool.1"), True),
        ("another pool", fact(1, kind="pool-not-ready", resource_id="prefect.work-pool.1"),
            fact(1, kind="", event="prefect.work-pool.ready", resource_id="prefect.work-pool.2"), False),
        ("a completion is no trouble", fact(1, state_type="COMPLETED"), fact(2, state_type="COMPLETED"), False),
    ],
)  # fmt: skip
def test_a_trouble_ends_with_what_ends_it(_case, opening, ending, ends):
    assert (about(opening) in ended_by(ending)) is ends


@pytest.mark.parametrize(
    ("_case", "rules", "expected"),
    [
        ("once", {}, [(0, "opened")]),
        ("reminded", {"reminder_minutes": 5},
            [(0, "opened"), (300, "reminder"), (600, "reminder"), (1500, "reminder")]),
        ("escalated once", {"escalation": Escalation(after_minutes=5, channel_id=ONE)},
            [(0, "opened"), (300, "escalation")]),
        ("muted", {"muted_until": at(9999)}, []),
        ("turned off", {"enabled": False, "reminder_minutes": 1}, []),
    ],
)  # fmt: skip
def test_an_alert_is_told_in_time(_case, rules, expected):
    assert acts_over(alert_of(1), policy(**rules), [0, 5, 299, 300, 301, 600, 1500]) == expected


def test_500_failures_are_one_message_then_edits_and_one_follow_up():
    rules, usage, alert, done = policy(group=Group(window_seconds=60)), NOTHING_TOLD, None, []
    for number in range(500):
        one = fact(number, seconds=number * 0.1)
        alert = observe(alert, rules, one, message_of(one, page="p"), id=TWO, now=one.occurred)
        decided = plan(alert, rules, usage, one.occurred)
        alert, usage = decided.alert, decided.usage
        done += [(act.what, act.target, act.is_quiet) for act in decided.acts]
    assert done == [("opened", 0, False), *[("edit", 0, False)] * 4]
    assert (alert.count, alert.told) == (500, 1)
    assert alert.next_due == at(50)
    edited = plan(alert, rules, usage, at(50))
    assert [act.what for act in edited.acts] == ["edit"]
    assert edited.alert.next_due == at(60)
    followed = plan(edited.alert, rules, edited.usage, at(60))
    assert followed.acts == (Act("more", 1, 0, True),), "only for channels that cannot edit"
    assert followed.alert.told == 500
    assert followed.usage.hour_posts == 2


def test_a_failure_after_the_window_is_loud_again_and_takes_the_edits():
    rules = policy(group=Group(window_seconds=60))
    alert = plan(alert_of(1), rules, NOTHING_TOLD, at(0)).alert
    late = fact(9, seconds=120)
    again = plan(
        observe(alert, rules, late, message_of(late, page="p"), id=TWO, now=at(120)), rules, NOTHING_TOLD, at(120)
    )
    assert again.acts == (Act("more", 1, 0, False),)
    assert again.alert.anchor == 1
    ended = end(again.alert, ended_by(fact(10, seconds=150, state_type="COMPLETED")), at(150))
    assert [(act.what, act.target) for act in plan(ended, rules, NOTHING_TOLD, at(150)).acts] == [
        ("edit", 1),
        ("edit", 0),
    ]


def test_the_same_run_in_the_same_state_is_counted_once_in_its_window():
    rules, alert = policy(), alert_of(1)
    again = replace(fact(0), occurred=at(30))
    assert observe(alert, rules, again, alert.last, id=TWO, now=at(30)) is alert
    later = replace(again, occurred=at(61))
    assert observe(alert, rules, later, alert.last, id=TWO, now=at(61)).count == 2


@pytest.mark.parametrize(
    ("_case", "how", "expected"),
    [
        ("shown in the first message", "edit", ["edit"]),
        ("told too", "message", ["resolved"]),
        ("not told", "none", []),
    ],
)
def test_an_end_is_told_as_the_policy_says(_case, how, expected):
    rules = policy(resolve=how)
    opened = plan(alert_of(3), rules, NOTHING_TOLD, at(1)).alert
    ended = end(opened, ended_by(fact(9, seconds=840, state_type="COMPLETED")), at(840))
    assert (ended.state, ended.resolved_by) == ("RESOLVED", "event")
    decided = plan(ended, rules, NOTHING_TOLD, at(840))
    assert [act.what for act in decided.acts] == expected
    if expected:
        words = compose(decided.alert, decided.acts[0].what, Told(), at(840))
        assert words.headline == "✅ etl / nightly recovered after 14 min, 3 runs failed"
        assert (words.is_resolved, words.incident) == (True, str(TWO))
    later = plan(decided.alert, rules, NOTHING_TOLD, at(900))
    assert [act.what for act in later.acts] == (["edit"] if how == "message" else [])
    assert later.alert.next_due is None
    assert plan(later.alert, rules, NOTHING_TOLD, at(9000)).acts == ()


def test_a_success_that_is_older_than_the_failure_ends_nothing():
    alert = alert_of(1)
    assert end(alert, ended_by(fact(9, state_type="COMPLETED")), at(-1)) is alert


@pytest.mark.parametrize("state", ["ACKNOWLEDGED", "SNOOZED"])
def test_what_somebody_has_in_hand_rings_no_more(state):
    rules = policy(
        reminder_minutes=1, escalation=Escalation(after_minutes=2, channel_id=ONE), group=Group(window_seconds=30)
    )
    opened = plan(alert_of(2), rules, NOTHING_TOLD, at(0)).alert
    one = fact(7, seconds=20)
    opened = observe(opened, rules, one, message_of(one, page="p"), id=TWO, now=at(20))
    handled = replace(opened, state=state, snoozed_until=at(7200) if state == "SNOOZED" else None)
    done = [what for _, what in acts_over(handled, rules, [60, 600, 3600])]
    assert done == ["edit"], "edits make no noise"


def test_a_snooze_that_is_over_tells_what_happened_meanwhile():
    opened = plan(alert_of(1), policy(), NOTHING_TOLD, at(0)).alert
    one = fact(7, seconds=1000)
    opened = observe(opened, policy(), one, message_of(one, page="p"), id=TWO, now=at(1000))
    snoozed = replace(opened, state="SNOOZED", snoozed_until=at(3600))
    assert plan(snoozed, policy(), NOTHING_TOLD, at(3599)).alert.next_due == at(3600)
    woken = plan(snoozed, policy(), NOTHING_TOLD, at(3600))
    assert [act.what for act in woken.acts if act.what != "edit"] == ["more"]
    assert woken.alert.state == "OPEN"


def test_an_alert_of_which_nothing_is_heard_is_closed_without_a_word():
    rules = policy(group=Group(close_after_minutes=60))
    opened = plan(alert_of(1), rules, NOTHING_TOLD, at(0)).alert
    assert opened.next_due == at(3600)
    closed = plan(opened, rules, NOTHING_TOLD, at(3600))
    assert (closed.acts, closed.alert.state, closed.alert.resolved_by) == ((), "RESOLVED", "silence")


def test_what_is_over_the_most_per_hour_is_held_for_its_end():
    rules, usage = policy(most_per_hour=2), Usage(hour_started=NOON, hour_posts=2)
    held = plan(alert_of(3), rules, usage, at(10))
    assert (held.acts, held.alert.held, held.alert.told) == ((), True, 0)
    assert held.usage.digest_due == NOON + timedelta(hours=1)
    assert gate(rules, usage, NOON + timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("_case", "quiet", "now", "ends"),
    [
        ("before", {}, "2026-11-23T20:59:59Z", None),
        ("22:00 in Berlin is 21:00 UTC", {}, "2026-11-23T21:00:00Z", "2026-11-24T06:00:00Z"),
        ("past midnight", {}, "2026-11-24T03:00:00Z", "2026-11-24T06:00:00Z"),
        ("over", {}, "2026-11-24T06:00:00Z", None),
        ("not on this day", {"days": [2]}, "2026-11-23T22:00:00Z", None),
        ("begun the day before", {"days": [1]}, "2026-11-24T03:00:00Z", "2026-11-24T06:00:00Z"),
        ("a night with one hour less", {}, "2026-03-29T00:30:00Z", "2026-03-29T05:00:00Z"),
        ("within one day", {"start": "12:00", "end": "13:00"}, "2026-11-23T11:30:00Z", "2026-11-23T12:00:00Z"),
        ("a whole day", {"start": "00:00", "end": "00:00", "days": [7]},
            "2026-11-22T12:00:00Z", "2026-11-22T23:00:00Z"),
    ],
)  # fmt: skip
def test_quiet_hours_are_kept_in_their_time_zone(_case, quiet, now, ends):
    hours = QuietHours(**{"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin", **quiet})
    found = quiet_until(hours, datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(ends) if ends else None)


@pytest.mark.parametrize(
    ("_case", "severity", "holds_critical", "is_held"),
    [("a warning waits", "warning", False, True), ("critical does not", "critical", False, False),
        ("unless it is told to", "critical", True, True)],
)  # fmt: skip
def test_quiet_hours_let_what_is_critical_through(_case, severity, holds_critical, is_held):
    hours = QuietHours(start="11:00", end="13:00", holds_critical=holds_critical)
    decided = plan(alert_of(1), policy(severity=severity, quiet_hours=hours), NOTHING_TOLD, at(0))
    assert (decided.alert.held, len(decided.acts)) == (is_held, 0 if is_held else 1)
    if is_held:
        assert decided.usage.digest_due == datetime(2026, 11, 23, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("_case", "digest", "due"),
    [
        ("every quarter of an hour", Digest(every_minutes=15), "2026-11-23T12:15:00Z"),
        ("later today", Digest(daily_at="18:00"), "2026-11-23T18:00:00Z"),
        ("tomorrow", Digest(daily_at="09:00", time_zone="America/New_York"), "2026-11-23T14:00:00Z"),
        ("at this very minute it is tomorrow", Digest(daily_at="12:00"), "2026-11-24T12:00:00Z"),
    ],
)
def test_a_digest_comes_at_its_time(_case, digest, due):
    assert next_digest(digest, NOON) == datetime.fromisoformat(due)


def test_a_person_who_resolves_is_named():
    resolved = resolve(alert_of(2), by="Ada", at=at(60))
    assert compose(resolved, "edit", Told(), at(60)).headline == "✅ etl / nightly was resolved by Ada"


def test_the_words_of_a_message_say_how_often_and_since_when():
    story = Told(
        error="Traceback (most recent call last):\n  File x\nValueError: no", task="load", seconds=63,
        last_success=at(-7200), failures_in_hour=4,
        parameters={"day": "2026-11-22", "api_token": "s3cret", "rows": [1, 2]},
    )  # fmt: skip
    words = compose(alert_of(3), "opened", story, at(1))
    assert words.headline == "❌ etl / nightly failed 3 times"
    assert dict(words.notes) == {
        "First": "2026-11-23 12:00 UTC", "Last": "12:00:00 UTC", "Run": "run-2", "Task": "load", "Ran": "1 min",
        "In the last hour": "4 failed", "Last success": "2 h ago",
        "Parameters": "api_token=•••, day=2026-11-22, rows=[2]",
    }  # fmt: skip
    assert words.detail.splitlines()[-1] == "ValueError: no"
    assert "s3cret" not in str(words)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "3 s"), (840, "14 min"), (7500, "2 h 5 min"), (7200, "2 h"), (260_000, "3 d"), (-5, "0 s")],
)
def test_times_are_told_in_words(seconds, words):
    assert words_for(seconds) == words


def test_long_parameters_are_cut():
    assert len(parameters_of({f"name{number}": "x" * 99 for number in range(99)})) == 200


def test_only_what_is_watched_has_a_kind():
    assert (kind_of("prefect.flow-run.Failed"), kind_of("prefect.work-pool.not-ready"), kind_of("x")) == (
        "run-state", "pool-not-ready", "",
    )  # fmt: skip


@pytest.mark.parametrize("state", ["OPEN", "ACKNOWLEDGED", "SNOOZED", "RESOLVED"])
@pytest.mark.parametrize("how", ["edit", "message", "none"])
@pytest.mark.parametrize("enabled", [True, False])
def test_a_sweep_never_finds_the_same_alert_due_again_at_once(state, how, enabled):
    rules = policy(
        resolve=how, enabled=enabled, reminder_minutes=1, escalation=Escalation(after_minutes=1, channel_id=ONE)
    )
    alert, usage = alert_of(3), NOTHING_TOLD
    if state == "RESOLVED":
        alert = resolve(alert, by="Ada", at=at(1))
    else:
        alert = replace(alert, state=state, snoozed_until=at(50) if state == "SNOOZED" else None)
    for second in range(0, 4000, 7):
        decided = plan(alert, rules, usage, at(second))
        alert, usage = decided.alert, decided.usage
        assert alert.next_due is None or alert.next_due > at(second)
