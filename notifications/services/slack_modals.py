"""The modal in which a paused run is answered."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import Conflict
from deployments.services.run_inputs import description_of, schema_of
from notifications.channels.slack.message import escape, section
from notifications.channels.slack_app import buttons
from notifications.channels.slack_app.client import call
from notifications.rules import slack_forms
from notifications.rules.slack_forms import plain
from notifications.services.slack_clicks import RESUME, Click, Metadata
from runs.services import flow_runs

OPEN_SECONDS = 2.5  # Slack forgets a trigger after three
LONGEST_TEXT = 2900


def view_of(workspace: UUID, click: Click, now: datetime) -> dict[str, Any]:
    """Inside the workspace's transaction. `Conflict` if the run waits for nothing, `UnfitForm` if it does not fit."""
    if click.about.run is None:
        raise Conflict("This message is about no run.")
    run = flow_runs.read_flow_run(workspace, click.about.run, now=now)
    if run.state_type != "PAUSED":
        raise Conflict("The run is not paused any more.")
    schema = schema_of(workspace, click.about.run, now)
    blocks = [section(f"*{escape(run.name or '')}* is paused.")]
    if words := description_of(workspace, click.about.run, now):
        blocks.append(section(escape(words[:LONGEST_TEXT])[:LONGEST_TEXT]))
    if schema is not None:
        blocks += slack_forms.blocks_of(schema)
    metadata = Metadata(buttons.sign(click.about), click.channel, click.ts)
    return {
        "type": "modal",
        "callback_id": RESUME,
        "private_metadata": msgspec.json.encode(metadata).decode(),
        "title": plain("Answer the run"),
        "submit": plain("Resume"),
        "close": plain("Not now"),
        "blocks": blocks,
    }


def open_view(token: str, trigger: str, view: dict[str, Any]) -> None:
    call(token, "views.open", {"trigger_id": trigger, "view": view}, seconds=OPEN_SECONDS)
