"""What a policy would have sent: held against the events that are stored. Nothing is written."""

import heapq
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import TooOften
from notifications import queries, queries_alerts
from notifications.channels.drafts import draft
from notifications.rules import FLOW_RUN_EVENT
from notifications.rules.facts import BEGUN, CLOSING, FINAL, OPENING, RUN_TOO_LONG, Fact, fact_of, last_uuid
from notifications.rules.rehearsing import Rehearsal, Said
from notifications.services.acting import is_for, page_of, receivers
from notifications.services.due import long_run
from notifications.services.policies import check_channels, drafted
from notifications.wire.policies import Policy, PolicyDryRun, PolicyDryRunReport, Watch, WouldSend

MOST_SECONDS = 3.0
MOST_SCANNED = 500_000
PAGE = 10_000
MOST_LONG_RUNS = 5_000
MOST_SHOWN = 20
AT_WORK = "Another policy of this workspace is being tried. Try again in a moment."


def try_policy(workspace: UUID, body: PolicyDryRun, *, account: str, handle: str, now: datetime) -> PolicyDryRunReport:
    """The messages and edits that there would have been in the last days, as if it had been on and not muted.

    Ends with its budget: then the report says how far it came. One at a time in a workspace: `TooOften`. `Invalid` if
    the policy names a channel that is not there.
    """
    check_channels(workspace, body)
    if not queries.lock_rehearsal(workspace=workspace):
        raise TooOften(AT_WORK, retry_after=MOST_SECONDS)
    since, policy, deadline = now - timedelta(days=body.days), drafted(body, now), time.monotonic() + MOST_SECONDS
    rehearsal = Rehearsal(
        policy, page=page_of(account, handle), since=since, is_over=lambda: time.monotonic() > deadline
    )
    past = Past(workspace, policy, since=since, until=now, account=account, handle=handle)
    read = 0
    for fact in heapq.merge(past.facts(), past.long_runs(), key=lambda fact: fact.occurred):
        if rehearsal.is_over():
            break
        rehearsal.take(fact)
        read += 1
    if past.is_complete:
        rehearsal.pass_time(now)
    return report(
        workspace, policy, rehearsal, since=since, read=read, is_complete=past.is_complete and rehearsal.now == now
    )


class Past:
    """What the policy may want, and what may end it, oldest first. More than the most is not read."""

    def __init__(
        self, workspace: UUID, policy: Policy, *, since: datetime, until: datetime, account: str, handle: str
    ) -> None:
        self.workspace, self.policy, self.watch = workspace, policy, policy.watch
        self.since, self.until = since, until
        self.account, self.handle = account, handle
        self.is_complete = True

    def facts(self) -> Iterator[Fact]:
        """A page is so many events, wanted or not, so that each statement has an end."""
        events = [event for event, kind in (*OPENING.items(), *CLOSING.items()) if kind in self.watch.kinds]
        events += [f"{FLOW_RUN_EVENT}{name}" for name in self.watch.state_names]
        types, since = sorted(types_for(self.watch)), self.since
        for _ in range(MOST_SCANNED // PAGE):
            end = queries.find_past_end(workspace=self.workspace, since=since, until=self.until, skip=PAGE)
            rows = queries.read_past_facts(
                workspace=self.workspace, since=since, until=end or self.until, events=events, types=types
            )
            for row in rows:
                yield self.fact(row)
            if end is None:
                return
            since = end
        self.is_complete = False

    def fact(self, row: queries.PastFact) -> Fact:
        """With the names that the event had."""
        values: dict[str, Any] = msgspec.structs.asdict(row)
        values["resource"], values["related"] = msgspec.json.decode(row.resource), msgspec.json.decode(row.related)
        run = last_uuid(row.resource_id) if row.event.startswith(FLOW_RUN_EVENT) else None
        return fact_of(
            **values, workspace_id=self.workspace, flow_run_id=run, flow_run=None, flow_id=None, flow=None,
            deployment_id=None, deployment=None, work_pool=None, account=self.account, workspace=self.handle,
        )  # fmt: skip

    def long_runs(self) -> Iterator[Fact]:
        minutes = self.watch.longer_than_minutes
        if minutes is None:
            return
        rows = queries_alerts.find_past_long_runs(
            workspace=self.workspace, rule=self.policy.id, minutes=minutes, since=self.since, until=self.until,
            account=self.account, handle=self.handle, most=MOST_LONG_RUNS,
        )  # fmt: skip
        for row in rows:
            yield long_run(row, row.start_time + timedelta(minutes=minutes))


def types_for(watch: Watch) -> set[str]:
    """The types of states whose events are needed: those that are watched, and those that end what they began."""
    types = set(watch.state_types)
    if types or watch.state_names or "sla-violation" in watch.kinds:
        types.add("COMPLETED")
    if watch.state_names or types & {"SCHEDULED", "PAUSED"}:
        types |= BEGUN
    return types | FINAL if RUN_TOO_LONG in watch.kinds else types


def report(
    workspace: UUID, policy: Policy, rehearsal: Rehearsal, *, since: datetime, read: int, is_complete: bool
) -> PolicyDryRunReport:
    ids = {*policy.channel_ids, *([policy.escalation.channel_id] if policy.escalation else [])}
    found = queries_alerts.read_channels(workspaces=[workspace], channels=list(ids))
    channels = {channel.id: channel for channel in found}
    messages = edits = 0
    first: list[WouldSend] = []
    for said in rehearsal.said:
        copies = sum(is_copied(channels[id], said) for id in told(policy, said) if id in channels)
        if said.what == "edit":
            edits += copies
            continue
        messages += copies
        if copies and len(first) < MOST_SHOWN:
            headline, run, url = draft(said.message).headline, said.message.flow_run_id, said.message.url
            first.append(
                WouldSend(at=said.at, what=said.what, headline=headline, flow_run_id=run, url=url, channels=copies)
            )
    return PolicyDryRunReport(
        since=since, until=rehearsal.now, is_complete=is_complete, events_read=read, events=rehearsal.wanted,
        alerts=rehearsal.opened, messages=messages, edits=edits, first=first,
    )  # fmt: skip


def told(policy: Policy, said: Said) -> list[UUID]:
    return policy.channel_ids if said.act is None else receivers(policy, said.act)


def is_copied(channel: queries_alerts.ChannelHealth, said: Said) -> bool:
    return said.act is None or is_for(channel, said.act, said.message)
