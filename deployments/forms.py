"""What the forms of deployments ask for besides values out of a schema."""

from typing import Any

from django import forms
from django.utils import timezone

from controlplane.schema_forms.durations import seconds_of
from deployments.wire.schedules import read_schedule

MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
KINDS = [("cron", "Cron"), ("interval", "Interval"), ("rrule", "RRULE")]


class TagsField(forms.CharField):
    """Tags with commas between them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=2000, help_text="With commas between them.", **options)

    def clean(self, value: Any) -> list[str]:
        text: str = super().clean(value)
        return list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))


class CustomRunForm(forms.Form):
    name = forms.CharField(required=False, max_length=200, help_text="Empty: one is made up.")
    start = forms.DateTimeField(required=False, widget=MOMENT, label="Start at")
    tags = TagsField()
    queue = forms.ChoiceField(required=False, label="Work queue")
    check = forms.BooleanField(required=False, label="Check the parameters against their schema")

    def __init__(self, *args: Any, queues: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["start"].help_text = f"In {timezone.get_current_timezone_name()}. Empty: as soon as possible."
        field = self.fields["queue"]
        field.choices = [("", "As the deployment has it"), *((name, name) for name in queues)]  # type: ignore[attr-defined]


class DeploymentForm(forms.Form):
    description = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}))
    tags = TagsField()
    enforce = forms.BooleanField(required=False, label="Refuse runs whose parameters do not fit the schema")


class ScheduleForm(forms.Form):
    kind = forms.ChoiceField(choices=KINDS, widget=forms.RadioSelect)
    when = forms.CharField(
        max_length=6500, label="When",
        help_text="0 6 * * 1-5 for a cron, 1h 30m for an interval, FREQ=DAILY;BYHOUR=6 for an RRULE.",
    )  # fmt: skip
    timezone = forms.CharField(max_length=64, label="Time zone", initial="UTC", help_text="Such as Europe/Paris.")
    slug = forms.CharField(required=False, max_length=200, help_text="A name for `prefect deploy` to find it by.")
    active = forms.BooleanField(required=False, label="Active", initial=True)

    def clean(self) -> dict[str, Any]:
        """`schedule` is what the wire takes."""
        found = self.cleaned_data
        if not {"kind", "when", "timezone"} <= found.keys():
            return found
        value: Any = found["when"].strip()
        if found["kind"] == "interval" and (value := seconds_of(value)) is None:
            self.add_error("when", "Write a duration, such as 1h 30m.")
            return found
        schedule = {found["kind"]: value, "timezone": found["timezone"].strip()}
        try:
            read_schedule(schedule)
        except ValueError as error:
            self.add_error("timezone" if "timezone" in str(error) else "when", str(error))
        return {**found, "schedule": schedule}
