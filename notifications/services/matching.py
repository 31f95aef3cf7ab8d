"""From events to alerts and messages: a consumer that tails the event table over all workspaces.

The position moves in the transaction that changes alerts and inserts messages, so a crash repeats a pass, and what it
decides has the same ids and keys. One process decides at a time: those who send are many.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from controlplane.sql.transactions import system_transaction
from notifications import queries, queries_alerts
from notifications.rules.deciding import Alert, end, observe
from notifications.rules.facts import CLOSING, OPENING, Fact, ended_by, fact_of
from notifications.rules.wanting import group_key, wants
from notifications.rules.wording import message_of
from notifications.services.acting import CHANNEL_DISABLED, Desk, Kept, page_of, read_alert, read_policies, to_json
from notifications.services.older_policies import tell_older_policies

__all__ = ["CHANNEL_DISABLED", "match_new_events", "to_json"]

MOST_EVENTS = 500
MOST_PASSES = 20
WATCHED = sorted({*OPENING, *CLOSING})


def match_new_events() -> int:
    """Decide about every new event. Returns how many messages were written.

    Another process that is at it already, or a backlog of more than ten thousand events, is left for the next call.
    """
    written = 0
    for _ in range(MOST_PASSES):
        with system_transaction():
            if not queries.lock_matching():
                return written
            after = queries.read_position() or 0
            end_of_batch = queries.find_end(after=after, most=MOST_EVENTS)
            if end_of_batch is None:
                return written
            found = queries.find_facts(after=after, end=end_of_batch, events=WATCHED)
            if found:
                written += take_facts([read_fact(row) for row in found], datetime.now(UTC))
            written += tell_older_policies(queries.find_older_matches(after=after, end=end_of_batch))
            queries.move_position(end=end_of_batch)
    return written


def read_fact(row: queries.Happened) -> Fact:
    values: dict[str, Any] = msgspec.structs.asdict(row)
    values["resource"], values["related"] = msgspec.json.decode(row.resource), msgspec.json.decode(row.related)
    return fact_of(**values)


def take_facts(facts: list[Fact], now: datetime) -> int:
    """Change the alerts that the facts are about, and write what is to be told. Inside a system transaction."""
    workspaces = list({fact.workspace_id for fact in facts})
    policies = read_policies(queries_alerts.read_policies(workspaces=workspaces))
    wanted = [(fact, [policy for policy in policies if is_wanted(policy, fact)]) for fact in facts]
    keys = {group_key(policy, fact) for fact, takers in wanted for policy in takers}
    ids = {opened_id(policy, fact) for fact, takers in wanted for policy in takers}
    ended = {subject for fact in facts for subject in ended_by(fact)}
    if not keys and not ended:
        return 0
    rows = queries_alerts.lock_alerts(workspaces=workspaces, ids=list(ids), keys=list(keys), ended=list(ended))
    book = Book(read_alert(found.row) for found in rows)
    for fact, takers in wanted:
        book.end(fact)
        for policy in takers:
            book.observe(policy, fact, now)
    return book.settle(policies, workspaces, now)


def is_wanted(policy: Kept, fact: Fact) -> bool:
    """Policies see only what happened after they were made."""
    return policy.workspace_id == fact.workspace_id and policy.created <= fact.received and wants(policy, fact)


def opened_id(policy: Kept, fact: Fact) -> UUID:
    """The id of the alert that the event opens: the same if it comes again."""
    return uuid5(policy.id, str(fact.event_id))


class Book:
    """The alerts of a batch, as its facts change them one after the other."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self.alerts = {alert.id: alert for alert in alerts}
        self.open = {
            (alert.rule_id, alert.group_key): alert.id for alert in self.alerts.values() if alert.state != "RESOLVED"
        }
        self.runs: dict[tuple[UUID, UUID], dict[str, Any]] = {}
        self.changed: dict[UUID, UUID | None] = {}  # in the order of the first change, with the event that opened it

    def end(self, fact: Fact) -> None:
        ended = ended_by(fact)
        if not ended:
            return
        for key, id in list(self.open.items()):
            alert = self.alerts[id]
            if alert.workspace_id != fact.workspace_id:
                continue
            after = end(alert, ended, fact.occurred)
            if after is not alert:
                self.put(after)
            if after.state == "RESOLVED":
                del self.open[key]

    def observe(self, policy: Kept, fact: Fact, now: datetime) -> None:
        key = (policy.id, group_key(policy, fact))
        before = self.alerts.get(self.open[key]) if key in self.open else None
        page = page_of(fact.account, fact.workspace)
        id = opened_id(policy, fact)
        if before is None and id in self.alerts:
            return  # opened by this very event, and resolved since
        after = observe(before, policy, fact, message_of(fact, page=page), id=id, now=now)
        if after is before:
            return
        self.put(replace(after, group_key=key[1]), opened_by=fact.event_id if before is None else None)
        self.open[key] = after.id
        self.add_run(after.id, fact)

    def add_run(self, alert_id: UUID, fact: Fact) -> None:
        """Note the run that the fact is about."""
        if fact.flow_run_id is None:
            return
        before = self.runs.get((alert_id, fact.flow_run_id))
        row: dict[str, Any] = {
            "id": uuid5(alert_id, str(fact.flow_run_id)), "workspace_id": fact.workspace_id, "alert_id": alert_id,
            "flow_run_id": fact.flow_run_id, "flow_run": fact.flow_run, "state_type": fact.state_type,
            "state_name": fact.state_name, "first_event": fact.occurred, "last_event": fact.occurred, "count": 1,
        }  # fmt: skip
        if before is not None:
            newest = max(row, before, key=lambda one: one["last_event"])
            row = newest | {
                "first_event": min(row["first_event"], before["first_event"]),
                "count": before["count"] + 1,
            }
        self.runs[alert_id, fact.flow_run_id] = row

    def put(self, alert: Alert, *, opened_by: UUID | None = None) -> None:
        self.alerts[alert.id] = alert
        self.changed.setdefault(alert.id, opened_by)

    def settle(self, policies: list[Kept], workspaces: list[UUID], now: datetime) -> int:
        """Decide once for each alert, however many of the facts were its own."""
        known = {policy.id for policy in policies}
        # A policy that is off still ends the alerts that it has.
        others = {self.alerts[id].rule_id for id in self.changed} - known
        if others:
            found = queries_alerts.read_policies_of(workspaces=workspaces, rules=list(others))
            policies = [*policies, *read_policies(found)]
        desk = Desk(policies, now)
        desk.runs = list(self.runs.values())
        for id, opened_by in self.changed.items():
            desk.settle(self.alerts[id], event_id=opened_by)
        return desk.commit()
