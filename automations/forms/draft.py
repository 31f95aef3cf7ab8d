"""The builder's page as one thing: read from a request, from a stored automation or from a starting point."""

from typing import Any

import msgspec
from msgspec import json

from automations.forms.fields import Choices, as_text
from automations.forms.head import HeadForm
from automations.forms.then import KINDS, ActionForm, initial_of, new_initial
from automations.forms.when import FORMS
from automations.rules.sentences import read_trigger, say
from automations.rules.starting_points import StartingPoint
from automations.wire.actions import Action
from automations.wire.automations import Automation, AutomationCreate, AutomationUpdate
from automations.wire.triggers import Trigger
from controlplane.wire.front_door import read_again
from controlplane.wire.invalid import InvalidBody

MOST_ROWS = 100


class Draft:
    """Three forms. `body` is the automation of the wire, of forms that are filled in soundly."""

    def __init__(self, head: HeadForm, when: Any, then: list[ActionForm]) -> None:
        self.head, self.when, self.then = head, when, then

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in (self.head, self.when, *self.then)]  # each, so that each says its errors
        return all(valid)

    def as_json(self) -> dict[str, Any]:
        head = self.head.cleaned_data
        return {
            **head, "actions_on_trigger": head["actions_on_trigger"] or [],
            "actions_on_resolve": head["actions_on_resolve"] or [],
            "trigger": self.when.trigger(), "actions": [form.action() for form in self.then],
        }  # fmt: skip

    def body(self) -> tuple[AutomationCreate, bytes] | None:
        """What is saved, and the JSON that a refusal shows; None with the errors at their fields."""
        if not self.is_valid():
            return None
        value = self.as_json()
        try:
            body = read_body(value)
        except InvalidBody as refusal:
            self.place_errors(refusal)
            return None
        body.name = body.name or first_upper(say(body.trigger))[:200]
        return body, json.encode(value)

    def place_errors(self, refusal: InvalidBody) -> None:
        for finding in refusal.findings:
            loc, words = tuple(finding.loc)[1:], finding.msg.removeprefix("Value error, ")
            if loc[:1] == ("trigger",):
                self.when.place_error(loc[1:], words)
            elif loc[:1] == ("actions",) and len(loc) > 1 and isinstance(loc[1], int) and loc[1] < len(self.then):
                self.then[loc[1]].place_error(loc[2:], words)
            else:
                self.head.place_error(loc, words)


def read_body(value: dict[str, Any]) -> AutomationCreate:
    """By the REST door's own reading."""
    try:
        return msgspec.convert(value, AutomationCreate)
    except ValueError as error:
        return read_again(AutomationCreate, value, error)[0]


def first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def draft_of_request(data: Any, choices: dict[str, Choices]) -> Draft:
    """Which forms there are is said by hidden fields: `kind`, and `actions` with one word each."""
    kinds = [kind for kind in data.getlist("actions") if kind in KINDS][:MOST_ROWS]
    then = [ActionForm(kind, choices, index, data) for index, kind in enumerate(kinds)]
    form = FORMS.get(data.get("kind", ""), FORMS["advanced"])
    return Draft(HeadForm(data), form(choices, data), then)


def draft_of_automation(automation: Automation, choices: dict[str, Choices]) -> Draft:
    return draft_of_body(body_of(automation), choices)


def body_of(automation: Automation) -> AutomationUpdate:
    """What a PUT of a stored automation would send."""
    lists = ("actions", "actions_on_trigger", "actions_on_resolve")
    return AutomationUpdate(
        name=automation.name, description=automation.description, enabled=automation.enabled, tags=automation.tags,
        trigger=json.decode(automation.trigger, type=Trigger),
        **{name: json.decode(getattr(automation, name), type=list[Action]) for name in lists},
    )  # fmt: skip


def draft_of_body(body: AutomationUpdate, choices: dict[str, Choices]) -> Draft:
    head = {
        "name": body.name, "description": body.description, "tags": body.tags, "enabled": body.enabled,
        "actions_on_trigger": msgspec.to_builtins(body.actions_on_trigger) or None,
        "actions_on_resolve": msgspec.to_builtins(body.actions_on_resolve) or None,
    }  # fmt: skip
    then = [ActionForm(tag(one), choices, index, initial=initial_of(one)) for index, one in enumerate(body.actions)]
    return Draft(HeadForm(initial=head), when_of(body.trigger, choices), then)


def when_of(trigger: Any, choices: dict[str, Choices]) -> Any:
    """The sentence that says this trigger, or its JSON."""
    sentence = read_trigger(trigger)
    if sentence is None:
        return advanced_of(trigger, choices)
    return FORMS[sentence.kind](choices, initial=msgspec.to_builtins(sentence))


def advanced_of(trigger: Any, choices: dict[str, Choices]) -> Any:
    return FORMS["advanced"](choices, initial={"json": as_text(without_ids(msgspec.to_builtins(trigger)))})


def without_ids(value: Any) -> Any:
    """The server gives triggers ids of its own with each change."""
    if isinstance(value, dict) and "type" in value:
        inner = [without_ids(child) for child in value.get("triggers", [])]
        kept = {key: item for key, item in value.items() if key != "id"}
        return {**kept, "triggers": inner} if inner else kept
    return value


def draft_of_point(point: StartingPoint, action: str, choices: dict[str, Choices]) -> Draft:
    initial = new_initial(action, point.subject, point.body)
    channels = choices["channel"]
    if action == "send-notification" and channels:
        initial["block_document_id"] = channels[0][0]
    when = FORMS[point.sentence.kind](choices, initial=msgspec.to_builtins(point.sentence))
    head = HeadForm(initial={"name": point.name, "enabled": True})
    return Draft(head, when, [ActionForm(action, choices, 0, initial=initial)])


def tag(action: Any) -> str:
    return str(action.__struct_config__.tag)
