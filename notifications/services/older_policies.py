"""Policies of 2.x clients at work: their own words, through the notification block that they name."""

from datetime import UTC
from string import Formatter
from typing import Any
from uuid import uuid5

import msgspec
from django.conf import settings

from notifications import queries
from notifications.rules.facts import fact_of
from notifications.wire import PLACEHOLDERS, Message

TEMPLATE = (
    "Flow run {flow_run_name} with id {flow_run_id} entered state {flow_run_state_name}.\n\n{flow_run_state_message}"
)
"""What is said without a template; the run's page is linked below."""
LONGEST_WORDS = 10_000


def tell_older_policies(matches: list[queries.OlderMatch]) -> int:
    """Write a message for every match, in the transaction that moves the position. The key is policy and event."""
    if not matches:
        return 0
    rows = [row_of(position, match) for position, match in enumerate(matches)]
    return queries.insert_messages(rows=msgspec.Raw(msgspec.json.encode(rows)))


def row_of(position: int, match: queries.OlderMatch) -> dict[str, Any]:
    key = f"{match.policy_id}:{match.event_id}"
    return {
        "id": uuid5(match.policy_id, str(match.event_id)),
        "workspace_id": match.workspace_id,
        "key": key,
        "block_document_id": match.block_document_id,
        "event_id": match.event_id,
        "flow_run_id": match.flow_run_id,
        "payload": message_of(match),
        "is_disabled": False,
        "answer": "",
        "position": position,
    }


def message_of(match: queries.OlderMatch) -> Message:
    values = msgspec.structs.asdict(match)
    for name in ("policy_id", "block_document_id", "message_template", "parameters"):
        values.pop(name)
    values["resource"], values["related"] = msgspec.json.decode(match.resource), msgspec.json.decode(match.related)
    fact = fact_of(**values)
    url = f"{settings.PUBLIC_URL}/w/{match.account}/{match.workspace}/runs/{fact.flow_run_id}"
    fields = {
        "flow_run_notification_policy_id": str(match.policy_id),
        "flow_id": str(fact.flow_id or ""),
        "flow_name": fact.flow,
        "flow_run_url": url,
        "flow_run_id": str(fact.flow_run_id or ""),
        "flow_run_name": fact.flow_run,
        "flow_run_parameters": bytes(match.parameters).decode(),
        "flow_run_state_type": fact.state_type,
        "flow_run_state_name": fact.state_name,
        "flow_run_state_timestamp": fact.occurred.astimezone(UTC).isoformat(),
        "flow_run_state_message": fact.state_message,
    }
    return Message(
        subject="Prefect flow run notification", body=filled(match.message_template or TEMPLATE, fields),
        state_type=fact.state_type, state_name=fact.state_name, state_message=fact.state_message,
        occurred=fact.occurred, received=fact.received, flow_run_id=fact.flow_run_id, flow_run=fact.flow_run,
        flow=fact.flow, account=fact.account, workspace=fact.workspace, url=url,
    )  # fmt: skip


def filled(template: str, fields: dict[str, str]) -> str:
    """The template with its fields; it was checked when it was stored, and an unknown name stays as it is written.

    Not `str.format`: a template must not reach into what it is given.
    """
    words = []
    for text, name, _, _ in Formatter().parse(template):
        words.append(text)
        if name is not None:
            words.append(fields[name] if name in PLACEHOLDERS else f"{{{name}}}")
    return "".join(words)[:LONGEST_WORDS]
