"""Headers of a person's own, checked so that they cannot break a request or pass for ours."""

import re
from collections.abc import Mapping

from controlplane.wire.structs import BadField

NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
VALUE = re.compile(r"[\x20-\x7e\t]{0,4000}")
# What the connection itself says.
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"})


def check_headers(headers: Mapping[str, str], *, taken: tuple[str, ...] = (), field: str = "headers") -> None:
    for name, value in headers.items():
        if not NAME.fullmatch(name):
            raise BadField(field, f"{name!r} is not the name of a header.")
        if name.lower() in OURS or name.lower() in taken:
            raise BadField(field, f"The header {name} is set by Signalbox.")
        if not VALUE.fullmatch(value):
            raise BadField(field, f"The value of {name} has characters that no header may have, or is too long.")
