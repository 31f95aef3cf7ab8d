"""Fields that the builder's forms share."""

import json
from typing import Any

from django import forms

from controlplane.ui.fields import Choices, LengthField, LinesField, LongText, with_chosen

__all__ = ["Choices", "JsonField", "LengthField", "LinesField", "LongText", "as_text", "with_chosen"]


class JsonField(forms.CharField):
    """JSON of any shape. Empty is None."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=1_000_000, required=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "" if value is None else as_text(value)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text.strip():
            return None
        try:
            return json.loads(text)
        except RecursionError:
            raise forms.ValidationError("This is nested too deeply.") from None
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from None


def as_text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
