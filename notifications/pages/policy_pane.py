"""Beside the form of a policy: what it says, what it would have sent, and its message as a channel shows it."""

from typing import Any
from uuid import UUID

from msgspec.structs import replace

from controlplane.errors import Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.fields import Choices
from controlplane.wire.structs import BadField
from notifications import looks
from notifications.channels.drafts import draft
from notifications.forms.policy import PolicyForm
from notifications.models import Channel
from notifications.pages.slack_picture import picture_of
from notifications.rules.sentences import say, say_limits
from notifications.services import (
    channels,
    naming,
    policies,
    previews,
    rehearsals,
    renderings,
    templating,
    testing_limits,
)
from notifications.wire import Message
from notifications.wire.policies import Policy, PolicyCreate, PolicyDryRun, Watch, check_template
from workspaces.doors import PageRequest

OWN_WORDS = {"subject_template": "subject", "body_template": "body"}


def pane_of_policy(request: PageRequest, policy: Policy, choices: dict[str, Choices]) -> dict[str, Any]:
    """What a policy says and does, of a form that was not sent yet."""
    names = naming.names_in(choices)
    shown = {"sentence": say(policy, names), "limits": say_limits(policy, names)}
    return shown | example(request, policy, choices, [str(id) for id in policy.channel_ids])


def pane_of_form(
    request: PageRequest, form: PolicyForm, choices: dict[str, Choices], body: PolicyCreate | None, *,
    counts: bool = False, pressed: str = "",
) -> dict[str, Any]:  # fmt: skip
    """What the policy says and does, of a form that was sent."""
    values = form.cleaned_data
    faults: dict[str, str] = {}
    templates: dict[str, Any] = {}
    for name in OWN_WORDS:
        # As it was typed: what is wrong with it is no cleaned data any more.
        templates[name] = (form[name].value() or "").replace("\r\n", "\n") or None
        try:
            check_template(name, templates[name])
        except BadField as fault:
            faults[name], templates[name] = str(fault), None
    words = PolicyCreate(
        name=values.get("name") or "This policy", severity=values.get("severity") or "warning",
        watch=Watch(state_types=["FAILED"]), channel_ids=[], **templates,
    )  # fmt: skip
    wanted = [values.get("shown_for"), *values.get("channels", [])]
    context = example(request, policies.drafted(words, request.now), choices, wanted)
    context["faults"] = faults | context["faults"]
    context["missing"] = (
        [] if body else [(form[name].label, errors[0]) for name, errors in form.errors.items() if name in form.fields]
    )
    if body is not None:
        names = naming.names_in(choices)
        context |= {"sentence": say(body, names), "limits": say_limits(body, names)}
        if counts:
            context |= count(request, body)
    if pressed == "test" and not context["faults"]:
        context |= tested(request, context["channel"], context["message"])
    return context


def example(
    request: PageRequest, policy: Policy, choices: dict[str, Choices], wanted: list[str | None]
) -> dict[str, Any]:
    """A message in the policy's words, as one channel shows it."""
    place, workspace = request.place, request.place.workspace_id
    run = previews.last_failed_run(workspace)
    message, faults = templating.worded_or_why(
        previews.example_of(
            workspace, policy, run, 1, account=place.account_handle, handle=place.workspace_handle, now=request.now
        )
    )
    named = {name: faults[part] for name, part in OWN_WORDS.items() if part in faults}
    context: dict[str, Any] = {
        "message": message,
        "preview": draft(message),
        "faults": named,
        "is_example": run is None,
    }
    ids = [id for id, _ in choices["channel"]]
    chosen = next((id for id in wanted if id in ids), ids[0] if ids else None)
    if chosen is not None:
        with workspace_transaction(workspace):
            channel = channels.read_channel(workspace, UUID(chosen))
            shown = renderings.of_channel(channel, message, "preview")
        body = shown.rendered.body
        context |= {
            "channel": channel, "title": shown.title, "rendered": shown.rendered, "picture": picture_of(body),
            "payload": "" if body is None else looks.indented(body),
        }  # fmt: skip
    return context


def count(request: PageRequest, body: PolicyCreate) -> dict[str, Any]:
    place = request.place
    values = {name: getattr(body, name) for name in PolicyCreate.__struct_fields__}
    try:
        with workspace_transaction(place.workspace_id):
            report = rehearsals.try_policy(
                place.workspace_id, PolicyDryRun(**values), account=place.account_handle,
                handle=place.workspace_handle, now=request.now,
            )  # fmt: skip
    except Problem as problem:
        return {"uncounted": problem.detail}
    return {"report": report}


def tested(request: PageRequest, channel: Channel | None, message: Message) -> dict[str, Any]:
    if channel is None:
        return {"untested": "There is no channel to send it to."}
    if testing_limits.is_too_often(request.caller.actor_id):
        return {"untested": testing_limits.TOO_OFTEN}
    test = replace(message, is_test=True)
    return {"sent": channels.send_to_channel(request.place.workspace_id, channel.id, test, reason="test")}
