"""How a workspace's secrets are sealed, and changes of its keys."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from controlplane.wire.structs import Body, Out


class RotationStart(Body):
    """`reseal`: a new data key and every secret sealed anew. `rewrap`: the data keys wrapped anew."""

    kind: Literal["reseal", "rewrap"] = "reseal"


class Rotation(Out):
    id: UUID
    kind: str
    created: datetime
    updated: datetime
    total: int
    done: int
    finished: datetime | None
    error: str


class DataKeyVersion(Out):
    id: UUID
    number: int
    provider: str
    created: datetime
    retired: datetime | None


class Encryption(Out):
    """`keys` are the versions of the data key; `customer_key` is the account's own in AWS KMS, or empty."""

    customer_key: str
    customer_role: str
    keys: list[DataKeyVersion]
    rotations: list[Rotation]
    cache_seconds: float


class CustomerKeyUpdate(Body):
    """An empty `key_arn` goes back to the key of this installation."""

    key_arn: str
    role_arn: str = ""
