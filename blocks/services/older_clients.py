"""Variables as clients of 2.x read them."""

from collections.abc import Sequence
from typing import Any

from msgspec import Raw, json, structs

from blocks.wire.variables import Variable
from controlplane.wire.clients import is_2


def for_client(found: Sequence[Variable], client_version: str | None) -> list[Variable]:
    """Their values are text, and one that is not would cost them the whole list: they get its JSON."""
    if not is_2(client_version):
        return list(found)
    return [structs.replace(variable, value=as_text(variable.value)) for variable in found]


def as_text(value: Any) -> str:
    plain = json.decode(value) if isinstance(value, Raw) else value
    return plain if isinstance(plain, str) else json.encode(plain).decode()
