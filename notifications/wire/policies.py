"""Notification policies: what is watched, whom it is told, and how often. Pages call one a rule."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, field

from controlplane.sandbox.checking import find_fault
from controlplane.wire.structs import UNSET, BadField, Body, Out, UnsetType

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=100)]
Minutes = Annotated[int, Meta(ge=1, le=43_200)]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
ChannelIds = Annotated[list[UUID], Meta(min_length=1, max_length=10)]
Ids = Annotated[list[UUID], Meta(max_length=100)]
Template = Annotated[str, Meta(max_length=10_000)]
Severity = Literal["info", "warning", "critical"]
Kind = Literal[
    "run-too-long",
    "pool-not-ready",
    "deployment-not-ready",
    "sla-violation",
    "automation-failing",
    "notification-failing",
]
"""What people want to be told besides the states of runs."""

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def check_clock(name: str, value: str | None) -> None:
    if value is not None and not CLOCK.fullmatch(value):
        raise BadField(name, "Write a time of day as HH:MM, such as 07:30.")


def check_zone(name: str, value: str) -> None:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as error:
        raise BadField(name, f"{value[:60]!r} is not a time zone, such as Europe/Berlin.") from error


class Watch(Body):
    """What a policy wants. States, or kinds of events, widen it; everything else narrows it, unless it is empty."""

    state_types: Names = field(default_factory=list)
    state_names: Names = field(default_factory=list)
    kinds: Annotated[list[Kind], Meta(max_length=10)] = field(default_factory=list)
    longer_than_minutes: Minutes | None = None
    """How long a run may take before it is told as `run-too-long`."""
    tags: Names = field(default_factory=list)
    match_tags: Literal["any", "all"] = "any"
    deployment_ids: Ids = field(default_factory=list)
    flow_ids: Ids = field(default_factory=list)
    work_pools: Names = field(default_factory=list)
    names: Names = field(default_factory=list)
    """Globs (`etl-*`), of which the run's, the flow's or the deployment's name matches one."""

    def __post_init__(self) -> None:
        if not (self.state_types or self.state_names or self.kinds):
            raise BadField("state_types", "Choose at least one state or kind of event to be told of.")
        if ("run-too-long" in self.kinds) != (self.longer_than_minutes is not None):
            raise BadField("longer_than_minutes", "Say after how many minutes a run takes too long, and only then.")


class Group(Body):
    """What is told together: one alert for each deployment (or flow, or tag), or one for each event.

    After a message the alert is silent for the window; what happened meanwhile is one more message, or an edit.
    """

    by: Literal["deployment", "flow", "tag", "none"] = "deployment"
    window_seconds: Seconds = 900
    close_after_minutes: Minutes = 1440
    """An alert of which nothing was heard for so long is closed; what comes later opens a new one."""


class Digest(Body):
    """Everything in one message: every so many minutes, or each day at a time."""

    every_minutes: Minutes | None = None
    daily_at: str | None = None
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        check_clock("daily_at", self.daily_at)
        check_zone("time_zone", self.time_zone)
        if (self.every_minutes is None) == (self.daily_at is None):
            raise BadField("every_minutes", "Give either every_minutes or daily_at.")


class QuietHours(Body):
    """When nothing is told. What happens then waits for the end, as one message."""

    start: str
    end: str
    time_zone: str = "UTC"
    days: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(min_length=1, max_length=7)] = field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7]
    )
    """The days (Monday is 1) on which it begins; past midnight it goes on into the next."""
    holds_critical: bool = False

    def __post_init__(self) -> None:
        check_clock("start", self.start)
        check_clock("end", self.end)
        check_zone("time_zone", self.time_zone)


class Escalation(Body):
    """Whom else to tell if nobody has acknowledged, and nothing resolved, an alert in time."""

    after_minutes: Minutes
    channel_id: UUID


TEMPLATE_NAMES = (
    "account", "alert", "counts", "deployment", "error", "flow", "flow_run", "links", "parameters", "policy", "state",
    "task", "work_pool", "workspace",
)  # fmt: skip
"""What the templates of a policy may ask for."""


def check_template(name: str, source: str | None | UnsetType) -> None:
    if not isinstance(source, str):
        return
    fault = find_fault(source, names=TEMPLATE_NAMES)
    if fault is not None:
        raise BadField(name, f"Line {fault.line}: {fault.message}" if fault.line else fault.message)


class PolicyCreate(Body, kw_only=True):
    """Only a name, what to watch and a channel are needed: the rest keeps noise low by itself."""

    name: Name
    enabled: bool = True
    severity: Severity = "warning"
    watch: Watch
    channel_ids: ChannelIds
    group: Group = field(default_factory=Group)
    dedupe_seconds: Seconds = 60
    """The same run entering the same state again this soon is not counted."""
    digest: Digest | None = None
    reminder_minutes: Minutes | None = None
    resolve: Literal["edit", "message", "none"] = "edit"
    """How an end is told: in the first message where it can be edited, also as a message, or not at all."""
    quiet_hours: QuietHours | None = None
    escalation: Escalation | None = None
    fallback_channel_id: UUID | None = None
    """Told instead of a channel that is failing or disabled, or gave a message up."""
    most_per_hour: Annotated[int, Meta(ge=1, le=10_000)] | None = 60
    """More wait for the end of the hour, as one message. Null: as many as there are."""
    muted_until: datetime | None = None
    subject_template: Template | None = None
    """Jinja, instead of our first line; `body_template` instead of the error's lines. The facts and links stay."""
    body_template: Template | None = None

    def __post_init__(self) -> None:
        check_template("subject_template", self.subject_template)
        check_template("body_template", self.body_template)


class PolicyUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is."""

    name: Name | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    watch: Watch | UnsetType = UNSET
    channel_ids: ChannelIds | UnsetType = UNSET
    group: Group | UnsetType = UNSET
    dedupe_seconds: Seconds | UnsetType = UNSET
    digest: Digest | None | UnsetType = UNSET
    reminder_minutes: Minutes | None | UnsetType = UNSET
    resolve: Literal["edit", "message", "none"] | UnsetType = UNSET
    quiet_hours: QuietHours | None | UnsetType = UNSET
    escalation: Escalation | None | UnsetType = UNSET
    fallback_channel_id: UUID | None | UnsetType = UNSET
    most_per_hour: Annotated[int, Meta(ge=1, le=10_000)] | None | UnsetType = UNSET
    muted_until: datetime | None | UnsetType = UNSET
    subject_template: Template | None | UnsetType = UNSET
    body_template: Template | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_template("subject_template", self.subject_template)
        check_template("body_template", self.body_template)


class Policy(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    enabled: bool
    severity: Severity
    watch: Watch
    channel_ids: list[UUID]
    group: Group
    dedupe_seconds: int
    digest: Digest | None
    reminder_minutes: int | None
    resolve: Literal["edit", "message", "none"]
    quiet_hours: QuietHours | None
    escalation: Escalation | None
    fallback_channel_id: UUID | None
    most_per_hour: int | None
    muted_until: datetime | None
    subject_template: str | None
    body_template: str | None


class PreviewRequest(Body, kw_only=True):
    """Templates to try, with a run of the workspace or a sample, and for a channel."""

    subject_template: Template | None = None
    body_template: Template | None = None
    flow_run_id: UUID | None = None
    channel_id: UUID | None = None
    count: Annotated[int, Meta(ge=1, le=1_000_000)] = 1

    def __post_init__(self) -> None:
        check_template("subject_template", self.subject_template)
        check_template("body_template", self.body_template)


class Layout(Out, kw_only=True):
    """A message as a channel's kind lays it out, without the channel's secrets: a body to post, a letter, or a text."""

    kind: str
    body: Any
    subject: str
    text: str
    html: str


class Preview(Out, kw_only=True):
    """A message in its parts, as plain text, as Slack's blocks, and as the channel that was named would send it."""

    headline: str
    detail: str
    facts: list[list[str]]
    links: list[list[str]]
    text: str
    slack: dict[str, Any]
    channel: Layout | None


class Mute(Body):
    """Until when a policy tells nothing; null ends it."""

    until: datetime | None


class PolicyDryRun(PolicyCreate, kw_only=True):
    """A policy to try on the events of the last days."""

    days: Annotated[int, Meta(ge=1, le=7)] = 7


class WouldSend(Out, kw_only=True):
    """One message that there would have been, and how many channels would have had it."""

    at: datetime
    what: Literal["opened", "more", "reminder", "escalation", "resolved", "summary"]
    headline: str
    """In our words: templates are not rendered for it."""
    flow_run_id: UUID | None
    url: str
    channels: int


class PolicyDryRunReport(Out, kw_only=True):
    """`messages` counts one for each channel that is told; `edits` rewrite one. The list has the first few."""

    since: datetime
    until: datetime
    is_complete: bool
    """False: there was too much to read, and it is about the time up to `until` only."""
    events_read: int
    events: int
    """How many of them the policy wants."""
    alerts: int
    messages: int
    edits: int
    first: list[WouldSend]
