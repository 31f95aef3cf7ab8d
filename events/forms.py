"""The form of an inbound webhook, and templates to begin with."""

from typing import Any, NamedTuple
from uuid import UUID

from django import forms


class Preset(NamedTuple):
    title: str
    template: str


SAMPLE = """POST / HTTP/1.1
content-type: application/json

{"name": "nightly", "status": "done"}"""
PRESETS = {
    "any": Preset("Any JSON", """{
    "event": "webhook.called",
    "resource": {"prefect.resource.id": "webhook.caller"},
    "payload": {{ body|tojson }}
}"""),
    "fields": Preset("From fields of the body", """{
    "event": "job.{{ body.status }}",
    "resource": {
        "prefect.resource.id": "job.{{ body.name }}",
        "prefect.resource.name": "{{ body.name }}"
    },
    "payload": {{ body|tojson }}
}"""),
    "github": Preset("GitHub", """{
    "event": "github.{{ headers['x-github-event'] }}",
    "resource": {"prefect.resource.id": "github.repo.{{ body.repository.full_name }}"},
    "payload": {{ body|tojson }}
}"""),
}  # fmt: skip


class WebhookForm(forms.Form):
    name = forms.CharField(label="Name", max_length=255)
    description = forms.CharField(label="Description", max_length=5000, required=False)
    template = forms.CharField(
        label="Template of the event", max_length=65_536, strip=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "code", "spellcheck": "false"}),
        help_text="Jinja that makes the event's JSON of body, headers and method.",
    )  # fmt: skip
    enabled = forms.BooleanField(label="Enabled", required=False)
    service_account_id = forms.ChoiceField(
        label="Taken from", required=False,
        help_text="A service account sends its key along, as Authorization: Bearer.",
    )  # fmt: skip
    sample = forms.CharField(
        label="Sample request", max_length=65_536, required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 7, "class": "code", "spellcheck": "false"}),
        help_text="As it is on the wire, or its body alone. Not saved: for Send sample only.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, accounts: list[tuple[str, str]], initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        field: Any = self.fields["service_account_id"]
        field.choices = [("", "anybody who knows the address"), *accounts]

    def clean_service_account_id(self) -> UUID | None:
        chosen = self.cleaned_data["service_account_id"]
        return UUID(chosen) if chosen else None

    def clean_template(self) -> str:
        return str(self.cleaned_data["template"]).replace("\r\n", "\n")
