"""The form that sets a channel up, made from what its kind says it needs."""

from typing import Any

from django import forms

from notifications.channels.contract import FormField, Kind, form_of
from notifications.forms.slack import RULE_CHOICES
from notifications.services.channels import LONGEST_NAME

PREFIX = "settings-"
REMOVE = "remove-"
KEEP = "A value is stored. Leave this empty to keep it."


class ChannelForm(forms.Form):
    """A name, the settings of the kind, and for a new channel what it is told. Stored secrets are never in it."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="How the channel is listed here.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the channel a name."},
    )

    def __init__(self, kind: Kind[Any], *args: Any, stored: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.stored, self.parts = kind, stored, form_of(kind.settings)
        for part in self.parts:
            has_secret = bool(part.is_secret and stored and stored.get(part.name))
            self.fields[PREFIX + part.name] = field_of(part, has_secret=has_secret)
            if has_secret and not part.is_required:
                label = f"Remove the stored {part.label[:1].lower()}{part.label[1:]}"
                self.fields[REMOVE + part.name] = forms.BooleanField(label=label, required=False)
            if not part.is_secret:
                self.initial[PREFIX + part.name] = as_text(part, (stored or {}).get(part.name, part.default))
        if stored is None:
            self.fields["rules"] = forms.MultipleChoiceField(
                label="Tell it when a run is",
                choices=RULE_CHOICES,
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=["failed"],
            )

    def bound_settings(self) -> list[Any]:
        """Each with whether its text is hidden while it is typed, and the box that takes what is stored away."""
        return [
            (
                self[PREFIX + part.name],
                part.is_secret and part.control not in ("list", "pairs"),
                self[REMOVE + part.name] if REMOVE + part.name in self.fields else None,
            )
            for part in self.parts
        ]

    def given(self) -> dict[str, Any]:
        """The settings as they were typed; a secret left empty is left out, so that the stored one stays."""
        values = {part.name: as_value(part, self.cleaned_data.get(PREFIX + part.name)) for part in self.parts}
        secrets = {part.name for part in self.parts if part.is_secret}
        return {
            name: value
            for name, value in values.items()
            if value not in (None, "") and not (self.stored and name in secrets and not value)
        } | ({} if self.stored is None else self.emptied(values, secrets))

    def emptied(self, values: dict[str, Any], secrets: set[str]) -> dict[str, Any]:
        """What was taken away from a stored channel. What is typed beside the box counts more than the box."""
        told = {name: "" for name, value in values.items() if value in (None, "") and name not in secrets}
        gone = {name: "" for name in secrets if self.cleaned_data.get(REMOVE + name) and not values[name]}
        return told | gone

    def blame(self, field: str, reason: str) -> None:
        self.add_error(PREFIX + field if PREFIX + field in self.fields else None, reason)


def field_of(part: FormField, *, has_secret: bool) -> forms.Field:
    is_needed = part.is_required and not has_secret
    common: dict[str, Any] = {
        "label": part.label, "required": is_needed, "error_messages": {"required": "This is needed."},
        "help_text": " ".join(filter(None, (part.help, KEEP if has_secret else ""))),
    }  # fmt: skip
    match part.control:
        case "number":
            return forms.IntegerField(**common)
        case "switch":
            return forms.BooleanField(**{**common, "required": False})
        case "choice":
            choices = [(choice, choice) for choice in part.choices]
            return forms.ChoiceField(choices=choices, **{**common, "required": False})
        case "list":
            common["help_text"] = f"{common['help_text']} One a line.".strip()
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **common)
        case "pairs":
            common["help_text"] = f"{common['help_text']} One a line, as Name: value.".strip()
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), **common)
    attrs = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.PasswordInput(render_value=True, attrs=attrs) if part.is_secret else forms.TextInput(attrs=attrs)
    return forms.CharField(max_length=10_000, widget=widget, **common)


def as_text(part: FormField, value: Any) -> Any:
    if part.control == "list":
        return "\n".join(str(one) for one in value or [])
    if part.control == "pairs":
        return "\n".join(f"{name}: {text}" for name, text in (value or {}).items())
    return value


def as_value(part: FormField, value: Any) -> Any:
    if part.control == "list":
        return [line.strip() for line in (value or "").splitlines() if line.strip()]
    if part.control == "pairs":
        lines = [line.partition(":") for line in (value or "").splitlines() if line.strip()]
        return {name.strip(): text.strip() for name, _, text in lines}
    return value
