"""Channels and deliveries on the wire of the management API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from controlplane.filters.bodies import Listing
from controlplane.wire.structs import UNSET, Body, Named, Out, UnsetType
from notifications.wire import Attempt

ChannelName = Annotated[str, Meta(min_length=1, max_length=100)]
What = Literal[
    "opened", "more", "reminder", "escalation", "resolved", "edit", "summary", "fallback", "told", "test", "resend"
]
"""Why a message was sent. `told`: by an automation or a 2.x client's policy."""
Status = Literal["WAITING", "DELIVERED", "FAILED", "NOT_SENT"]


class KindField(Out, kw_only=True):
    """One field of a kind's settings; `control` says how a form asks for it."""

    name: str
    label: str
    help: str
    control: Literal["text", "number", "switch", "choice", "list", "pairs"]
    is_secret: bool
    is_required: bool
    choices: list[str]
    default: Any


class ChannelKind(Out, kw_only=True):
    name: str
    title: str
    help: str
    can_edit: bool
    """Whether a message that was sent can be rewritten."""
    fields: list[KindField]


class ChannelCreate(Body, kw_only=True):
    confidential = frozenset({"settings"})

    kind: str
    name: ChannelName
    settings: dict[str, Any]


class ChannelUpdate(Body, kw_only=True):
    """A PATCH: what is left out stays as it is, also inside `settings`; so does a secret sent back as `********`."""

    confidential = frozenset({"settings"})

    name: ChannelName | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET


class Channel(Out, kw_only=True):
    """`settings` shows `********` for what is secret."""

    id: UUID
    created: datetime
    updated: datetime
    kind: str
    name: str
    hint: str
    settings: dict[str, Any]
    status: Literal["OK", "FAILING", "DISABLED"]
    status_reason: str
    failing_since: datetime | None
    last_delivery: datetime | None


class ChannelTest(Named, kw_only=True):
    """No body."""


class ChannelTried(Out, kw_only=True):
    """What became of a test message; `answer` is the receiver's words and our advice."""

    is_delivered: bool
    answer: str
    seconds: float


class DeliveryListing(Listing, kw_only=True):
    channel_id: UUID | None = None
    flow_run_id: UUID | None = None
    alert_id: UUID | None = None
    policy_id: UUID | None = None
    kind: str | None = None
    """Of the channel, such as `slack`."""
    what: What | None = None
    status: Status | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


class Delivery(Out, kw_only=True):
    """A message and what became of it. `key` is the idempotency key that every attempt carries."""

    id: UUID
    created: datetime
    key: str
    status: Status
    channel_id: UUID | None
    block_document_id: UUID | None
    rule_id: UUID | None
    alert_id: UUID | None
    flow_run_id: UUID | None
    what: str
    attempts: int
    answer: str
    next_attempt: datetime | None
    delivered: datetime | None
    given_up: datetime | None
    latency_seconds: float | None
    message: dict[str, Any]
    tries: list[Attempt]
