"""Bases of every wire Struct; free of Django, so that rules and wire modules may use them.

msgspec does not hand `kw_only` down: a class with required fields after optional ones says it again.
"""

from math import ceil
from typing import Any, ClassVar

from msgspec import UNSET, Raw, Struct, UnsetType

__all__ = ["UNSET", "BadField", "Body", "Named", "Out", "Page", "Raw", "UnsetType", "make_page", "present"]


class BadField(ValueError):
    """A rule about one field, broken: raised in a Struct's `__post_init__`, the answer names the field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class Body(Struct, kw_only=True, forbid_unknown_fields=True):
    """A create, update or filter body: an unknown key is a 422 (`extra_forbidden`).

    A 422 shows what was sent, except the values of `confidential` fields.
    """

    confidential: ClassVar[frozenset[str]] = frozenset()


class Named(Struct, kw_only=True):
    """A body made of several named parameters (`/filter`, `/set_state`): unknown top-level keys are ignored.

    No body at all counts as `{}`, if nothing in it is required and it `may_be_left_out`.
    """

    may_be_left_out: ClassVar[bool] = True


class Out(Struct, kw_only=True):
    """A response: every key is always present."""


class Page(Out, kw_only=True):
    """The answer of a `/paginate` route. `pages` is 0 when the limit is."""

    results: list[Any]
    count: int
    limit: int
    pages: int
    page: int


def make_page(results: list[Any], *, count: int, limit: int, page: int) -> Page:
    return Page(results=results, count=count, limit=limit, pages=ceil(count / limit) if limit else 0, page=page)


def present(body: Struct) -> dict[str, object]:
    """The fields that the caller sent, by name: what a PATCH writes."""
    fields = ((name, getattr(body, name)) for name in body.__struct_fields__)
    return {name: value for name, value in fields if value is not UNSET}
