"""What an alert says: pure, from the alert, what is told of it and the run's story."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from notifications.rules import first_line
from notifications.rules.deciding import Alert, What
from notifications.rules.facts import FAILURES, RUN_STATE, RUN_TOO_LONG, Fact
from notifications.wire import Message

SECRET_NAMES = ("password", "passwd", "secret", "token", "key", "credential", "auth", "private", "dsn", "connection")
LONGEST_VALUE = 40
LONGEST_PARAMETERS = 200
LAST_LINES = 4
LONGEST_ERROR = 1200
MOST_LISTED = 20

RESOURCE_WORDS = {
    "pool-not-ready": ("⚠️", "Work pool", "has no worker online"),
    "deployment-not-ready": ("⚠️", "Deployment", "is not ready"),
    "sla-violation": ("⏱️", "", "violates a service level"),
    "automation-failing": ("⚠️", "Automation", "could not act"),
    "notification-failing": ("📭", "", "A notification could not be delivered"),
}
STATE_WORDS = {
    "FAILED": ("❌", "failed"),
    "CRASHED": ("💥", "crashed"),
    "COMPLETED": ("✅", "completed"),
    "CANCELLED": ("🚫", "was cancelled"),
    "PAUSED": ("⏸️", "is paused"),
    "Late": ("⏰", "is late"),
}


class Told(Struct, frozen=True):
    """A run's story: what is worth knowing at a glance."""

    error: str = ""
    task: str = ""
    parameters: Mapping[str, Any] = {}
    seconds: float = 0.0
    last_success: datetime | None = None
    failures_in_hour: int = 0


UNTOLD = Told()


def message_of(fact: Fact, *, page: str) -> Message:
    """The message about one fact by itself. `page` is the address of the workspace."""
    headline = ""
    if fact.kind == RUN_TOO_LONG:
        headline = f"🐢 {subject_of(fact.flow, fact.flow_run)} runs too long"
    elif fact.kind != RUN_STATE:
        sign, noun, words = RESOURCE_WORDS[fact.kind]
        name = name_of(fact)
        headline = " ".join(filter(None, (sign, noun, name, words)))
    return Message(
        state_type=fact.state_type, state_name=fact.state_name, state_message=fact.state_message, headline=headline,
        occurred=fact.occurred, received=fact.received, flow_run_id=fact.flow_run_id, flow_run=fact.flow_run,
        flow=fact.flow, deployment=fact.deployment, work_pool=fact.work_pool, account=fact.account,
        workspace=fact.workspace, url=address_of(fact, page),
    )  # fmt: skip


def name_of(fact: Fact) -> str:
    if fact.kind == "notification-failing":
        return ""
    if fact.kind == "sla-violation" and fact.deployment:
        return subject_of(fact.deployment, fact.resource_name)
    return fact.deployment or fact.resource_name or fact.work_pool


def address_of(fact: Fact, page: str) -> str:
    if fact.flow_run_id is not None:
        return f"{page}/runs/{fact.flow_run_id}"
    if fact.deployment_id is not None:
        return f"{page}/deployments/{fact.deployment_id}"
    return f"{page}/notifications" if fact.kind == "notification-failing" else page


def compose(alert: Alert, what: What, story: Told, now: datetime) -> Message:
    """What is told now: the alert's newest event, with how often, since when, and how it stands."""
    last = alert.last
    is_resolved = alert.state == "RESOLVED"
    notes = [*notes_of(alert, story, now), *standing(alert)]
    return replace(
        last,
        headline=headline_of(alert, what, now),
        detail=detail_of(last, story),
        notes=tuple(notes),
        incident=str(alert.id),
        is_resolved=is_resolved,
        state_type="COMPLETED" if is_resolved else last.state_type,
        state_name="Recovered" if is_resolved and last.state_type else last.state_name,
        occurred=alert.opened,
        received=last.received if what == "opened" else now,
    )


def headline_of(alert: Alert, what: What, now: datetime) -> str:
    """Empty for a single event that is told at once: its state has words of its own."""
    last = alert.last
    place = place_of(last)
    if alert.state == "RESOLVED":
        if alert.resolved_by not in ("event", "silence"):
            return f"✅ {place} was resolved by {alert.resolved_by}"
        assert alert.resolved is not None
        took = words_for((alert.resolved - alert.opened).total_seconds())
        return f"✅ {place} recovered after {took}, {counted(alert)}"
    plain = last.headline or ""
    if what == "escalation":
        return f"🚨 Nobody has reacted for {words_for((now - alert.opened).total_seconds())}: {place} {verb_of(alert)}"
    if what == "reminder":
        return f"🔁 Still open after {words_for((now - alert.opened).total_seconds())}: {place} {verb_of(alert)}"
    if what == "more":
        return f"{sign_of(last)} {place} {verb_of(alert)}, {alert.count - alert.told:,} since the last message"
    if alert.count > 1:
        return f"{sign_of(last)} {place} {verb_of(alert)}"
    return plain


def place_of(last: Message) -> str:
    """What is in trouble: `flow / deployment`, or the run; of a resource, the words of its event."""
    if last.headline:
        return last.headline.partition(" ")[2] or last.headline
    return subject_of(last.flow, last.deployment or last.flow_run)


def subject_of(flow: str, name: str) -> str:
    return " / ".join(filter(None, (flow, name)))


def sign_of(last: Message) -> str:
    if last.headline:
        return last.headline.partition(" ")[0]
    return (STATE_WORDS.get(last.state_name) or STATE_WORDS.get(last.state_type) or ("🔔", ""))[0]


def verb_of(alert: Alert) -> str:
    """`failed 3 times`, `is late`."""
    last = alert.last
    times = f"{alert.count:,} times" if alert.count > 1 else ""
    if last.headline:
        return f"({times})" if times else ""
    words = STATE_WORDS.get(last.state_name) or STATE_WORDS.get(last.state_type)
    verb = words[1] if words else f"entered {last.state_name}"
    return f"{verb} {times}".strip()


def counted(alert: Alert) -> str:
    if alert.last.state_type in FAILURES:
        return f"{alert.count:,} run{'s' * (alert.count != 1)} failed"
    return f"{alert.count:,} event{'s' * (alert.count != 1)}"


def notes_of(alert: Alert, story: Told, now: datetime) -> list[tuple[str, str]]:
    last, notes = alert.last, []
    if alert.count > 1:
        notes.append(("First", f"{alert.opened:%Y-%m-%d %H:%M} UTC"))
        notes.append(("Last", f"{last.occurred:%H:%M:%S} UTC"))
        notes.append(("Run", last.flow_run))
    if story.task:
        notes.append(("Task", story.task))
    if story.seconds >= 1:
        notes.append(("Ran", words_for(story.seconds)))
    if story.failures_in_hour > 1:
        notes.append(("In the last hour", f"{story.failures_in_hour} failed"))
    if story.last_success is not None:
        notes.append(("Last success", f"{words_for((now - story.last_success).total_seconds())} ago"))
    if parameters := parameters_of(story.parameters):
        notes.append(("Parameters", parameters))
    return [(name, value) for name, value in notes if value]


def standing(alert: Alert) -> list[tuple[str, str]]:
    if alert.state == "RESOLVED" or alert.acknowledged is None:
        return []
    return [("Acknowledged", f"by {alert.acknowledged_by} at {alert.acknowledged:%H:%M} UTC")]


def detail_of(last: Message, story: Told) -> str:
    """The message's first line and the error's last lines, which say the same more often than not."""
    head = first_line(last.state_message)
    tail = last_lines(story.error)
    if not tail:
        return ""
    return tail if not head or head in tail or tail in head else f"{head}\n{tail}"


def last_lines(error: str) -> str:
    lines = [line.rstrip() for line in error.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])[-LONGEST_ERROR:]


def parameters_of(parameters: Mapping[str, Any]) -> str:
    """`date=2026-11-22, token=•••`: what a name calls a secret is not told, nor what is nested."""
    shown = []
    for name, value in sorted(parameters.items()):
        is_secret = any(word in name.lower() for word in SECRET_NAMES)
        shown.append(f"{name}={'•••' if is_secret else value_of(value)}")
    words = ", ".join(shown)
    return words if len(words) <= LONGEST_PARAMETERS else words[: LONGEST_PARAMETERS - 1] + "…"


def value_of(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return "{…}" if isinstance(value, Mapping) else f"[{len(value)}]"
    words = str(value)
    return words if len(words) <= LONGEST_VALUE else words[: LONGEST_VALUE - 1] + "…"


def words_for(seconds: float) -> str:
    """`3 s`, `14 min`, `2 h 5 min`, `3 d`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, hours = whole // 60, whole // 3600
    if hours < 1:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {minutes % 60} min".replace(" 0 min", "")
    return f"{hours // 24} d"


def summary_of(
    alerts: Sequence[Alert], *, policy_id: UUID, policy: str, number: int, why: str, page: str, now: datetime
) -> Message:
    """One message for everything that was held back: a line for each alert, and how many are not listed."""
    events = sum(alert.count - alert.told for alert in alerts)
    lines = [line_of(alert) for alert in alerts[:MOST_LISTED]]
    if len(alerts) > MOST_LISTED:
        lines.append(f"… and {len(alerts) - MOST_LISTED} more alerts")
    newest = max(alerts, key=lambda alert: alert.last_event)
    count = f"{len(alerts)} alert{'s' * (len(alerts) != 1)}, {events:,} event{'s' * (events != 1)}"
    return Message(
        headline=f"🗞️ {policy}: {count} {why}", detail="\n".join(lines),
        occurred=min(alert.opened for alert in alerts), received=now, account=newest.last.account,
        workspace=newest.last.workspace, url=f"{page}/notifications", incident=f"{policy_id}:{number}",
    )  # fmt: skip


def line_of(alert: Alert) -> str:
    words = f"{sign_of(alert.last)} {place_of(alert.last)} {verb_of(alert)}".rstrip()
    since = f"since {alert.opened:%H:%M} UTC"
    end = f", recovered {alert.resolved:%H:%M} UTC" if alert.resolved is not None else ""
    return f"• {words} {since}{end}"


def context_of(
    alert: Alert, what: What, message: Message, story: Told, *, policy: str, severity: str
) -> dict[str, Any]:
    """What a policy's templates may ask for. The names are `wire.policies.TEMPLATE_NAMES`; all of it is plain data."""
    last = alert.last
    return {
        "flow_run": {
            "id": str(last.flow_run_id or ""), "name": last.flow_run, "url": last.url, "seconds": story.seconds,
            "logs_url": f"{last.url}/logs" if last.flow_run_id else "",
        },
        "flow": {"name": last.flow},
        "deployment": {"name": last.deployment},
        "work_pool": {"name": last.work_pool},
        "state": {
            "type": last.state_type, "name": last.state_name, "message": last.state_message,
            "timestamp": last.occurred.isoformat(),
        },
        "task": {"name": story.task},
        "error": {"lines": last_lines(story.error).splitlines(), "text": last_lines(story.error)},
        "parameters": parameters_of(story.parameters),
        "counts": {
            "events": alert.count, "since_last_message": alert.count - alert.told, "last_hour": story.failures_in_hour,
        },
        "alert": {
            "id": str(alert.id), "state": alert.state, "what": what, "opened": alert.opened.isoformat(),
            "resolved": alert.resolved.isoformat() if alert.resolved else "",
            "acknowledged_by": alert.acknowledged_by, "headline": message.headline,
            "last_success": story.last_success.isoformat() if story.last_success else "",
        },
        "policy": {"name": policy, "severity": severity},
        "links": {"run": last.url},
        "account": last.account,
        "workspace": last.workspace,
    }  # fmt: skip
