"""From what was decided to rows: alerts, the usage of policies, and messages, written in one transaction."""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from django.conf import settings
from msgspec.structs import replace

from notifications import queries, queries_alerts
from notifications.channels import KINDS
from notifications.rules.deciding import Act, Alert, Plan, Usage, plan
from notifications.rules.wording import UNTOLD, Told, compose
from notifications.services.templating import with_own_words
from notifications.wire import Message
from notifications.wire.policies import Policy

log = logging.getLogger(__name__)
CHANNEL_DISABLED = "Not sent: the channel was disabled when this happened."
EDIT_REPLACED = "Not sent: a newer state of the message replaces it."


class Kept(Policy, kw_only=True):
    """A policy as it is stored."""

    workspace_id: UUID
    hour_started: datetime | None = None
    hour_posts: int = 0
    digest_due: datetime | None = None
    digest_number: int = 0


class Desk:
    """Collects what a pass decides, and writes it at the end: three statements, however many alerts there are."""

    def __init__(self, policies: Iterable[Kept], now: datetime) -> None:
        self.now = now
        self.policies = {policy.id: policy for policy in policies}
        self.usage = {policy.id: usage_of(policy) for policy in self.policies.values()}
        self.alerts: dict[UUID, Alert] = {}
        self.rows: list[dict[str, Any]] = []
        self.edited: list[UUID] = []
        self.runs: list[dict[str, Any]] = []
        self.channels = self.read_channels()

    def read_channels(self) -> dict[UUID, queries_alerts.ChannelHealth]:
        wanted = {id for policy in self.policies.values() for id in channels_of(policy)}
        if not wanted:
            return {}
        workspaces = list({policy.workspace_id for policy in self.policies.values()})
        found = queries_alerts.read_channels(workspaces=workspaces, channels=list(wanted))
        return {channel.id: channel for channel in found}

    def settle(self, alert: Alert, *, event_id: UUID | None = None) -> None:
        """Do what is due for the alert."""
        policy = self.policies.get(alert.rule_id)
        if policy is None:  # cannot be read: left as it is, but not looked at for ever
            self.alerts[alert.id] = replace(alert, next_due=None)
            return
        decided: Plan = plan(alert, policy, self.usage[policy.id], self.now)
        self.alerts[alert.id] = decided.alert
        self.usage[policy.id] = decided.usage
        if not decided.acts:
            return
        story = self.story_of(alert, decided.acts)
        for act in decided.acts:
            # Counted as before the act: "3 since the last message".
            shown = alert if act.what == "more" else decided.alert
            message = compose(shown, act.what, story, self.now)
            message = with_own_words(policy, shown, act.what, message, story)
            self.tell(policy, alert, act, message, event_id)

    def story_of(self, alert: Alert, acts: tuple[Act, ...]) -> Told:
        if alert.last.flow_run_id is None or alert.last.state_type not in ("FAILED", "CRASHED"):
            return UNTOLD
        found = queries_alerts.read_story(workspace=alert.workspace_id, flow_run=alert.last.flow_run_id, now=self.now)
        return told_of(found)

    def tell(self, policy: Kept, alert: Alert, act: Act, message: Message, event_id: UUID | None) -> None:
        for channel_id in receivers(policy, act):
            channel = self.channels.get(channel_id)
            if channel is None or not is_for(channel, act, message):
                continue
            part = part_of(act)
            is_edit = act.what == "edit" and KINDS[channel.kind].can_edit
            edits = post_id(alert, channel_id, f"post:{act.target}") if is_edit else None
            row = self.row(policy, channel, message, key=f"{alert.id}:{channel_id}:{part}")
            # A pager cannot edit: what rewrites messages elsewhere closes its incident.
            what = "resolved" if act.what == "edit" and not is_edit else act.what
            row |= {"alert_id": alert.id, "event_id": event_id, "edits_id": edits, "what": what}
            self.rows.append(row)
            if edits is not None:
                self.edited.append(edits)
            else:
                self.fall_back(policy, channel, row)

    def row(self, policy: Kept, channel: queries_alerts.ChannelHealth, message: Message, *, key: str) -> dict[str, Any]:
        is_disabled = channel.status == "DISABLED"
        return {
            "id": uuid5(policy.id, key),
            "workspace_id": policy.workspace_id,
            "key": key,
            "channel_id": channel.id,
            "rule_id": policy.id,
            "flow_run_id": message.flow_run_id,
            "payload": message,
            "is_disabled": is_disabled,
            "answer": CHANNEL_DISABLED if is_disabled else "",
            "position": len(self.rows),
        }

    def fall_back(self, policy: Kept, channel: queries_alerts.ChannelHealth, row: dict[str, Any]) -> None:
        """Tell the fallback too, now, while the channel fails. What dies later is found by the sweep."""
        other = self.channels.get(policy.fallback_channel_id) if policy.fallback_channel_id else None
        if other is None or channel.status == "OK" or other.id == channel.id:
            return
        fallback = self.row(policy, other, row["payload"], key=f"fallback:{row['id']}") | {"what": "fallback"}
        self.rows.append({**row, **fallback})

    def commit(self) -> int:
        """Write it all. Returns how many messages were new."""
        if self.alerts:
            queries_alerts.save_alerts(rows=to_json(list(self.alerts.values())))
        if self.runs:
            queries_alerts.save_alert_runs(rows=to_json(self.runs))
        changed = [
            {"workspace_id": policy.workspace_id, "id": policy.id, **msgspec.structs.asdict(usage)}
            for policy in self.policies.values()
            if (usage := self.usage[policy.id]) != usage_of(policy)
        ]
        if changed:
            queries_alerts.save_usage(rows=to_json(changed))
        if self.edited:
            workspaces = list({policy.workspace_id for policy in self.policies.values()})
            queries_alerts.replace_edits(workspaces=workspaces, edited=self.edited, answer=EDIT_REPLACED)
        return queries.insert_messages(rows=to_json(self.rows)) if self.rows else 0


def told_of(found: queries_alerts.Story | None) -> Told:
    if found is None:
        return UNTOLD
    parameters = msgspec.json.decode(found.parameters)
    return Told(
        error=found.error or "",
        task=found.task or "",
        parameters=parameters if isinstance(parameters, dict) else {},
        seconds=found.seconds,
        last_success=found.last_success,
        failures_in_hour=found.failures_in_hour,
    )


def receivers(policy: Policy, act: Act) -> list[UUID]:
    if act.what == "escalation":
        return [policy.escalation.channel_id] if policy.escalation is not None else []
    return policy.channel_ids


def is_for(channel: queries_alerts.ChannelHealth, act: Act, message: Message) -> bool:
    """Edits are for kinds that can edit, and an end for pagers; quiet messages are for kinds that cannot edit."""
    kind = KINDS.get(channel.kind)
    if kind is None:
        return False
    if act.what == "edit":
        return kind.can_edit or (kind.closes_incidents and message.is_resolved and act.target == 0)
    return not (act.is_quiet and kind.can_edit)


def part_of(act: Act) -> str:
    """The act's part of the key, which is the same whenever, and by whomever, it is decided."""
    if act.what == "edit":
        return f"edit:{act.number}:{act.target}"
    if act.what == "escalation":
        return f"escalation:{act.number}"
    return f"post:{act.number}"


def post_id(alert: Alert, channel_id: UUID, part: str) -> UUID:
    return uuid5(alert.rule_id, f"{alert.id}:{channel_id}:{part}")


def channels_of(policy: Policy) -> list[UUID]:
    others = [policy.fallback_channel_id, policy.escalation.channel_id if policy.escalation else None]
    return [*policy.channel_ids, *(channel for channel in others if channel is not None)]


def usage_of(policy: Kept) -> Usage:
    return Usage(
        hour_started=policy.hour_started,
        hour_posts=policy.hour_posts,
        digest_due=policy.digest_due,
        digest_number=policy.digest_number,
    )


def read_policies(rows: Iterable[queries_alerts.Row]) -> list[Kept]:
    """One that cannot be read (a time zone that is no more) must not keep the others from being told."""
    policies = []
    for found in rows:
        try:
            policies.append(msgspec.json.decode(found.row, type=Kept))
        except msgspec.ValidationError:
            log.exception("A notification policy cannot be read")
    return policies


def read_alert(row: msgspec.Raw) -> Alert:
    return msgspec.json.decode(row, type=Alert)


def page_of(account: str, workspace: str) -> str:
    return f"{settings.PUBLIC_URL}/w/{account}/{workspace}"


def to_json(rows: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(rows))
