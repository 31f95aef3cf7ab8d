"""Service levels on the wire: the shapes of Prefect's SDK, told apart by their fields, and three of our own."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, field

from controlplane.wire.structs import UNSET, BadField, Body, Named, Out, UnsetType

LONGEST = 3_155_760_000
SEVERITIES = ("minor", "low", "moderate", "high", "critical")
Severity = Literal["minor", "low", "moderate", "high", "critical"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Seconds = Annotated[float, Meta(gt=0, le=LONGEST)]
WallTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Kind = Literal[
    "TimeToCompletionSla", "LatenessSla", "FrequencySla", "FreshnessSla", "StartBySla", "FinishBySla", "SilenceSla"
]
MOST_LEVELS = 50
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# The field that makes the kind. `within` alone is lateness, with an event it is freshness.
SHAPES: dict[str, Kind] = {
    "duration": "TimeToCompletionSla", "within": "LatenessSla", "stale_after": "FrequencySla",
    "start_by": "StartBySla", "finish_by": "FinishBySla", "longest_silence": "SilenceSla",
}  # fmt: skip


class SlaSpec(Body, kw_only=True):
    """One level. Exactly one of the shapes' fields is sent.

    `duration`: the longest a run may take. `within`: how late one may start; with `expected_event` (and
    `resource_match`) how old the newest such event may be. `stale_after`: how long without a completed run.
    `start_by`, `finish_by`: a wall clock time in `timezone` by which a run must have started, or completed, on each
    of `days`, counted from `since` (midnight). `longest_silence`: how long a running run may give no sign.
    """

    name: Name
    severity: Severity = "moderate"
    enabled: bool | None = True
    owner_resource: str | None = None
    duration: Seconds | None = None
    within: Seconds | None = None
    expected_event: Annotated[str, Meta(max_length=1024)] | None = None
    resource_match: dict[str, str | list[str]] | None = None
    stale_after: Seconds | None = None
    start_by: WallTime | None = None
    finish_by: WallTime | None = None
    since: WallTime = "00:00"
    timezone: str = "UTC"
    days: list[Day] = field(default_factory=lambda: list(DAYS))
    longest_silence: Seconds | None = None

    def __post_init__(self) -> None:
        shapes = [name for name in SHAPES if getattr(self, name) is not None]
        if len(shapes) != 1:
            raise ValueError(f"exactly one of {', '.join(SHAPES)} is needed")
        if self.resource_match is not None and self.expected_event is None:
            raise BadField("resource_match", "resource_match needs an expected_event")
        if self.expected_event is not None and self.within is None:
            raise BadField("expected_event", "expected_event needs within")
        if not self.days:
            raise BadField("days", "at least one day is needed")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise BadField("timezone", f"There is no time zone {self.timezone[:64]!r}") from None

    @property
    def kind(self) -> Kind:
        if self.expected_event is not None:
            return "FreshnessSla"
        return next(kind for name, kind in SHAPES.items() if getattr(self, name) is not None)

    @property
    def seconds(self) -> float | None:
        """The length of the kinds that have one."""
        return self.duration or self.within or self.stale_after or self.longest_silence

    def details(self) -> dict[str, Any]:
        """The fields of its kind, as they are kept and shown."""
        names = {
            "TimeToCompletionSla": ("duration",), "LatenessSla": ("within",), "FrequencySla": ("stale_after",),
            "FreshnessSla": ("within", "expected_event", "resource_match"), "SilenceSla": ("longest_silence",),
            "StartBySla": ("start_by", "since", "timezone", "days"),
            "FinishBySla": ("finish_by", "since", "timezone", "days"),
        }[self.kind]  # fmt: skip
        return {name: getattr(self, name) for name in names}


class SlaUpdate(Body, kw_only=True):
    enabled: bool | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET


class SlasFilter(Named, kw_only=True):
    limit: Annotated[int, Meta(ge=0, le=200)] = 200
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class ViolatingRuns(Body, kw_only=True):
    sla_ids: Annotated[list[UUID], Meta(max_length=200)]
    since: datetime | None = None


class Sla(Out, kw_only=True):
    """A stored level; `details` are the fields of its shape."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str
    severity: str
    enabled: bool
    type: str
    owner_resource: str
    details: dict[str, Any]
    open_violations: int


class SlaAlertsCreate(Body, kw_only=True):
    """Whom to tell of violations of these severities: a notification block, or a channel."""

    sla_severities: Annotated[list[Severity], Meta(min_length=1, max_length=5)]
    block_id: UUID


class SlaAlert(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    severity: Severity
    block_id: UUID


class SlaMerge(Out, kw_only=True):
    created: list[Sla]
    updated: list[Sla]
    deleted: list[Sla]
