"""Bodies of the routes that filter, without the filters themselves: those come from the declaration.

Every parameter may be null, which is the same as leaving it out: clients send `"sort": null, "limit": null`.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, NamedTuple

from msgspec import Meta

from controlplane.errors import Invalid
from controlplane.wire.structs import Named

PAGE_SIZE = 200  # the default and the most

# Far beyond any table, and `page * limit` still fits PostgreSQL's bigint.
Offset = Annotated[int, Meta(ge=0, le=2**53)]
PageNumber = Annotated[int, Meta(ge=1, le=2**53)]


class Filtering(Named):
    """What the declaration adds to a body besides the filters."""

    sortable: ClassVar[bool] = False
    first_sort: ClassVar[str | None] = None  # where it is not the first of the root's sorts
    renamed: ClassVar[dict[str, str]] = {}


class Counting(Filtering):
    """`/count`, `/lateness`: filters only."""


class Listing(Filtering):
    """`/filter`: a bare list."""

    sortable: ClassVar[bool] = True

    limit: int | None = PAGE_SIZE
    offset: Offset | None = 0


class Paging(Filtering):
    """`/paginate`: a page with the number of pages."""

    sortable: ClassVar[bool] = True

    limit: int | None = PAGE_SIZE
    page: PageNumber | None = 1


class History(Filtering):
    """`/history`: counts of states in intervals. Its queue filter goes by another name on the wire."""

    renamed: ClassVar[dict[str, str]] = {"work_pool_queues": "work_queues"}

    history_start: datetime
    history_end: datetime
    history_interval_seconds: float


class Limits(NamedTuple):
    limit: int
    offset: int


def page_limits(body: Any) -> Limits:
    """The LIMIT and OFFSET of a `Listing` or `Paging`. Raises Invalid when the limit is not 0 to 200."""
    limit = PAGE_SIZE if body.limit is None else body.limit
    if limit > PAGE_SIZE:
        raise Invalid(f"Invalid limit: must be less than or equal to {PAGE_SIZE}.")
    if limit < 0:
        raise Invalid("Invalid limit: must be greater than or equal to 0.")
    if isinstance(body, Paging):
        return Limits(limit, ((body.page or 1) - 1) * limit)
    return Limits(limit, body.offset or 0)
