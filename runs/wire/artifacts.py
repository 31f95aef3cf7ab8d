"""Artifacts on the wire."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.wire.structs import UNSET, BadField, Body, Out, UnsetType

KEY = re.compile(r"[a-z0-9-]*")
LONGEST_METADATA = 500


class ArtifactCreate(Body, kw_only=True):
    key: str | None = None
    type: str | None = None
    description: str | None = None
    data: Any = None
    metadata_: dict[str, str] | None = None
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None

    def __post_init__(self) -> None:
        if self.key is not None and not KEY.fullmatch(self.key):
            raise BadField("key", "Artifact key must only contain lowercase letters, numbers, and dashes.")
        if self.metadata_ is not None:
            self.metadata_ = {name: shortened(text) for name, text in self.metadata_.items()}


class ArtifactUpdate(Body, kw_only=True):
    """A PATCH: what is left out stays as it is."""

    data: Any | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    metadata_: dict[str, str] | UnsetType | None = UNSET


class Artifact(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    key: str | None
    type: str | None
    description: str | None
    data: Any
    metadata_: Any
    flow_run_id: UUID | None
    task_run_id: UUID | None


class ArtifactCollection(Out, kw_only=True):
    """The newest artifact of a key."""

    id: UUID
    created: datetime
    updated: datetime
    key: str
    latest_id: UUID
    type: str | None
    description: str | None
    data: Any
    metadata_: Any
    flow_run_id: UUID | None
    task_run_id: UUID | None


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST_METADATA else text[:LONGEST_METADATA] + "..."
