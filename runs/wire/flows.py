"""Flows on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, field

from controlplane.wire.structs import UNSET, Body, Out, UnsetType

Name = Annotated[str, Meta(pattern=r"^[^/%&><]+$", max_length=4096)]
Labels = dict[str, str | bool | int | float]


class FlowCreate(Body, kw_only=True):
    name: Name
    tags: list[str] = []
    labels: Labels | None = None


class FlowUpdate(Body, kw_only=True):
    tags: list[str] | UnsetType = UNSET


class Flow(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    tags: list[str]
    labels: Any = field(default_factory=dict)
