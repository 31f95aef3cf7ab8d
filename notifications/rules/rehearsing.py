"""What a policy would have told: its rules held against facts of the past, in a time of their own."""

import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from notifications.rules.deciding import Act, Alert, Usage, What, end, gate, observe, plan, summarised
from notifications.rules.facts import Fact, about, ended_by
from notifications.rules.wanting import group_key, wants
from notifications.rules.wording import UNTOLD, compose, message_of, summary_of
from notifications.wire import Message
from notifications.wire.policies import Policy


class Said(Struct, frozen=True):
    """One message, or one edit. A summary is no act of an alert."""

    at: datetime
    what: What | Literal["summary"]
    act: Act | None
    message: Message


class Rehearsal:
    """Facts go in by their time; what is due in between is done at the moment it is due.

    `is_over` is asked at every step: whoever pays for the time may end it.
    """

    def __init__(self, policy: Policy, *, page: str, since: datetime, is_over: Callable[[], bool]) -> None:
        self.policy = policy
        self.page = page
        self.now = since
        self.is_over = is_over
        self.usage = Usage()
        self.alerts: dict[UUID, Alert] = {}
        self.open: dict[str, UUID] = {}
        self.troubled: dict[str, set[UUID]] = defaultdict(set)  # the open alerts that a subject is part of
        self.deadlines: list[tuple[datetime, UUID]] = []
        self.said: list[Said] = []
        self.wanted = 0
        self.opened = 0

    def take(self, fact: Fact) -> None:
        self.pass_time(max(self.now, fact.occurred))
        self.end(fact)
        if wants(self.policy, fact):
            self.wanted += 1
            self.observe(fact)

    def pass_time(self, until: datetime) -> None:
        """Do what is due by time alone."""
        while not self.is_over():
            alert_due = self.deadlines[0][0] if self.deadlines else None
            due = min(filter(None, (alert_due, self.usage.digest_due)), default=None)
            if due is None or due > until:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, due)
            if due == self.usage.digest_due:
                self.summarise()
                continue
            _, id = heapq.heappop(self.deadlines)
            if id in self.alerts and self.alerts[id].next_due == due:  # otherwise it moved on
                self.settle(self.alerts[id])

    def end(self, fact: Fact) -> None:
        ended = ended_by(fact)
        for id in sorted({id for subject in ended for id in self.troubled.get(subject, ())}):
            before = self.alerts[id]
            after = end(before, ended, fact.occurred)
            if after is not before:
                self.settle(after)

    def observe(self, fact: Fact) -> None:
        key = group_key(self.policy, fact)
        before = self.alerts[self.open[key]] if key in self.open else None
        id = fact.event_id if before is None else before.id
        if before is None and id in self.alerts:
            return  # opened by this very event, and resolved since
        after = observe(before, self.policy, fact, message_of(fact, page=self.page), id=id, now=self.now)
        if after is before:
            return
        if before is None:
            self.opened += 1
            after = replace(after, group_key=key)
            self.open[key] = id
        self.troubled[about(fact)].add(id)
        self.settle(after)

    def settle(self, alert: Alert) -> None:
        decided = plan(alert, self.policy, self.usage, self.now)
        self.usage = decided.usage
        for act in decided.acts:
            shown = alert if act.what == "more" else decided.alert
            self.said.append(Said(self.now, act.what, act, compose(shown, act.what, UNTOLD, self.now)))
        self.keep(decided.alert)

    def keep(self, alert: Alert) -> None:
        if alert.state == "RESOLVED":
            self.close(alert)
        if alert.state == "RESOLVED" and alert.next_due is None and not alert.held:
            self.alerts.pop(alert.id, None)
            return
        self.alerts[alert.id] = alert
        if alert.next_due is not None:
            heapq.heappush(self.deadlines, (alert.next_due, alert.id))

    def close(self, alert: Alert) -> None:
        if self.open.get(alert.group_key) == alert.id:
            del self.open[alert.group_key]
        for subject in alert.seen:
            self.troubled[subject].discard(alert.id)

    def summarise(self) -> None:
        until = gate(self.policy, self.usage, self.now, is_summary=True)
        if until is not None:
            self.usage = replace(self.usage, digest_due=until)
            return
        held = sorted(
            (alert for alert in self.alerts.values() if alert.held), key=lambda alert: (alert.opened, alert.id)
        )
        number = self.usage.digest_number + 1
        self.usage = replace(self.usage, digest_due=None, digest_number=number)
        if not held:
            return
        message = summary_of(
            held, policy_id=self.policy.id, policy=self.policy.name, number=number, why="held back", page=self.page,
            now=self.now,
        )  # fmt: skip
        self.said.append(Said(self.now, "summary", None, message))
        for alert in held:
            self.settle(summarised(alert, self.now))
