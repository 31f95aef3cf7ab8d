"""The sentences after "Then": one form for each kind of action. Every field of the wire has one of the form."""

from typing import Any, get_args

import msgspec
from django import forms

from automations.forms.fields import Choices, JsonField, LengthField, LinesField, LongText, with_chosen
from automations.rules.sentences import name_of
from automations.wire.actions import SUBJECT, Action, StateType

TITLES = {
    "send-notification": "Send a message", "send-email-notification": "Send an e-mail",
    "run-deployment": "Run a deployment", "call-webhook": "Call a webhook",
    "cancel-flow-run": "Cancel the run", "suspend-flow-run": "Suspend the run", "resume-flow-run": "Resume the run",
    "change-flow-run-state": "Set the run's state", "delete-flow-run": "Delete the run",
    "pause-deployment": "Pause a deployment", "resume-deployment": "Resume a deployment",
    "pause-schedule": "Pause a schedule", "resume-schedule": "Resume a schedule",
    "pause-work-pool": "Pause a work pool", "resume-work-pool": "Resume a work pool",
    "pause-work-queue": "Pause a work queue", "resume-work-queue": "Resume a work queue",
    "pause-automation": "Pause an automation", "resume-automation": "Resume an automation",
    "declare-incident": "Declare an incident", "do-nothing": "Do nothing",
}  # fmt: skip
TARGETS = {"deployment": "Deployment", "work_pool": "Work pool", "work_queue": "Work queue", "automation": "Automation"}
LISTS = {"deployment": "deployment", "work_pool": "pool", "work_queue": "queue", "automation": "automation"}
INFERRED = "inferred"
KINDS = {kind.__struct_config__.tag: kind for kind in get_args(Action)}
VARIABLES = (
    "Variables: {{ flow.name }}, {{ flow_run.name }}, {{ flow_run.state.name }}, {{ flow_run.state.message }}, "
    "{{ flow_run|ui_url }}, {{ deployment.name }}, {{ work_pool.name }}, {{ event.event }}, {{ event.resource.name }}, "
    "{{ event.payload }}, {{ automation.name }}."
)


class ActionForm(forms.Form):
    """One action; its fields are those of its kind."""

    def __init__(
        self,
        kind: str,
        choices: dict[str, Choices],
        index: int,
        data: Any = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial, prefix=f"do{index}")
        self.kind, self.index, self.title = kind, index, TITLES[kind]
        names = KINDS[kind].__struct_fields__
        for name in names:
            given = data.get(f"{self.prefix}-{name}") if data else (initial or {}).get(name)
            field = self.make_field(name, choices, given)
            if field is not None:
                self.fields[name] = field

    def make_field(self, name: str, choices: dict[str, Choices], given: Any) -> forms.Field | None:
        if name == "source":
            return None
        if name == "block_document_id":
            notes = self.kind == "send-notification"
            listed = with_chosen(choices["channel" if notes else "hook"], given)
            label = "To" if notes else "Webhook block"
            return forms.ChoiceField(
                label=label, choices=[("", "Choose…"), *listed], error_messages={"required": "Choose one."}
            )
        if name == "schedule_id":
            listed = with_chosen(choices["schedule"], given)
            return forms.ChoiceField(
                label="Schedule", choices=[("", "Choose…"), *listed], error_messages={"required": "Choose one."}
            )
        thing = name.removesuffix("_id")
        if thing in TARGETS:
            listed = with_chosen(choices[LISTS[thing]], given if given != INFERRED else None)
            return forms.ChoiceField(
                label=TARGETS[thing], choices=[("", "Choose…"), (INFERRED, "the one of the event"), *listed],
                error_messages={"required": "Choose one."},
            )  # fmt: skip
        return simple_field(name)

    def action(self) -> dict[str, Any]:
        """JSON of the wire, of cleaned data."""
        made: dict[str, Any] = {"type": self.kind, **self.cleaned_data}
        for thing in TARGETS:
            if f"{thing}_id" in made:
                inferred = made[f"{thing}_id"] == INFERRED
                made |= {
                    "source": INFERRED if inferred else "selected",
                    f"{thing}_id": None if inferred else made[f"{thing}_id"],
                }
        if self.kind == "change-flow-run-state":
            made |= {"name": made["name"] or None, "message": made["message"] or None}
        return made

    def place_error(self, loc: tuple[Any, ...], words: str) -> None:
        name = next((str(step) for step in loc if str(step) in self.fields), None)
        self.add_error(name, words)


def simple_field(name: str) -> forms.Field:
    made: dict[str, forms.Field] = {
        "subject": forms.CharField(label="Subject", max_length=65_536, strip=False, required=False),
        "body": LongText(label="Message", rows=5, help_text=VARIABLES),
        "emails": LinesField(label="To", help_text="One address a line, at most 20."),
        "payload": LongText(label="Payload", rows=5, help_text=VARIABLES),
        "parameters": JsonField(label="Parameters as JSON", help_text="Texts may hold variables."),
        "job_variables": JsonField(label="Job variables as JSON"),
        "schedule_after": LengthField(label="After", required=False),
        "state": forms.ChoiceField(label="State", choices=[(word, word.capitalize()) for word in get_args(StateType)]),
        "name": forms.CharField(label="Name of the state", required=False, strip=False),
        "message": forms.CharField(label="Message", required=False, strip=False),
        "force": forms.BooleanField(label="Even if rules forbid it", required=False),
    }
    return made[name]


def initial_of(action: Any) -> dict[str, Any]:
    """The form's fields for an action of the wire."""
    fields: dict[str, Any] = msgspec.to_builtins(action)
    for thing in TARGETS:
        if f"{thing}_id" in fields and fields.get("source") == INFERRED:
            fields[f"{thing}_id"] = INFERRED
    return fields


def new_initial(kind: str, subject: str = "", body: str = "") -> dict[str, Any]:
    """What a new action begins with."""
    if kind in ("send-notification", "send-email-notification"):
        return {"subject": subject or SUBJECT, "body": body}
    return {"schedule_after": 0.0, "state": "CANCELLED", "payload": ""}


def say_action(action: Any, names: dict[str, str]) -> str:
    """What is done, in a line."""
    kind = action.__struct_config__.tag
    id = next(
        (getattr(action, name) for name in action.__struct_fields__ if name.endswith("_id") and getattr(action, name)),
        None,
    )
    title = TITLES[kind]
    if kind == "send-email-notification":
        return f"{title} to {', '.join(action.emails)}"
    if id is None:
        return title
    name = name_of(str(id), names)
    if kind == "send-notification":
        return f"Send a message to {name}"
    return f"{title.replace(' a ', ' ').replace(' an ', ' ')} {name}"
