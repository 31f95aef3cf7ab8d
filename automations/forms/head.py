"""What an automation is called, and the lists that the sentence does not show."""

from typing import Any

from django import forms

from automations.forms.fields import JsonField, LinesField, LongText


class HeadForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=1024, required=False, help_text="Left empty, it is made of the sentence."
    )
    description = LongText(label="Description", rows=2)
    tags = LinesField(label="Tags", required=False, help_text="One a line.")
    enabled = forms.BooleanField(label="Enabled", required=False)
    actions_on_trigger = JsonField(label="Actions when it triggers, as JSON")
    actions_on_resolve = JsonField(label="Actions when it resolves, as JSON")

    def place_error(self, loc: tuple[Any, ...], words: str) -> None:
        name = str(loc[0]) if loc else ""
        self.add_error(name if name in self.fields else None, words)
