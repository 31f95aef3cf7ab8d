"""The sentence after "When"."""

from typing import Any

import msgspec
from django import forms

from automations.forms.fields import Choices, JsonField, LengthField, LinesField, with_chosen
from automations.rules.sentences import STATES, Sentence, write_trigger

RUN_WORDS = {"TimedOut": "Timed out", "AwaitingRetry": "Awaiting retry", "not-ready": "Not ready"}
HOWS = [("enters", "enters"), ("stays", "stays in, for a time"), ("missing", "does not enter, for a time")]
EVENT_HOWS = [("enters", "happens"), ("missing", "does not happen, for a time")]
EACHES = [("", "all together"), ("each", "each by itself"), ("deployment", "by deployment")]


class WhenForm(forms.Form):
    """Fields that every sentence about events has."""

    kind = ""
    how = forms.ChoiceField(label="Does what", choices=HOWS)
    within = LengthField(label="Within / for", required=False, help_text="Such as 15 min, 2 h, 1 d.")
    threshold = forms.IntegerField(label="How many times", min_value=-2_147_483_648, max_value=2_147_483_647)
    each = forms.ChoiceField(label="Counted", choices=EACHES, required=False)

    def __init__(self, choices: dict[str, Choices], data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, prefix="when")
        given = initial or {}
        for name in ("deployment", "flow", "which"):
            if name in self.fields:
                source = self.kind if name == "which" else name
                listed = with_chosen(choices.get(source, []), data.get(f"when-{name}") if data else given.get(name))
                self.fields[name].choices = [("", "any"), *listed]  # type: ignore[attr-defined]

    def trigger(self) -> dict[str, Any]:
        """JSON of the wire, of cleaned data."""
        return write_trigger(msgspec.convert({**self.cleaned_data, "kind": self.kind}, Sentence))

    def place_error(self, loc: tuple[Any, ...], words: str) -> None:
        name = {"expect": "names", "operator": "operator", "range": "range", "firing_for": "firing_for"}.get(
            str(loc[-1]) if loc else "", str(loc[-1]) if loc else ""
        )
        name = "within" if "`within`" in words else name
        self.add_error(name if name in self.fields else None, words)


class ScopedForm(WhenForm):
    deployment = forms.ChoiceField(label="Of deployment", required=False)
    flow = forms.ChoiceField(label="Of flow", required=False)
    tag = forms.CharField(label="Tagged", max_length=255, required=False)


def states(kind: str) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="State", widget=forms.CheckboxSelectMultiple,
        choices=[(name, RUN_WORDS.get(name, name.capitalize())) for name in STATES[kind]],
        error_messages={"required": "Choose one state at least."},
    )  # fmt: skip


class RunForm(ScopedForm):
    kind, title = "run", "a flow run"
    names = states("run")
    field_order = ("deployment", "flow", "tag", "how", "names", "within", "threshold", "each")


class ObjectForm(WhenForm):
    which = forms.ChoiceField(label="Which", required=False)
    field_order = ("which", "how", "names", "within", "threshold", "each")


class PoolForm(ObjectForm):
    kind, title = "pool", "a work pool"
    names = states("pool")


class QueueForm(ObjectForm):
    kind, title = "queue", "a work queue"
    names = states("queue")


class DeploymentForm(ObjectForm):
    kind, title = "deployment", "a deployment"
    names = states("deployment")


class EventForm(ScopedForm):
    kind, title = "event", "an event"
    names = LinesField(label="Events", required=False, help_text="One name a line; * at the end fits any rest.")
    resource = forms.CharField(
        label="About resource", required=False, max_length=1024, help_text="An id; * fits anything."
    )
    after = LinesField(label="After events", required=False)
    how = forms.ChoiceField(label="Does what", choices=EVENT_HOWS)
    field_order = ("names", "resource", "how", "within", "threshold", "each", "after", "deployment", "flow", "tag")


class MetricForm(ScopedForm):
    kind, title = "metric", "a metric of runs"
    metric = forms.ChoiceField(
        label="The",
        choices=[("lateness", "average lateness (s)"), ("duration", "average duration (s)"),
                 ("successes", "success rate (0 to 1)")],
    )  # fmt: skip
    operator = forms.ChoiceField(label="Is", choices=[(sign, sign) for sign in (">", ">=", "<", "<=")])
    number = forms.FloatField(label="Than")
    range = LengthField(label="Over the last")
    firing_for = LengthField(label="For at least")
    how = within = threshold = each = None  # type: ignore[assignment]
    field_order = ("metric", "operator", "number", "range", "firing_for", "deployment", "flow", "tag")


class AdvancedForm(forms.Form):
    """Any trigger, as JSON."""

    kind, title = "advanced", "an advanced trigger"
    json = JsonField(label="Trigger as JSON")

    def __init__(self, choices: dict[str, Choices], data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, prefix="when")
        self.fields["json"].widget.attrs["rows"] = 16

    def trigger(self) -> Any:
        return self.cleaned_data["json"]

    def place_error(self, loc: tuple[Any, ...], words: str) -> None:
        place = ".".join(map(str, loc))
        self.add_error("json", f"{place}: {words}" if place else words)


FORMS: dict[str, Any] = {
    form.kind: form for form in (RunForm, PoolForm, QueueForm, DeploymentForm, EventForm, MetricForm, AdvancedForm)
}
