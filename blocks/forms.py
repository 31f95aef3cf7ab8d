"""The form of a variable."""

import json
from typing import Any

from django import forms

from blocks.wire.variables import LARGEST_VALUE, NAME
from controlplane.schema_forms.texts import Unreadable, parse_json


class VariableForm(forms.Form):
    """A name, a JSON value and tags."""

    name = forms.CharField(max_length=255, help_text="Lowercase letters, numbers, dashes and underscores.")
    value = forms.CharField(
        label="Value as JSON",
        widget=forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false", "data-json": ""}),
        help_text='Such as 5, true, ["a", "b"], {"limit": 3} or "text" in quotes.',
    )
    tags = forms.CharField(required=False, help_text="With commas between them.")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not NAME.fullmatch(name):
            raise forms.ValidationError("Use lowercase letters, numbers, dashes and underscores only.")
        return name

    def clean_value(self) -> Any:
        try:
            value = parse_json(self.cleaned_data["value"])
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None
        if len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) > LARGEST_VALUE:
            raise forms.ValidationError(f"A value has at most {LARGEST_VALUE} bytes of JSON.")
        # Wrapped, so that null and false are values like any other.
        return [value]

    def clean_tags(self) -> list[str]:
        tags = [tag.strip() for tag in self.cleaned_data["tags"].replace("\n", ",").split(",")]
        return list(dict.fromkeys(tag for tag in tags if tag))
