"""The form of a policy: plain fields, and from them the policy that the REST door would read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

import msgspec
from django import forms

from controlplane.ui.fields import Choices, LengthField, LinesField, LongText, with_chosen
from controlplane.wire.front_door import read_again
from controlplane.wire.invalid import Finding, InvalidBody
from notifications.rules.sentences import DAYS
from notifications.wire.policies import Policy, PolicyCreate

ZONES = sorted(available_timezones())
STATE_CHOICES = [
    ("type:FAILED", "Failed"), ("type:CRASHED", "Crashed"), ("name:Late", "Late"), ("type:PAUSED", "Paused"),
    ("type:CANCELLED", "Cancelled"), ("type:COMPLETED", "Completed"), ("type:RUNNING", "Running"),
    ("type:PENDING", "Pending"), ("type:SCHEDULED", "Scheduled"), ("type:CANCELLING", "Cancelling"),
]  # fmt: skip
KIND_CHOICES = [
    ("run-too-long", "A run takes too long"), ("pool-not-ready", "A work pool has no worker"),
    ("deployment-not-ready", "A deployment is not ready"), ("sla-violation", "A service level is missed"),
    ("automation-failing", "An automation cannot act"), ("notification-failing", "A message cannot be delivered"),
]  # fmt: skip
GROUP_CHOICES = [("deployment", "Deployment"), ("flow", "Flow"), ("tag", "Tag"), ("none", "Each event by itself")]
RESOLVE_CHOICES = [("edit", "In the first message"), ("message", "As a message of its own"), ("none", "Not at all")]
SEVERITY_CHOICES = [("info", "Info"), ("warning", "Warning"), ("critical", "Critical")]
DIGEST_CHOICES = [("", "At once"), ("every", "Together, every so often"), ("daily", "Together, once a day")]
ONE_A_LINE = "One a line."
GLOBS = "One a line; * fits anything."
# Where the reading of the wire finds a fault, and the field that it stands at.
PLACES = {
    "watch.state_types": "states", "watch.state_names": "other_states", "group.window_seconds": "window",
    "group.close_after_minutes": "close_after", "dedupe_seconds": "dedupe", "digest.every_minutes": "digest_every",
    "digest.daily_at": "digest_at", "digest.time_zone": "digest_zone", "reminder_minutes": "reminder",
    "quiet_hours.start": "quiet_start", "quiet_hours.end": "quiet_end", "quiet_hours.time_zone": "quiet_zone",
    "quiet_hours.days": "quiet_days", "escalation.after_minutes": "escalate_after",
    "escalation.channel_id": "escalate_to", "fallback_channel_id": "fallback", "channel_ids": "channels",
    "watch.longer_than_minutes": "longer_than", "watch.deployment_ids": "deployments", "watch.flow_ids": "flows",
}  # fmt: skip


class WholeLength(LengthField):
    """A length of time in whole units; nothing is None."""

    def __init__(self, *, unit: int, required: bool = False, **options: Any) -> None:
        super().__init__(required=required, **options)
        self.unit = unit

    def clean(self, value: Any) -> Any:
        if not (value or "").strip():
            super().clean(value)
            return None
        seconds = super().clean(value)
        if seconds % self.unit:
            raise forms.ValidationError(f"In whole {'minutes' if self.unit == 60 else 'seconds'}.")
        return int(seconds // self.unit)


def boxes(label: str, choices: Choices = [], **options: Any) -> forms.MultipleChoiceField:  # noqa: B006
    return forms.MultipleChoiceField(
        label=label, choices=choices, widget=forms.CheckboxSelectMultiple, required=False, **options
    )


def clock(label: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=5, widget=forms.TextInput(attrs={"type": "time", "step": "60"})
    )


def zone(label: str) -> forms.CharField:
    attrs = {"list": "zones", "autocomplete": "off", "spellcheck": "false"}
    return forms.CharField(label=label, required=False, max_length=60, widget=forms.TextInput(attrs=attrs))


class PolicyForm(forms.Form):
    states = boxes("A run is", STATE_CHOICES)
    other_states = LinesField(label="Or in the state", required=False, help_text=f"Names. {ONE_A_LINE}")
    kinds = boxes("Or", KIND_CHOICES)
    longer_than = WholeLength(label="Too long is more than", unit=60, help_text="Such as 30 min or 2 h.")
    tags = LinesField(label="Tagged", required=False, help_text=ONE_A_LINE)
    match_tags = forms.ChoiceField(label="Of several tags", choices=[("any", "One is enough"), ("all", "All of them")])
    deployments = boxes("Of deployments")
    flows = boxes("Of flows")
    work_pools = LinesField(label="In work pools", required=False, help_text=GLOBS)
    names = LinesField(label="Named", required=False, help_text=f"The run, flow or deployment. {GLOBS}")
    channels = boxes("Channels")
    fallback = forms.ChoiceField(
        label="Fallback", required=False, help_text="Told instead of a channel that does not deliver."
    )
    escalate_after = WholeLength(label="If nobody reacts within", unit=60, help_text="Such as 30 min.")
    escalate_to = forms.ChoiceField(label="Also tell", required=False)
    group_by = forms.ChoiceField(label="One message for each", choices=GROUP_CHOICES)
    window = WholeLength(
        label="Then silent for", unit=1, required=True, help_text="What happens meanwhile is one more message."
    )
    digest = forms.ChoiceField(label="When", choices=DIGEST_CHOICES, required=False)
    digest_every = WholeLength(label="Every", unit=60, help_text="Such as 30 min.")
    digest_at = clock("At")
    digest_zone = zone("Time zone of the digest")
    most_per_hour = forms.IntegerField(
        label="At most in an hour", required=False, help_text="More come as one message. Empty: no limit."
    )
    reminder = WholeLength(label="Remind every", unit=60, help_text="Until it is over. Empty: never.")
    resolve = forms.ChoiceField(label="Tell the end", choices=RESOLVE_CHOICES)
    close_after = WholeLength(
        label="Forget it after", unit=60, required=True, help_text="Of silence: what comes later is a new alert."
    )
    dedupe = WholeLength(
        label="Not counted again within", unit=1, required=True, help_text="The same run in the same state."
    )
    severity = forms.ChoiceField(label="Severity", choices=SEVERITY_CHOICES)
    quiet = forms.BooleanField(label="Keep quiet at certain hours", required=False)
    quiet_start = clock("From")
    quiet_end = clock("To")
    quiet_zone = zone("Time zone")
    quiet_days = boxes("Beginning on", [(str(number), name) for number, name in enumerate(DAYS, 1)])
    quiet_critical = forms.BooleanField(label="Hold critical messages too", required=False)
    subject_template = LongText(label="First line", rows=2)
    body_template = LongText(label="Text", rows=5)
    name = forms.CharField(label="Name", max_length=100, error_messages={"required": "Give the policy a name."})
    enabled = forms.BooleanField(label="On", required=False)
    shown_for = forms.ChoiceField(label="As it looks in", required=False)

    def __init__(self, choices: dict[str, Choices], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        for name, source, empty in (
            ("states", "", None), ("channels", "channel", None), ("fallback", "channel", "nothing else"),
            ("escalate_to", "channel", "nobody"), ("shown_for", "channel", None), ("deployments", "deployment", None),
            ("flows", "flow", None),
        ):  # fmt: skip
            self.offer(name, choices.get(source, STATE_CHOICES), empty)

    def offer(self, name: str, choices: Choices, empty: str | None) -> None:
        """The choices: what was chosen comes first, and is there although it is gone."""
        chosen = self.initial.get(name) or []
        for one in [chosen] if isinstance(chosen, str) else chosen:
            choices = with_chosen(choices, one)
        if name in ("channels", "deployments", "flows"):
            choices = sorted(
                choices, key=lambda choice: chosen.index(choice[0]) if choice[0] in chosen else len(chosen)
            )
        self.fields[name].choices = [("", empty), *choices] if empty else choices  # type: ignore[attr-defined]

    def policy(self) -> PolicyCreate | None:
        """None with the errors at their fields."""
        if not self.is_valid():
            return None
        value = as_json(self.cleaned_data)
        try:
            return read_policy(value)
        except InvalidBody as refusal:
            self.blame(refusal.findings)
            return None

    def clean(self) -> dict[str, Any]:
        """What the wire cannot tell apart: a part that was begun and one that was left out."""
        values: dict[str, Any] = self.cleaned_data
        if values.get("channels") == []:
            self.add_error("channels", "Choose at least one channel.")
        if values.get("quiet") and values.get("quiet_days") == []:
            self.add_error("quiet_days", "Choose at least one day.")
        if values.get("escalate_to") and "escalate_after" in values and values["escalate_after"] is None:
            self.add_error("escalate_after", "Say after how long.")
        if values.get("escalate_after") is not None and not values.get("escalate_to"):
            self.add_error("escalate_to", "Choose whom to tell.")
        if values.get("quiet"):
            for name in ("quiet_start", "quiet_end"):
                if not values.get(name):
                    self.add_error(name, "Say when.")
        if values.get("digest") == "daily" and not values.get("digest_at"):
            self.add_error("digest_at", "Say when.")
        return values

    def blame(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            loc = [str(part) for part in finding.loc[1:] if not isinstance(part, int)]
            place, last = ".".join(loc), loc[-1] if loc else ""
            name = PLACES.get(place, last)
            words = finding.msg.removeprefix("Value error, ")
            self.add_error(name if name in self.fields else None, words)


def as_json(c: dict[str, Any]) -> dict[str, Any]:
    """The policy's JSON, of cleaned data."""
    states = [state.partition(":")[::2] for state in c["states"]]
    digest, quiet, escalation = None, None, None
    if c["digest"] == "every":
        digest = {"every_minutes": c["digest_every"]}
    elif c["digest"] == "daily":
        digest = {"daily_at": c["digest_at"], "time_zone": c["digest_zone"] or "UTC"}
    if c["quiet"]:
        quiet = {
            "start": c["quiet_start"], "end": c["quiet_end"], "time_zone": c["quiet_zone"] or "UTC",
            "days": [int(day) for day in c["quiet_days"]], "holds_critical": c["quiet_critical"],
        }  # fmt: skip
    if c["escalate_to"]:
        escalation = {"after_minutes": c["escalate_after"], "channel_id": c["escalate_to"]}
    return {
        "name": c["name"].strip(), "enabled": c["enabled"], "severity": c["severity"],
        "watch": {
            "state_types": [name for sort, name in states if sort == "type"],
            "state_names": [*[name for sort, name in states if sort == "name"], *c["other_states"]],
            "kinds": c["kinds"], "tags": c["tags"],
            # Without its kind it is not on the page.
            "longer_than_minutes": c["longer_than"] if "run-too-long" in c["kinds"] else None,
            "match_tags": c["match_tags"], "deployment_ids": c["deployments"], "flow_ids": c["flows"],
            "work_pools": c["work_pools"], "names": c["names"],
        },
        "channel_ids": c["channels"], "dedupe_seconds": c["dedupe"], "digest": digest,
        "group": {"by": c["group_by"], "window_seconds": c["window"], "close_after_minutes": c["close_after"]},
        "reminder_minutes": c["reminder"], "resolve": c["resolve"], "quiet_hours": quiet, "escalation": escalation,
        "fallback_channel_id": c["fallback"] or None, "most_per_hour": c["most_per_hour"],
        "subject_template": c["subject_template"] or None, "body_template": c["body_template"] or None,
    }  # fmt: skip


def read_policy(value: dict[str, Any]) -> PolicyCreate:
    """By the REST door's own reading, which names every fault."""
    try:
        return msgspec.convert(value, PolicyCreate)
    except ValueError as error:
        policy: PolicyCreate = read_again(PolicyCreate, value, error)[0]
        return policy


def initial_of(policy: Policy | PolicyCreate) -> dict[str, Any]:
    """The fields of the form, as the policy has them. Lengths are in seconds."""
    watch, group, digest, quiet, escalation = (
        policy.watch, policy.group, policy.digest, policy.quiet_hours, policy.escalation
    )  # fmt: skip
    return {
        "states": [*(f"type:{type}" for type in watch.state_types), *(["name:Late"] * ("Late" in watch.state_names))],
        "other_states": [name for name in watch.state_names if name != "Late"], "kinds": list(watch.kinds),
        "longer_than": in_seconds(watch.longer_than_minutes), "tags": watch.tags, "match_tags": watch.match_tags,
        "deployments": texts(watch.deployment_ids), "flows": texts(watch.flow_ids), "work_pools": watch.work_pools,
        "names": watch.names, "channels": texts(policy.channel_ids),
        "fallback": str(policy.fallback_channel_id or ""),
        "escalate_after": in_seconds(escalation.after_minutes) if escalation else None,
        "escalate_to": str(escalation.channel_id) if escalation else "",
        "group_by": group.by, "window": group.window_seconds, "close_after": group.close_after_minutes * 60,
        "digest": "" if digest is None else "daily" if digest.daily_at else "every",
        "digest_every": in_seconds(digest.every_minutes) if digest else None,
        "digest_at": (digest.daily_at if digest else None) or "", "digest_zone": digest.time_zone if digest else "UTC",
        "most_per_hour": policy.most_per_hour, "reminder": in_seconds(policy.reminder_minutes),
        "resolve": policy.resolve, "dedupe": policy.dedupe_seconds, "severity": policy.severity,
        "quiet": quiet is not None, "quiet_start": quiet.start if quiet else "22:00",
        "quiet_end": quiet.end if quiet else "07:00", "quiet_zone": quiet.time_zone if quiet else "UTC",
        "quiet_days": [str(day) for day in quiet.days] if quiet else [str(day) for day in range(1, 8)],
        "quiet_critical": quiet.holds_critical if quiet else False,
        "subject_template": policy.subject_template or "", "body_template": policy.body_template or "",
        "name": policy.name, "enabled": policy.enabled,
    }  # fmt: skip


def in_seconds(minutes: int | None) -> int | None:
    return None if minutes is None else minutes * 60


def texts(ids: Sequence[UUID]) -> list[str]:
    return [str(id) for id in ids]
