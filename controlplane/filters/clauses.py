"""Bound operators: what is left of a declaration when a request comes in. Made once, at import; this is the hot part.

A clause writes itself as SQL into `params` and answers with the text; `""` means that it has nothing to say.
"""

from collections.abc import Callable, Collection
from typing import Any, Protocol

from controlplane.filters import search
from controlplane.filters.kinds import Compare, Operator, Search, Switch

Params = dict[str, object]
TRUE = "true"


class Clause(Protocol):
    name: str

    def write(self, given: Any, params: Params) -> str: ...


class Comparison:
    """A `Compare` on its column, cut at the parameter."""

    __slots__ = ("name", "parts", "skips_empty", "value")

    def __init__(self, name: str, operator: Compare, sql: str) -> None:
        self.name = name
        self.parts = cut(sql)
        self.value = operator.value
        self.skips_empty = operator.skips_empty

    def write(self, given: Any, params: Params) -> str:
        if self.skips_empty and not given:
            return ""
        return bind(self.parts, given if self.value is None else self.value(given), params)


class Choice:
    """A `Switch` on its column."""

    __slots__ = ("name", "no", "yes")

    def __init__(self, name: str, yes: str, no: str) -> None:
        self.name, self.yes, self.no = name, yes, no

    def write(self, given: Any, params: Params) -> str:
        return self.yes if given else self.no


class Searching:
    """A `Search` on its column: alternatives, what is forbidden and what is demanded, joined by AND."""

    __slots__ = ("every", "name", "none", "some")

    def __init__(self, name: str, column: str) -> None:
        self.name = name
        self.some = cut(column + " ILIKE ANY({p}::text[])")
        self.none = cut(column + " NOT ILIKE ALL({p}::text[])")
        self.every = cut(column + " ILIKE ALL({p}::text[])")

    def write(self, given: Any, params: Params) -> str:
        terms = search.parse(given)
        texts = [
            bind(parts, [search.pattern(term) for term in words], params)
            for parts, words in ((self.some, terms.some), (self.none, terms.none), (self.every, terms.every))
            if words
        ]
        return together(texts, " AND ")


class Combination:
    """The parts of a filter object, joined by its own `operator` where it has one, else by AND.

    Without conditions it is `nothing`: true, which under `or_` makes the whole true, or "", as if left out.
    """

    __slots__ = ("choose", "combines", "name", "nothing", "parts")

    def __init__(
        self,
        name: str,
        parts: tuple[Clause, ...],
        *,
        combines: bool,
        nothing: str = TRUE,
        choose: Callable[[Any], Collection[str]] | None = None,
    ) -> None:
        self.name = name
        self.parts = parts
        self.combines = combines
        self.nothing = nothing
        self.choose = choose

    def write(self, given: Any, params: Params) -> str:
        wanted = None if self.choose is None else self.choose(given)
        texts = []
        for part in self.parts:
            value = getattr(given, part.name)
            if value is not None and (wanted is None or part.name in wanted):
                text = part.write(value, params)
                if text:
                    texts.append(text)
        if not texts:
            return self.nothing
        if self.combines and given.operator == "or_":
            return together(texts, " OR ")
        return together([text for text in texts if text != TRUE], " AND ") or TRUE


def bind_operator(name: str, operator: Operator, *, column: str, bare: str, table: str) -> Clause:
    """`operator` on a column of a table."""

    def filled(sql: str) -> str:
        return sql.replace("{c}", column).replace("{bare}", bare).replace("{t}", table)

    match operator:
        case Compare():
            return Comparison(name, operator, filled(operator.sql))
        case Switch():
            return Choice(name, filled(operator.yes), filled(operator.no))
        case Search():
            return Searching(name, column)


def cut(sql: str) -> list[str]:
    """`c = {p}::text` as `["c = %(", ")s::text"]`: a parameter's name is all that is missing."""
    return sql.replace("{p}", "%({p})s").split("{p}")


def bind(parts: list[str], value: object, params: Params) -> str:
    """The text with a fresh parameter name in its gaps."""
    name = f"f{len(params)}"
    params[name] = value
    return name.join(parts)


def together(texts: list[str], glue: str) -> str:
    if len(texts) > 1:
        return f"({glue.join(texts)})"
    return texts[0] if texts else ""
