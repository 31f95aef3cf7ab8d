"""Inbound webhooks on the wire: Prefect Cloud's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from controlplane.wire.structs import UNSET, Body, Named, Out, UnsetType

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Text = Annotated[str, Meta(max_length=5000)]
Template = Annotated[str, Meta(min_length=1, max_length=65_536)]
WebhookSort = Literal[
    "CREATED_ASC", "CREATED_DESC", "UPDATED_ASC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC",
    "KEY_EXPIRATION_ASC", "KEY_EXPIRATION_DESC",
]  # fmt: skip


class WebhookCreate(Body, kw_only=True):
    name: Name
    description: Text = ""
    enabled: bool = True
    service_account_id: UUID | None = None
    template: Template


class WebhookReplace(Body, kw_only=True):
    """A PUT. The CLI leaves out what it does not show: that stays as it is."""

    name: Name
    description: Text = ""
    enabled: bool | UnsetType = UNSET
    service_account_id: UUID | None | UnsetType = UNSET
    template: Template


class WebhookUpdate(Body, kw_only=True):
    enabled: bool


class WebhooksFilter(Named, kw_only=True):
    sort: WebhookSort = "NAME_ASC"
    limit: Annotated[int, Meta(ge=0, le=200)] = 200
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Webhook(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str
    enabled: bool
    template: str
    slug: str
    account: UUID
    workspace: UUID
    service_account_id: UUID | None
    service_account: dict[str, Any] | None
