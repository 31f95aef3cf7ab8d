"""What a policy's messages look like before it sends any: with a sample, or with a run that there was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import structs
from msgspec.structs import replace

from controlplane.errors import NotFound
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from notifications import queries, queries_alerts
from notifications.channels.drafts import draft
from notifications.channels.slack.message import body_of
from notifications.rules.deciding import Alert
from notifications.rules.wording import Told, compose
from notifications.services import channels, renderings
from notifications.services.acting import page_of, told_of
from notifications.services.templating import with_own_words, worded
from notifications.wire import Message
from notifications.wire.policies import Group, Layout, Policy, Preview, PreviewRequest, Watch

SAMPLE = Told(
    error='Traceback (most recent call last):\n  File "etl.py", line 12, in load\nValueError: this is an example',
    task="load", seconds=63.0, failures_in_hour=3, parameters={"day": "2026-01-31", "api_token": "hidden"},
)  # fmt: skip


def preview(workspace: UUID, body: PreviewRequest, *, account: str, handle: str, now: datetime) -> Preview:
    """`NotFound` if the run or the channel is not there.

    What a template does wrong stands among the facts, as it would when sent.

    Not inside a transaction: rendering waits for another process.
    """
    policy = Policy(
        id=uuid7(), created=now, updated=now, name="preview", enabled=True, severity="warning",
        watch=Watch(state_types=["FAILED"]), channel_ids=[], group=Group(), dedupe_seconds=60, digest=None,
        reminder_minutes=None, resolve="edit", quiet_hours=None, escalation=None, fallback_channel_id=None,
        most_per_hour=None, muted_until=None, subject_template=body.subject_template, body_template=body.body_template,
    )  # fmt: skip
    run = body.flow_run_id
    message = worded(example_of(workspace, policy, run, body.count, account=account, handle=handle, now=now))
    return shown(message, None if body.channel_id is None else laid_out(workspace, body.channel_id, message))


def example_of(
    workspace: UUID, policy: Policy, flow_run_id: UUID | None, count: int, *, account: str, handle: str, now: datetime
) -> Message:
    """The first message of an alert about a run, or about one that never was; its templates are still to be filled."""
    page = page_of(account, handle)
    last, story = sample_of(account, handle, page, now), SAMPLE
    if flow_run_id is not None:
        with workspace_transaction(workspace):
            found = queries.read_last_failure(workspace=workspace, flow_run=flow_run_id)
            told = queries_alerts.read_story(workspace=workspace, flow_run=flow_run_id, now=now)
        if found is None:
            raise NotFound("There is no such run in this workspace.")
        last = replace(message_of(found, now), account=account, workspace=handle, url=f"{page}/runs/{flow_run_id}")
        story = told_of(told)
    alert = Alert(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, rule_id=policy.id, group_key="",
        opened=last.occurred, last_event=last.occurred, count=count, first=last, last=last,
    )  # fmt: skip
    return with_own_words(policy, alert, "opened", compose(alert, "opened", story, now), story)


def last_failed_run(workspace: UUID) -> UUID | None:
    """The run that an example is best about."""
    with workspace_transaction(workspace):
        found: queries.Failure | None = queries.read_last_failure(workspace=workspace, flow_run=None)
    return found.flow_run_id if found is not None else None


def laid_out(workspace: UUID, channel_id: UUID, message: Message) -> Layout:
    with workspace_transaction(workspace):
        channel = channels.read_channel(workspace, channel_id)
        rendered = renderings.of_channel(channel, message, "preview").rendered
    return Layout(kind=channel.kind, **structs.asdict(rendered))


def shown(message: Message, channel: Layout | None) -> Preview:
    parts = draft(message)
    slack: dict[str, Any] = body_of(message)
    return Preview(
        headline=parts.headline, detail=parts.detail, facts=[list(one) for one in parts.facts],
        links=[list(one) for one in parts.links], text=f"{parts.headline}\n{parts.as_text()}", slack=slack,
        channel=channel,
    )  # fmt: skip


def message_of(found: queries.Failure, now: datetime) -> Message:
    return Message(
        state_type=found.state_type or "", state_name=found.state_name or "", state_message=found.state_message or "",
        occurred=found.occurred or now, received=now, flow_run_id=found.flow_run_id, flow_run=found.flow_run,
        flow=found.flow, deployment=found.deployment or "", work_pool=found.work_pool or "",
    )  # fmt: skip


def sample_of(account: str, handle: str, page: str, now: datetime) -> Message:
    return Message(
        state_type="FAILED", state_name="Failed", state_message="ValueError: this is an example", occurred=now,
        received=now, flow_run="example-run", flow="example-flow", deployment="nightly", work_pool="default",
        account=account, workspace=handle, url=page,
    )  # fmt: skip
