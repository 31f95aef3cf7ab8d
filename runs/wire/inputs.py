"""Flow-run inputs on the wire: values that a person or another run sends to a run."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from controlplane.wire.structs import BadField, Named, Out

KEY = re.compile(r"[a-z0-9-]*")


class InputCreate(Named, kw_only=True):
    key: str
    value: str
    sender: str | None = None

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise BadField("key", "Flow run input key must only contain lowercase letters, numbers, and dashes.")


class InputListing(Named, kw_only=True):
    """The oldest inputs whose keys begin with `prefix`."""

    prefix: str
    limit: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 1
    exclude_keys: list[str] = []


class FlowRunInput(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    flow_run_id: UUID
    key: str
    value: str
    sender: str | None
