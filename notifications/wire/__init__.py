"""What is said about a run: facts without layout, which each channel kind lays out; and the policies of 2.x clients."""

from datetime import datetime
from string import Formatter
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.filters.bodies import Listing
from controlplane.wire.structs import UNSET, BadField, Body, Out, UnsetType

PLACEHOLDERS = frozenset(
    {
        "flow_id", "flow_name", "flow_run_id", "flow_run_name", "flow_run_notification_policy_id",
        "flow_run_parameters", "flow_run_state_message", "flow_run_state_name", "flow_run_state_timestamp",
        "flow_run_state_type", "flow_run_url",
    }
)  # fmt: skip
"""What the template of a policy may name, in braces."""


class OwnWords(Struct, frozen=True):
    """Templates of a policy and what they are given; rendered when the message is sent."""

    subject: str
    body: str
    context: dict[str, Any]


class Message(Struct, frozen=True, kw_only=True):
    """The payload of an outbox row. Every text in it may come from a client: a layout has to escape it.

    With a `subject` it is told in its own words, without one in the words that its state has. Either way it may be
    about a run.
    """

    subject: str = ""
    body: str = ""
    state_type: str = ""
    state_name: str = ""
    state_message: str = ""
    occurred: datetime
    received: datetime
    """When the server stored the event: latency is counted from here."""
    flow_run_id: UUID | None = None
    flow_run: str = ""
    flow: str = ""
    deployment: str = ""
    work_pool: str = ""
    account: str = ""
    workspace: str = ""
    workspace_id: UUID | None = None
    """Filled in when it is sent: what buttons under the message act in."""
    url: str = ""
    """The run's page, whose logs are at `/logs` below it; without a run any page, or none."""
    headline: str = ""
    """Instead of the words that the state has, such as "etl / nightly failed 3 times"; the facts stay."""
    detail: str = ""
    """Instead of the state's message: the error's last lines, or what a summary lists."""
    notes: tuple[tuple[str, str], ...] = ()
    """More facts by name: how often, since when, the last success."""
    incident: str = ""
    """What the messages about one trouble share (PagerDuty's `dedup_key`, Opsgenie's alias). Empty: the key."""
    is_resolved: bool = False
    """The trouble is over: pagers close the incident."""
    is_test: bool = False
    own: OwnWords | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One try to send a message and what came back."""

    number: int
    at: datetime
    seconds: float
    answer: str
    is_delivered: bool


class FlowRunPolicyCreate(Body, kw_only=True):
    """Which flow runs 2.x clients want to hear of. No state, no tag: any."""

    is_active: bool = True
    state_names: list[str]
    tags: list[str]
    block_document_id: UUID
    message_template: str | None = None

    def __post_init__(self) -> None:
        check_template(self.message_template)


class FlowRunPolicyUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is."""

    is_active: bool | None | UnsetType = UNSET
    state_names: list[str] | None | UnsetType = UNSET
    tags: list[str] | None | UnsetType = UNSET
    block_document_id: UUID | None | UnsetType = UNSET
    message_template: str | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_template(self.message_template)


class FlowRunPolicy(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    is_active: bool
    state_names: list[str]
    tags: list[str]
    block_document_id: UUID
    message_template: str | None


class IsActive(Body):
    eq_: bool | None = None


class FlowRunPolicyFilter(Body):
    is_active: IsActive | None = None


class FlowRunPolicyListing(Listing):
    flow_run_notification_policy_filter: FlowRunPolicyFilter | None = None


def check_template(template: str | None | UnsetType) -> None:
    """Clients refuse a whole list of policies for one template that they cannot fill in, so none is taken."""
    if not isinstance(template, str):
        return
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise BadField("message_template", f"The braces of the template do not match: {error}") from error
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            raise BadField("message_template", f"Invalid template variable: {{{name}}}.")
