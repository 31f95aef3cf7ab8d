"""An incident that a person declares."""

from django import forms

from automations.forms.fields import LongText
from automations.wire.incidents import LONGEST_NAME
from automations.wire.slas import SEVERITIES


class IncidentForm(forms.Form):
    name = forms.CharField(label="What is wrong", max_length=LONGEST_NAME)
    severity = forms.ChoiceField(label="Severity", choices=[(word, word) for word in SEVERITIES], initial="moderate")
    description = LongText(label="What is known", rows=4)
    resource_id = forms.CharField(
        label="About resource",
        max_length=1024,
        required=False,
        help_text="Its id, such as prefect.flow-run.…; or empty.",
    )
