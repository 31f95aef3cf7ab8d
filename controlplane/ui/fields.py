"""Fields of forms that several rooms have."""

from typing import Any

from django import forms

from controlplane.wire.lengths import format_length, parse_length

MOST_TEXT = 65_536
Choices = list[tuple[str, str]]


class LengthField(forms.CharField):
    """Seconds, written as `15 min`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)

    def prepare_value(self, value: Any) -> Any:
        return format_length(value) if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return parse_length(text) if text else 0.0
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None


class LongText(forms.CharField):
    """Text of several lines: browsers send it with line ends that nobody typed."""

    def __init__(self, *, rows: int = 4, **options: Any) -> None:
        super().__init__(max_length=MOST_TEXT, strip=False, required=False, widget=area(rows), **options)

    def clean(self, value: Any) -> Any:
        return super().clean(value).replace("\r\n", "\n")


class LinesField(forms.CharField):
    """A list of words, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def with_chosen(choices: Choices, chosen: Any) -> Choices:
    """The choices, with one that is gone since it was chosen: saving must not lose it."""
    if not chosen or str(chosen) in {value for value, _ in choices}:
        return choices
    return [*choices, (str(chosen), f"{chosen} (gone)")]


def area(rows: int = 4) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "spellcheck": "false"})
