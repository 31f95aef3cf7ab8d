"""A policy in words: what it waits for, whom it tells, and what keeps it from being loud."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from controlplane.wire.lengths import format_length
from notifications.wire.policies import Digest, Policy, PolicyCreate, QuietHours, Watch

STATES = {
    "FAILED": "fails", "CRASHED": "crashes", "COMPLETED": "completes", "CANCELLED": "is cancelled",
    "PAUSED": "is paused", "RUNNING": "starts running", "PENDING": "is pending", "SCHEDULED": "is scheduled",
    "CANCELLING": "is being cancelled",
}  # fmt: skip
KINDS = {
    "pool-not-ready": "a work pool has no worker online",
    "deployment-not-ready": "a deployment is not ready",
    "sla-violation": "a service level is missed",
    "automation-failing": "an automation cannot act",
    "notification-failing": "a message cannot be delivered",
}
GROUPS = {"deployment": "for each deployment", "flow": "for each flow", "tag": "for each tag"}
ENDS = {
    "edit": "The end is shown in the first message, where that can be edited.",
    "message": "The end is a message of its own.",
    "none": "The end is not told.",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
GONE = "(gone)"

Names = Mapping[UUID, str]


def say(policy: Policy | PolicyCreate, names: Names) -> str:
    """`When a run tagged prod fails or crashes, tell data-alerts.` `names` are of channels, deployments and flows."""
    channels = [names.get(id, GONE) for id in policy.channel_ids] or ["nobody"]
    return f"When {say_watch(policy.watch, names)}, tell {all_of(channels)}."


def say_limits(policy: Policy | PolicyCreate, names: Names) -> list[str]:
    """What else it does, a sentence each. What is off is not said."""
    said = [say_group(policy), say_digest(policy.digest)]
    if policy.most_per_hour is not None and policy.digest is None:
        said.append(f"At most {policy.most_per_hour} an hour; the rest as one message.")
    if policy.reminder_minutes is not None:
        said.append(f"Reminds every {minutes(policy.reminder_minutes)} until it is over.")
    said.append(ENDS[policy.resolve])
    said.append(say_quiet(policy.quiet_hours))
    if policy.escalation is not None:
        after, other = minutes(policy.escalation.after_minutes), names.get(policy.escalation.channel_id, GONE)
        said.append(f"If nobody has reacted after {after}, tells {other} too.")
    if policy.fallback_channel_id is not None:
        said.append(f"Through {names.get(policy.fallback_channel_id, GONE)} while a channel does not deliver.")
    return [one for one in said if one]


def say_watch(watch: Watch, names: Names) -> str:
    runs = [STATES.get(type, f"enters {type}") for type in watch.state_types]
    runs += ["is late" if name == "Late" else f"enters {name}" for name in watch.state_names]
    if watch.longer_than_minutes is not None:
        runs.append(f"takes more than {minutes(watch.longer_than_minutes)}")
    whose = " ".join(filter(None, ("a run", say_scope(watch, names))))
    things = [f"{whose} {one_of(runs)}"] if runs else []
    things += [KINDS[kind] for kind in watch.kinds if kind in KINDS]
    scope = say_scope(watch, names) if not runs else ""
    return f"{one_of(things)}{' ' if scope else ''}{scope}"


def say_scope(watch: Watch, names: Names) -> str:
    parts = []
    if watch.deployment_ids:
        parts.append(f"of {one_of([names.get(id, GONE) for id in watch.deployment_ids])}")
    if watch.flow_ids:
        parts.append(f"of flow {one_of([names.get(id, GONE) for id in watch.flow_ids])}")
    if watch.names:
        parts.append(f"named {one_of(watch.names)}")
    if watch.work_pools:
        parts.append(f"in pool {one_of(watch.work_pools)}")
    if watch.tags:
        parts.append(f"tagged {(one_of if watch.match_tags == 'any' else all_of)(watch.tags)}")
    return " ".join(parts)


def say_group(policy: Policy | PolicyCreate) -> str:
    group = policy.group
    if group.by == "none":
        return "Each event is a message."
    if not group.window_seconds:
        return f"Told together {GROUPS[group.by]}."
    return f"One message {GROUPS[group.by]}, then silent for {format_length(group.window_seconds)}."


def say_digest(digest: Digest | None) -> str:
    if digest is None:
        return ""
    if digest.every_minutes is not None:
        return f"All of it in one message every {minutes(digest.every_minutes)}."
    return f"All of it in one message a day at {digest.daily_at} ({digest.time_zone})."


def say_quiet(quiet: QuietHours | None) -> str:
    if quiet is None:
        return ""
    days = "" if len(set(quiet.days)) == 7 else f" on {', '.join(DAYS[day - 1] for day in sorted(set(quiet.days)))}"
    critical = "" if quiet.holds_critical else ", unless critical"
    return f"Quiet from {quiet.start} to {quiet.end} ({quiet.time_zone}){days}{critical}."


def minutes(count: int) -> str:
    return format_length(count * 60)


def one_of(words: Sequence[str]) -> str:
    return joined(words, "or")


def all_of(words: Sequence[str]) -> str:
    return joined(words, "and")


def joined(words: Sequence[str], last: str) -> str:
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)
