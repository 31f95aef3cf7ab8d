"""From events to messages: a consumer that tails the event table over all workspaces.

The position moves in the transaction that inserts the messages, so a crash repeats a pass and the key of each message
(rule and event) makes the repetition harmless.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.conf import settings

from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction
from notifications import queries
from notifications.rules import FLOW_RUN_EVENT, label, related_name
from notifications.wire import Message

MOST_EVENTS = 500
MOST_PASSES = 20
CHANNEL_DISABLED = "Not sent: the channel was disabled when this happened."


def match_new_events() -> int:
    """Write a message for every new event that a rule wants. Returns how many were written.

    Another process that is at it already, or a backlog of more than ten thousand events, is left for the next call.
    """
    written = 0
    for _ in range(MOST_PASSES):
        with system_transaction():
            if not queries.lock_matching():
                return written
            after = queries.read_position() or 0
            end = queries.find_end(after=after, most=MOST_EVENTS)
            if end is None:
                return written
            matches = queries.find_matches(after=after, end=end)
            if matches:
                written += queries.insert_messages(rows=to_json([row_of(*pair) for pair in enumerate(matches)]))
            queries.move_position(end=end)
    return written


def row_of(position: int, match: queries.Match) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "workspace_id": match.workspace_id,
        "key": f"{match.rule_id}:{match.event_id}",
        "channel_id": match.channel_id,
        "rule_id": match.rule_id,
        "event_id": match.event_id,
        "flow_run_id": match.flow_run_id,
        "payload": message_of(match),
        "is_disabled": match.is_disabled,
        "answer": CHANNEL_DISABLED if match.is_disabled else "",
        "position": position,
    }


def message_of(match: queries.Match) -> Message:
    """What is told: names as they are now, or as the event had them if the run is gone."""
    resource = msgspec.json.decode(match.resource)
    labels: Mapping[str, object] = resource if isinstance(resource, dict) else {}
    related = msgspec.json.decode(match.related)
    others = related if isinstance(related, list) else []
    page = f"{settings.PUBLIC_URL}/w/{match.account}/{match.workspace}"
    return Message(
        state_type=label(labels, "state-type"),
        state_name=label(labels, "state-name") or match.event.removeprefix(FLOW_RUN_EVENT),
        state_message=label(labels, "state-message")[:2000],
        occurred=match.occurred,
        received=match.received,
        flow_run_id=match.flow_run_id,
        flow_run=match.flow_run or label(labels, "resource.name") or "a run",
        flow=match.flow or related_name(others, "flow"),
        deployment=match.deployment or related_name(others, "deployment"),
        work_pool=match.work_pool or related_name(others, "work-pool"),
        account=match.account,
        workspace=match.workspace,
        url=f"{page}/runs/{match.flow_run_id}" if match.flow_run_id else page,
    )


def to_json(rows: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(rows))
