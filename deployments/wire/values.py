"""Checking values against a schema, on the wire."""

from typing import Any

from msgspec import field

from controlplane.wire.structs import Named, Out


class ValidateValues(Named, kw_only=True):
    schema_: dict[str, Any] = field(name="schema")
    values: dict[str, Any]


class ValuesVerdict(Out, kw_only=True):
    """`errors`: sentences, and `{"property" | "index", "errors"}` for what is wrong further down."""

    errors: list[Any]
    valid: bool
