"""One more service level of a deployment."""

from typing import Any
from uuid import UUID

import msgspec
from django import forms

from automations.wire.slas import SEVERITIES, SlaSpec
from controlplane.wire.lengths import parse_length

LENGTHS = {
    "duration": "A run takes at most", "within": "A run starts late by at most",
    "stale_after": "A run completes at least every", "longest_silence": "A running run is silent for at most",
}  # fmt: skip
CLOCKS = {"start_by": "A run starts by", "finish_by": "A run completes by"}


class LevelForm(forms.Form):
    name = forms.CharField(label="Name", max_length=255)
    shape = forms.ChoiceField(label="Promise", choices=[*LENGTHS.items(), *CLOCKS.items()])
    promise = forms.CharField(
        label="Length or time", max_length=40, help_text="Such as 30 min; for “by” a time of the day, such as 06:30."
    )
    timezone = forms.CharField(label="Time zone", max_length=64, initial="UTC", required=False)
    severity = forms.ChoiceField(label="Severity", choices=[(word, word) for word in SEVERITIES], initial="moderate")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        try:
            given["value"] = (
                given["promise"] if given.get("shape") in CLOCKS else parse_length(given.get("promise", ""))
            )
        except ValueError as error:
            if "promise" in given:
                self.add_error("promise", str(error))
        if given.get("shape") in LENGTHS and given.get("value") == 0:
            self.add_error("promise", "It must be longer than nothing.")
        return given

    def spec(self, deployment: UUID) -> SlaSpec:
        """ValueError for a time of the day or a zone that there is not."""
        given = self.cleaned_data
        body = {
            "name": given["name"], "severity": given["severity"], given["shape"]: given["value"],
            "owner_resource": f"prefect.deployment.{deployment}", "timezone": given["timezone"] or "UTC",
        }  # fmt: skip
        return msgspec.convert(body, SlaSpec)
