"""Text search of the wire (`logs.text`, `events.text`): `error -debug +"payment failed"`."""

import re
from typing import NamedTuple

_TERM = re.compile(
    r"""
    (?P<prefix>[-!+])?
    (?: "(?P<quoted>(?:\\["\\]|[^"])*)(?:"|\Z)   # a phrase; without its closing quote it runs to the end
      | (?P<word>[^\s"]+)
    )
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\(["\\])')
_WILDCARD = re.compile(r"([\\%_])")


class Terms(NamedTuple):
    """What a text must have one of, must not have, and must have all of."""

    some: list[str]
    none: list[str]
    every: list[str]


def parse(query: str) -> Terms:
    """The terms of a search: `-` or `!` forbids, `+` demands, the others are alternatives.

    A prefix with nothing behind it counts for nothing, and a query without terms matches everything.
    """
    terms = Terms([], [], [])
    for found in _TERM.finditer(query):
        quoted = found["quoted"]
        term = found["word"] if quoted is None else _ESCAPE.sub(r"\1", quoted)
        if not term or (quoted is None and found["prefix"] is None and term in "-!+"):
            continue
        _group(terms, found["prefix"]).append(term)
    return terms


def pattern(term: str) -> str:
    """The ILIKE pattern that finds `term` anywhere and takes `%` and `_` literally."""
    return "%" + _WILDCARD.sub(r"\\\1", term) + "%"


def _group(terms: Terms, prefix: str | None) -> list[str]:
    if prefix is None:
        return terms.some
    return terms.every if prefix == "+" else terms.none
