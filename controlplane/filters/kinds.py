"""Kinds: tables of operators. An operator is its wire type, its SQL and its English.

In SQL, `{c}` is the field as it is compared, `{bare}` its plain column, `{t}` the table and `{p}` the parameter.
In sentences, `{field}` is the field's label and `{value}` the value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

Int4 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
"""What an `integer` column can be compared with; anything larger is the caller's mistake, not ours."""


@dataclass(frozen=True, slots=True)
class Compare:
    """An operator that compares with one parameter. Arrays go as one, so that a shape of filter is one plan."""

    takes: Any
    sql: str
    says: str
    value: Callable[[Any], object] | None = None  # what PostgreSQL gets instead of the wire's value
    skips_empty: bool = False  # `[]` or `""` counts as left out; elsewhere `[]` matches nothing
    between: str = " or "  # the word between the values in the sentence


@dataclass(frozen=True, slots=True)
class Switch:
    """An operator that is true or false and needs no parameter."""

    yes: str
    no: str
    says_yes: str
    says_no: str
    takes: Any = bool


@dataclass(frozen=True, slots=True)
class Search:
    """Text search (see `search`): up to three parameters, each an array of patterns."""

    says: str = "{field} matches {value}"
    takes: Any = Annotated[str, Meta(max_length=200)]


Operator = Compare | Switch | Search
Kind = Mapping[str, Operator]


def _anywhere(text: str) -> str:
    return f"%{text}%"  # `%` and `_` of the caller keep their meaning


def _prefixes(texts: list[str]) -> list[str]:
    return [f"{text}%" for text in texts]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _among(takes: Any, cast: str) -> dict[str, Operator]:
    return {
        "any_": Compare(list[takes], f"{{c}} = ANY({{p}}::{cast}[])", "{field} is {value}"),
        # A row without a value never matches a list that names something: NULL <> ALL (…) is NULL.
        "not_any_": Compare(list[takes], f"{{c}} <> ALL({{p}}::{cast}[])", "{field} is not {value}", skips_empty=True),
    }


_is_null = Switch("{bare} IS NULL", "{bare} IS NOT NULL", "{field} is not set", "{field} is set")
_like = Compare(str, "{c} ILIKE {p}::text", "{field} contains {value}", value=_anywhere, skips_empty=True)
_startswith = Compare(
    list[str], "{c} ILIKE ANY({p}::text[])", "{field} starts with {value}", value=_prefixes, skips_empty=True
)
_tagged = "(SELECT 1 FROM {t}_tag AS tagged WHERE tagged.workspace_id = {t}.workspace_id AND tagged.{t}_id = {t}.id"
_lacks = (
    f"SELECT 1 FROM unnest(({{p}}::text[])[2:]) AS wanted (tag) WHERE NOT EXISTS {_tagged} AND tagged.tag = wanted.tag)"
)

ID: Kind = _among(UUID, "uuid")

REFERENCE: Kind = {**_among(UUID, "uuid"), "is_null_": _is_null}

WORD: Kind = {
    **_among(str, "text"),
    "is_null_": _is_null,
    "exists_": Switch("{bare} IS NOT NULL", "{bare} IS NULL", "{field} is set", "{field} is not set"),
}

NAME: Kind = {**WORD, "like_": _like, "startswith_": _startswith}

# Tags are looked up in the side table: `@>` is not leakproof, so row-level security keeps it from using an index.
# The first tag of `all_` is an EXISTS of its own, which the planner may turn into a join driven by the tag.
TAGS: Kind = {
    "all_": Compare(
        list[str],
        f"EXISTS {_tagged} AND tagged.tag = ({{p}}::text[])[1]) AND NOT EXISTS ({_lacks})",
        "has the tags {value}",
        skips_empty=True,
        between=" and ",
    ),
    "any_": Compare(list[str], f"EXISTS {_tagged} AND tagged.tag = ANY({{p}}::text[]))", "has the tag {value}"),
    "is_null_": Switch(f"NOT EXISTS {_tagged})", f"EXISTS {_tagged})", "has no tags", "has tags"),
}

MOMENT: Kind = {
    "before_": Compare(datetime, "{c} <= {p}::timestamptz", "{field} is not after {value}", value=_aware),
    "after_": Compare(datetime, "{c} >= {p}::timestamptz", "{field} is not before {value}", value=_aware),
    "is_null_": _is_null,
}

NUMBER: Kind = {
    "ge_": Compare(Int4, "{c} >= {p}::integer", "{field} is at least {value}"),
    "le_": Compare(Int4, "{c} <= {p}::integer", "{field} is at most {value}"),
    "is_null_": _is_null,
}

FLAG: Kind = {"eq_": Switch("{c}", "NOT {c}", "{field}", "not {field}")}

TEXT: Kind = {"query": Search()}


def one_of(words: Any) -> Kind:
    """The kind of a column that holds one of a few words: `words` is a `Literal`."""
    return _among(words, "text")
