"""Families: which filters a root takes (a table of joins), how it is sorted, and the bodies of its routes.

    family("logs", sort="LogSort", sorts={"TIMESTAMP_ASC": by("log", "timestamp ASC")}, bodies={"LogsFilter": Listing})

Families name entities of rooms above their own, so everything made of them is made on first use: by then the roof
has imported every room's `filters`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, cast

import msgspec
from msgspec import Struct

from controlplane.filters.bodies import Filtering
from controlplane.filters.clauses import TRUE, Combination, Params
from controlplane.filters.entities import Entity, find_entity

FAMILIES: dict[str, "Family"] = {}
SORTS: dict[str, dict[str, str]] = {}
"""ORDER BY texts by root and wire name, the default first; each ends with the id, so that pages are stable."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A related row: the entity, how it is found from the row above, and what is related to it in turn.

    Filters further out hold for the *same* row: a flow with a run named `a` that has a task named `b`.
    """

    entity: str
    on: str
    branches: tuple["Branch", ...] = ()
    key: str | None = None  # the body's name for it, where that is not the entity's; "" if the body has none


class Join:
    """A branch bound to its tables: one EXISTS, or nothing if the body does not ask for it."""

    __slots__ = ("clause", "joins", "key", "opening")

    def __init__(self, branch: Branch, above: str) -> None:
        entity = find_entity(branch.entity)
        self.key = entity.name if branch.key is None else branch.key
        self.clause: Combination = entity.clause
        self.joins = tuple(Join(inner, entity.table) for inner in branch.branches)
        # Both sides name their workspace: no id alone may connect two rows.
        same = f"{entity.table}.workspace_id = {above}.workspace_id"
        self.opening = f"EXISTS (SELECT 1 FROM {entity.table} WHERE {same} AND {branch.on}"

    def write(self, body: Any, params: Params) -> str:
        given = getattr(body, self.key, None) if self.key else None
        own = TRUE if given is None else self.clause.write(given, params)
        texts = [text for join in self.joins if (text := join.write(body, params))]
        if given is None and not texts:
            return ""
        if own != TRUE:
            texts.insert(0, own)
        return " AND ".join([self.opening, *texts]) + ")"


@dataclass(frozen=True)
class Family:
    """A root and its routes."""

    root: str
    entity_name: str
    key: str
    branches: tuple[Branch, ...]
    bodies: Mapping[str, type[Filtering]]
    sort: type[Enum] | None

    @cached_property
    def entity(self) -> Entity:
        return find_entity(self.entity_name)

    @cached_property
    def joins(self) -> tuple[Join, ...]:
        return tuple(Join(branch, self.entity.table) for branch in self.branches)

    @cached_property
    def unasked(self) -> Struct | None:
        """The filter that holds when the root's own is left out: the default one, if it says anything."""
        default = self.entity.struct()
        return None if self.entity.clause.write(default, {}) == TRUE else default

    def make(self, name: str) -> type[Struct]:
        """The body Struct called `name`."""
        body = self.bodies[name]
        keys = {self.key: self.entity.struct, **{key: entity.struct for key, entity in filters_of(self.branches)}}
        slots: list[tuple[str, Any, Any]] = [(key, struct | None, None) for key, struct in keys.items()]
        if self.sort is not None and body.sortable:
            first = self.sort[body.first_sort] if body.first_sort else next(iter(self.sort))
            slots.append(("sort", self.sort | None, first))
        return msgspec.defstruct(name, slots, bases=(body,), module=__name__, kw_only=True, rename=body.renamed)


def family(
    root: str,
    *,
    entity: str | None = None,
    key: str | None = None,
    branches: tuple[Branch, ...] = (),
    sorts: Mapping[str, str],
    sort: str | None = None,
    bodies: Mapping[str, type[Filtering]],
) -> Family:
    """Declare a root. `sorts`: wire name -> ORDER BY, the default first; `sort` is the wire's name for the enum of
    them, None if the order is fixed.

    `bodies`: the Structs of its routes, by name, each with the base that says what else is in it.
    """
    if root in FAMILIES:
        raise ValueError(f"the filter root {root!r} is declared twice")
    SORTS[root] = dict(sorts)
    entity = entity or root
    FAMILIES[root] = Family(root, entity, key or entity, branches, bodies, enum_of(sort, sorts) if sort else None)
    return FAMILIES[root]


def body_maker(*families: Family) -> Callable[[str], type[Struct]]:
    """A module `__getattr__` (PEP 562) that makes the bodies of these families, each once, when first asked for."""
    made: dict[str, type[Struct]] = {}

    def body_of(name: str) -> type[Struct]:
        if name not in made:
            owner = next((family for family in families if name in family.bodies), None)
            if owner is None:
                raise AttributeError(name)
            made[name] = owner.make(name)
        return made[name]

    return body_of


def enum_of(name: str, words: Iterable[str]) -> type[Enum]:
    make: Any = Enum  # mypy allows only literal names
    return cast("type[Enum]", make(name, [(word, word) for word in words], type=str, module=__name__))


def by(table: str, order: str) -> str:
    """An ORDER BY that ends with the id in the same direction: `by("flow", "name ASC")`."""
    direction = order.rsplit(" ", 1)[1]
    return f"{table}.{order}, {table}.id {direction}"


def filters_of(branches: tuple[Branch, ...]) -> Iterator[tuple[str, Entity]]:
    for branch in branches:
        entity = find_entity(branch.entity)
        key = entity.name if branch.key is None else branch.key
        if key:
            yield key, entity
        yield from filters_of(branch.branches)
