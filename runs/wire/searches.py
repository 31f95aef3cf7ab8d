"""Saved searches on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.filters.bodies import Listing
from controlplane.wire.structs import Body, Out


class SearchFilter(Struct, kw_only=True):
    """One condition, in the words of whoever saved it; it is kept, not run."""

    object: str
    property: str
    type: str
    operation: str
    value: Any


class SavedSearchCreate(Body, kw_only=True):
    name: str
    filters: list[SearchFilter] = []


class SavedSearch(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    filters: Any


class SearchListing(Listing):
    """Limit and offset; there is nothing to filter by."""
