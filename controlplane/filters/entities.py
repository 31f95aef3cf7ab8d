"""Entities: tables of fields. From a declaration come the wire's Struct and the clause that compiles it.

entity("work_pools", "WorkPoolFilter", "work_pool", field("id", ID, "any_"), field("name", NAME, "any_"))
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec import Struct

from controlplane.filters.clauses import TRUE, Clause, Combination, bind_operator
from controlplane.filters.kinds import Kind
from controlplane.wire.structs import Body

ENTITIES: dict[str, "Entity"] = {}

Slot = tuple[str, Any, Any]  # a field of a Struct: name, type, default


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key of a filter object: some operators of a kind, on a column."""

    name: str
    kind: Kind
    operators: tuple[str, ...]
    column: str | None = None  # what is compared, if it is more than the column of that name
    combines: bool = False  # takes `operator: and_ | or_`
    defaults: Mapping[str, Any] | None = None  # of operators that are left out
    default: Mapping[str, Any] | None = None  # of the whole field, if it is left out (null means no condition)
    required: bool = False  # the one operator has to be given
    ignored: bool = False  # accepted on the wire and without effect
    silent: bool = False  # without conditions it counts as left out, even under `or_`, where others count as true
    choose: Callable[[Any], Collection[str]] | None = None  # which operators count, if not all that are given
    struct: str | None = None  # the wire's name of the Struct, where it is not made of the entity's and the field's
    label: str | None = None  # in sentences

    def make(self, owner: str) -> type[Struct]:
        slots = [self._slot(operator) for operator in self.operators]
        return struct(self.struct or owner + camel(self.name), slots, combines=self.combines)

    def bind(self, table: str, prefix: str = "") -> Clause:
        bare = f"{table}.{prefix}{self.name}"
        parts = tuple(
            bind_operator(name, self.kind[name], column=self.column or bare, bare=bare, table=table)
            for name in self.operators
        )
        nothing = "" if self.silent else TRUE
        return Combination(self.name, parts, combines=self.combines, nothing=nothing, choose=self.choose)

    def _slot(self, name: str) -> Slot:
        takes = self.kind[name].takes
        if self.required:
            return (name, takes, msgspec.NODEFAULT)
        return (name, takes | None, (self.defaults or {}).get(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A key that holds fields of its own, in columns with its name before theirs: `state.type` reads `state_type`."""

    name: str
    fields: tuple[Field, ...]
    combines: bool = True
    ignored: bool = False
    default: None = None

    def make(self, owner: str) -> type[Struct]:
        name = owner + camel(self.name)
        return struct(name, [slot(field, name) for field in self.fields], combines=self.combines)

    def bind(self, table: str) -> Clause:
        parts = tuple(field.bind(table, f"{self.name}_") for field in self.fields)
        return Combination(self.name, parts, combines=self.combines)


@dataclass(frozen=True, slots=True)
class Entity:
    """What can be filtered: a table and its fields."""

    name: str
    table: str
    fields: tuple[Field | Group, ...]
    struct: type[Struct]
    clause: Combination


def entity(name: str, wire: str, table: str, *fields: Field | Group, combines: bool = True) -> Entity:
    """Declare an entity. `wire` names its Struct; `combines`: it takes `operator: and_ | or_`."""
    if name in ENTITIES:
        raise ValueError(f"the filter entity {name!r} is declared twice")
    made = struct(wire, [slot(field, wire) for field in fields], combines=combines)
    parts = tuple(field.bind(table) for field in fields if not field.ignored)
    ENTITIES[name] = Entity(name, table, fields, made, Combination(name, parts, combines=combines))
    return ENTITIES[name]


def find_entity(name: str) -> Entity:
    try:
        return ENTITIES[name]
    except KeyError:
        raise LookupError(
            f"the filter entity {name!r} is not declared yet: the roof imports every room's filters before its doors"
        ) from None


def field(name: str, kind: Kind, operators: str, **rest: Any) -> Field:
    """A field with some of a kind's operators, named in one string: `field("name", NAME, "any_ like_")`."""
    return Field(name=name, kind=kind, operators=tuple(operators.split()), **rest)


def group(name: str, *fields: Field) -> Group:
    return Group(name=name, fields=tuple(replace(field, silent=True) for field in fields))


def slot(field: Field | Group, owner: str) -> Slot:
    made = field.make(owner)
    default: Any = None
    if field.default is not None:
        default = msgspec.field(default_factory=partial(made, **field.default))
    return (field.name, made | None, default)


def struct(name: str, slots: list[Slot], *, combines: bool) -> type[Struct]:
    """A strict Struct of the wire: an unknown key is refused."""
    if combines:
        slots = [*slots, ("operator", Literal["and_", "or_"], "and_")]
    return msgspec.defstruct(name, slots, bases=(Body,), module=__name__, kw_only=True)


def camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
