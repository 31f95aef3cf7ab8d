"""Who and where, as Prefect Cloud's clients read it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from controlplane.wire.structs import UNSET, Body, Out, Raw, UnsetType


class WorkspaceItem(Out):
    """A workspace that a key may enter. Clients reject the whole list if any field is null."""

    account_id: UUID
    account_name: str
    account_handle: str
    workspace_id: UUID
    workspace_name: str
    workspace_description: str
    workspace_handle: str


class Me(Out):
    """The caller itself; also answered for service accounts, since clients probe keys with it."""

    id: UUID
    handle: str
    first_name: str
    last_name: str
    email: str


class AccountItem(Out):
    account_id: UUID
    account_name: str
    account_handle: str


class Ready(Out):
    message: str


class ApiSettings(Out, kw_only=True):
    default_limit: int
    csrf_protection_enabled: bool = False


class ServerSettings(Out):
    api: ApiSettings


class Settings(Out):
    """A part of the tree of settings that clients know."""

    server: ServerSettings


class AuditEntry(Out):
    """One entry of the audit trail."""

    id: UUID
    created: datetime
    actor_type: str
    actor_id: UUID | None
    actor_name: str
    key_id: UUID | None
    action: str
    target_kind: str
    target_id: str
    target_name: str
    changes: Raw
    via: str
    address: str
    client: str


class AuditFilter(Body):
    """All conditions must hold. `before` is the id of the last entry of the page before: entries go newest first."""

    actions: Annotated[list[str], Meta(max_length=100)] | None = None
    actor_id: UUID | None = None
    target_kinds: Annotated[list[str], Meta(max_length=100)] | None = None
    target_id: str | None = None
    words: Annotated[str, Meta(max_length=200)] | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 200


class AccountSettings(Out, kw_only=True):
    """What Prefect Cloud lets an account switch on and this server has not."""

    allow_public_workspaces: bool = False
    ai_log_summaries: bool = False
    managed_execution: bool = False
    enforce_webhook_authentication: bool = False
    self_healing_enabled: bool = False
    enabled_feature_flags: list[str] = []


class Boundary(Out):
    """What of a workspace's data may be stored. `largest_inline_result` is bytes of JSON, null no limit."""

    parameters: Literal["store", "mask", "refuse"] = "store"
    logs: Literal["store", "drop"] = "store"
    least_log_level: Annotated[int, Meta(ge=0, le=100)] = 0
    mask_secrets_in_logs: bool = True
    artifacts: Literal["store", "refuse"] = "store"
    largest_inline_result: Annotated[int, Meta(ge=0, le=100_000_000)] | None = None
    event_payloads: Literal["store", "drop"] = "store"


class BoundaryUpdate(Body):
    """What is left out stays."""

    parameters: Literal["store", "mask", "refuse"] | UnsetType = UNSET
    logs: Literal["store", "drop"] | UnsetType = UNSET
    least_log_level: Annotated[int, Meta(ge=0, le=100)] | UnsetType = UNSET
    mask_secrets_in_logs: bool | UnsetType = UNSET
    artifacts: Literal["store", "refuse"] | UnsetType = UNSET
    largest_inline_result: Annotated[int, Meta(ge=0, le=100_000_000)] | UnsetType | None = UNSET
    event_payloads: Literal["store", "drop"] | UnsetType = UNSET


class Stored(Out):
    """What was stored of one class of data. No `deployment_id`: outside any deployment."""

    kind: str
    deployment_id: UUID | None
    deployment_name: str | None
    items: int
    bytes: int


class StoredReport(Out):
    """Of the month of `since`, counted once when it came: what was deleted later is still in it.

    Everything that was committed before `counted_until` is in it, nothing after.
    """

    since: datetime
    counted_until: datetime | None
    stored: list[Stored]
