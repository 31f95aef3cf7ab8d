"""Variables on the wire."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, json

from controlplane.wire.structs import UNSET, BadField, Body, Out, UnsetType

NAME = re.compile(r"[a-z0-9_-]*")
LARGEST_VALUE = 5000
Name = Annotated[str, Meta(max_length=255)]


class VariableCreate(Body, kw_only=True):
    name: Name
    value: Any
    tags: list[str] = []

    def __post_init__(self) -> None:
        check_name(self.name)
        check_value(self.value)


class VariableUpdate(Body, kw_only=True):
    """A PATCH: what is left out stays as it is. A null name or null tags cannot be stored."""

    name: Name | UnsetType | None = UNSET
    value: Any | UnsetType = UNSET
    tags: list[str] | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.name, str):
            check_name(self.name)
        if self.value is not UNSET:
            check_value(self.value)


class Variable(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    value: Any
    tags: list[str]


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise BadField("name", "Variable name must only contain lowercase letters, numbers, and dashes or underscores.")


def check_value(value: object) -> None:
    """The limit counts the bytes of the JSON."""
    if len(json.encode(value)) > LARGEST_VALUE:
        raise BadField("value", "Variable value must be less than 5000 characters")
