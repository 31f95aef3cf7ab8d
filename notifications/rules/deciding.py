"""What to do about an alert: pure, from its row, its policy and the clock.

`observe`, `end` and `plan` take an alert and give the next one. `plan` says what is due now and when to look again, so
that the same answer comes from an event, from a sweep, and from either once more after a crash.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from notifications.rules.calendar import next_digest, quiet_until
from notifications.rules.facts import Fact, about
from notifications.wire import Message
from notifications.wire.alerts import AlertState
from notifications.wire.policies import Policy

EDIT_SECONDS = 10
"""A message is edited at most this often; the last state is always shown."""
MOST_SUBJECTS = 500
MOST_RECENT = 100

What = Literal["opened", "more", "reminder", "escalation", "resolved", "edit"]


class Alert(Struct, frozen=True, kw_only=True):
    """A row of `notification_alert`."""

    id: UUID
    workspace_id: UUID
    created: datetime
    updated: datetime
    rule_id: UUID
    group_key: str
    state: AlertState = "OPEN"
    opened: datetime
    last_event: datetime
    count: int = 0
    told: int = 0
    """How many of the events a message has told of; edits do not count."""
    subjects: tuple[str, ...] = ()
    """What is in trouble still."""
    seen: tuple[str, ...] = ()
    recent: dict[str, datetime] = {}
    """When a run last entered a state: the dedupe window."""
    first: Message
    last: Message
    posts: int = 0
    edits: int = 0
    anchor: int | None = None
    """The number of the message that edits go to."""
    last_post: datetime | None = None
    last_edit: datetime | None = None
    stale: bool = False
    """Something has changed that the message does not show."""
    held: bool = False
    """Waits for the policy's next summary."""
    end_told: bool = False
    escalated: datetime | None = None
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    snoozed_until: datetime | None = None
    snoozed: datetime | None = None
    snoozed_by: str = ""
    resolved: datetime | None = None
    resolved_by: str = ""
    next_due: datetime | None = None


class Usage(Struct, frozen=True, kw_only=True):
    """How much a policy has told in its hour, and when its next summary is due."""

    hour_started: datetime | None = None
    hour_posts: int = 0
    digest_due: datetime | None = None
    digest_number: int = 0


class Act(Struct, frozen=True):
    """One thing to send. `number` tells the acts of an alert apart; `target` is the message that an edit rewrites.

    A quiet act is for channels that cannot edit: the others show it already.
    """

    what: What
    number: int
    target: int = 0
    is_quiet: bool = False


class Plan(Struct, frozen=True):
    alert: Alert
    acts: tuple[Act, ...]
    usage: Usage


def observe(alert: Alert | None, policy: Policy, fact: Fact, message: Message, *, id: UUID, now: datetime) -> Alert:
    """The alert with one event more; the same alert if it was counted a moment ago."""
    if alert is None:
        alert = Alert(
            id=id, workspace_id=fact.workspace_id, created=now, updated=now, rule_id=policy.id, group_key="",
            opened=fact.occurred, last_event=fact.occurred, first=message, last=message,
        )  # fmt: skip
    mark = f"{fact.resource_id} {fact.state_name or fact.event}"
    before = alert.recent.get(mark)
    if before is not None and abs((fact.occurred - before).total_seconds()) < policy.dedupe_seconds:
        return alert
    subject, is_newest = about(fact), fact.occurred >= alert.last_event
    is_first = fact.occurred < alert.opened
    return replace(
        alert,
        count=alert.count + 1,
        opened=min(alert.opened, fact.occurred),
        last_event=max(alert.last_event, fact.occurred),
        first=message if is_first else alert.first,
        last=message if is_newest else alert.last,
        subjects=with_subject(alert.subjects, subject),
        seen=with_subject(alert.seen, subject),
        recent=dict([*alert.recent.items(), (mark, fact.occurred)][-MOST_RECENT:]),
        stale=True,
    )


def with_subject(subjects: tuple[str, ...], subject: str) -> tuple[str, ...]:
    """The newest last; the oldest are forgotten beyond the limit."""
    return (*(one for one in subjects if one != subject), subject)[-MOST_SUBJECTS:]


def end(alert: Alert, ended: tuple[str, ...], at: datetime) -> Alert:
    """The alert without what has come to an end; resolved once nothing is left. What is older than it ends nothing."""
    left = tuple(subject for subject in alert.subjects if subject not in ended)
    if alert.state == "RESOLVED" or left == alert.subjects or at < alert.last_event:
        return alert
    alert = replace(alert, subjects=left)
    return alert if left else resolve(alert, by="event", at=at)


def resolve(alert: Alert, *, by: str, at: datetime) -> Alert:
    return replace(alert, state="RESOLVED", resolved=at, resolved_by=by, subjects=(), snoozed_until=None, stale=True)


def gate(policy: Policy, usage: Usage, now: datetime, *, is_summary: bool = False) -> datetime | None:
    """Until when the policy may not tell anything by itself; None if it may. A summary is not held for a digest."""
    if policy.muted_until is not None and policy.muted_until > now:
        return policy.muted_until
    quiet = policy.quiet_hours
    if quiet is not None and (policy.severity != "critical" or quiet.holds_critical):
        ends = quiet_until(quiet, now)
        if ends is not None:
            return ends
    if is_summary:
        return None
    if policy.digest is not None:
        return next_digest(policy.digest, now)
    hour_ends = usage.hour_started + timedelta(hours=1) if usage.hour_started is not None else now
    if policy.most_per_hour is not None and usage.hour_posts >= policy.most_per_hour and now < hour_ends:
        return hour_ends
    return None


def use(usage: Usage, now: datetime) -> Usage:
    """One message more in the hour."""
    if usage.hour_started is None or now >= usage.hour_started + timedelta(hours=1):
        return replace(usage, hour_started=now, hour_posts=1)
    return replace(usage, hour_posts=usage.hour_posts + 1)


def hold(usage: Usage, until: datetime) -> Usage:
    due = until if usage.digest_due is None else min(usage.digest_due, until)
    return replace(usage, digest_due=due)


def plan(alert: Alert, policy: Policy, usage: Usage, now: datetime) -> Plan:
    """What is due now, and the alert and the policy's usage after it."""
    alert = wake(alert, policy, now)
    acts: list[Act] = []
    act = due_post(alert, policy, now)
    until = gate(policy, usage, now)
    if act is not None and until is not None:
        alert, usage = replace(alert, held=True), hold(usage, until)
    elif act is not None:
        acts.append(act)
        alert, usage = posted(alert, act, now), use(usage, now)
    if is_escalation_due(alert, policy, now) and gate(policy, usage, now, is_summary=True) is None:
        acts.append(Act("escalation", 1))
        alert = replace(alert, escalated=now)
    if is_edit_due(alert, policy, now):
        edits = edit_acts(alert)
        acts += edits
        alert = replace(alert, edits=alert.edits + 1, last_edit=now, stale=False)
        if alert.state == "RESOLVED":
            alert = replace(alert, end_told=True)
    alert = replace(alert, updated=now)
    return Plan(replace(alert, next_due=next_due(alert, policy, usage, now)), tuple(acts), usage)


def wake(alert: Alert, policy: Policy, now: datetime) -> Alert:
    """What time alone does: a snooze ends, and an alert of which nothing is heard any more is closed."""
    if alert.state == "SNOOZED" and alert.snoozed_until is not None and now >= alert.snoozed_until:
        alert = replace(alert, state="OPEN", snoozed_until=None)
    is_told = alert.told == alert.count and not alert.held
    if alert.state in ("OPEN", "ACKNOWLEDGED") and is_told and now >= closes(alert, policy):
        alert = replace(resolve(alert, by="silence", at=now), end_told=True, stale=False)
    return alert


def closes(alert: Alert, policy: Policy) -> datetime:
    return alert.last_event + timedelta(minutes=policy.group.close_after_minutes)


def due_post(alert: Alert, policy: Policy, now: datetime) -> Act | None:
    """The message that is due, if one is. What is acknowledged or snoozed rings no more, nor what is turned off."""
    if not policy.enabled or alert.held or alert.state in ("ACKNOWLEDGED", "SNOOZED"):
        return None
    if alert.last_post is None:
        return Act("opened", alert.posts) if alert.count > alert.told else None
    if alert.state == "RESOLVED":
        is_wanted = policy.resolve == "message" and not alert.end_told
        return Act("resolved", alert.posts) if is_wanted else None
    silent_until = alert.last_post + timedelta(seconds=policy.group.window_seconds)
    if alert.count > alert.told and now >= silent_until:
        shown = alert.anchor is not None and alert.last_event < silent_until
        return Act("more", alert.posts, is_quiet=shown)
    if policy.reminder_minutes is not None and now >= alert.last_post + timedelta(minutes=policy.reminder_minutes):
        return Act("reminder", alert.posts)
    return None


def posted(alert: Alert, act: Act, now: datetime) -> Alert:
    """After a message, which tells of everything so far; edits go to the newest one that was loud."""
    is_end = alert.state == "RESOLVED"
    return replace(
        alert,
        told=alert.count,
        posts=alert.posts + 1,
        last_post=now,
        anchor=act.number if act.what in ("opened", "more") and not act.is_quiet else alert.anchor,
        # A channel that can edit still shows the first message as it was.
        stale=act.is_quiet or (act.what == "resolved" and alert.anchor is not None),
        end_told=is_end,
    )


def is_escalation_due(alert: Alert, policy: Policy, now: datetime) -> bool:
    if (
        not policy.enabled
        or policy.escalation is None
        or alert.escalated is not None
        or alert.state != "OPEN"
        or not alert.count
    ):
        return False
    return now >= alert.created + timedelta(minutes=policy.escalation.after_minutes)


def is_edit_due(alert: Alert, policy: Policy, now: datetime) -> bool:
    if not alert.stale or alert.anchor is None or (alert.state == "RESOLVED" and policy.resolve == "none"):
        return False
    before = max(filter(None, (alert.last_post, alert.last_edit)))
    return now >= before + timedelta(seconds=EDIT_SECONDS)


def edit_acts(alert: Alert) -> list[Act]:
    """An end is shown in the first message and in the newest."""
    assert alert.anchor is not None
    targets = [alert.anchor]
    if alert.state == "RESOLVED" and alert.anchor != 0:
        targets.append(0)
    return [Act("edit", alert.edits + 1, target) for target in targets]


def next_due(alert: Alert, policy: Policy, usage: Usage, now: datetime) -> datetime | None:
    """When to look at the alert again without an event; None if never."""
    times: list[datetime] = []
    if alert.stale and alert.anchor is not None and not (alert.state == "RESOLVED" and policy.resolve == "none"):
        before = max(filter(None, (alert.last_post, alert.last_edit)))
        times.append(before + timedelta(seconds=EDIT_SECONDS))
    if alert.state == "SNOOZED" and alert.snoozed_until is not None:
        times.append(alert.snoozed_until)
    if alert.state in ("OPEN", "ACKNOWLEDGED") and not alert.held:
        times.append(max(closes(alert, policy), now + timedelta(minutes=1)))
    if policy.enabled and alert.state == "OPEN" and not alert.held and alert.last_post is not None:
        if alert.count > alert.told:
            times.append(alert.last_post + timedelta(seconds=policy.group.window_seconds))
        if policy.reminder_minutes is not None:
            times.append(alert.last_post + timedelta(minutes=policy.reminder_minutes))
    if policy.enabled and alert.state == "OPEN" and policy.escalation is not None and alert.escalated is None:
        due = alert.created + timedelta(minutes=policy.escalation.after_minutes)
        times.append(max(due, gate(policy, usage, now, is_summary=True) or due))
    if not times:
        return None
    # Never now again, whatever the clocks say: a sweep would go round and round.
    return min(times) if min(times) > now else now + timedelta(seconds=1)


def summarised(alert: Alert, now: datetime) -> Alert:
    """After a summary that told of it."""
    return replace(
        alert,
        held=False,
        told=alert.count,
        last_post=now,
        end_told=alert.state == "RESOLVED",
        stale=alert.anchor is not None,
    )
