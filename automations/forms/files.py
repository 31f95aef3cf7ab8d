"""The builder's file: what is pasted fills the forms, and what the forms say is shown as a file."""

from typing import Any

from django import forms
from msgspec import json, to_builtins

from automations.forms.draft import Draft, draft_of_body, read_body, without_ids
from automations.forms.fields import Choices, as_text
from automations.rules import files
from automations.wire.automations import AutomationUpdate
from controlplane.ui.fields import area
from controlplane.wire.invalid import InvalidBody


class PasteForm(forms.Form):
    pasted = forms.CharField(
        label="JSON or YAML", max_length=files.LONGEST, required=False, strip=False, widget=area(8),
        help_text="A file of prefect automation create, or what prefect automation inspect --yaml prints.",
    )  # fmt: skip


def draft_of_paste(form: PasteForm, choices: dict[str, Choices]) -> Draft | None:
    """The draft that the text says; None with the error, and its line, at the field."""
    if not form.is_valid():
        return None
    text = form.cleaned_data["pasted"]
    try:
        value, inside = files.read_automation(text)
        return draft_of_body(read_body(value), choices)
    except files.Unreadable as fault:
        form.add_error("pasted", str(fault))
    except InvalidBody as refusal:
        for finding in refusal.findings[:5]:
            loc = tuple(finding.loc)[1:]
            words = f"{'.'.join(map(str, loc))}: {finding.msg.removeprefix('Value error, ')}"
            form.add_error("pasted", str(files.Unreadable(words, files.find_line(text, (*inside, *loc)))))
    return None


def file_of(body: AutomationUpdate) -> dict[str, Any]:
    """As `prefect automation create --from-file` takes it."""
    lists = ("actions", "actions_on_trigger", "actions_on_resolve")
    return {
        "name": body.name, "description": body.description, "enabled": body.enabled, "tags": body.tags,
        "trigger": without_ids(to_builtins(body.trigger)),
        **{name: json.decode(json.encode(getattr(body, name))) for name in lists},
    }  # fmt: skip


def shown(body: AutomationUpdate) -> dict[str, str]:
    """The file in both languages, for a template."""
    file = file_of(body)
    return {"json": as_text(file), "yaml": files.to_yaml(file).rstrip("\n")}
