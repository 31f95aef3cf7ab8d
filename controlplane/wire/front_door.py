"""The front door of every JSON body: count, parse strictly, walk once, and only then decode into a Struct.

Whatever depends on the data ends here as a 4xx: nothing behind this door may fail because of what a body says.
"""

import json
import re
from typing import Any

import orjson
from msgspec import convert
from msgspec.json import encode

from controlplane.errors import BadRequest
from controlplane.wire.careful import read_carefully
from controlplane.wire.invalid import Finding, InvalidBody, value_error
from controlplane.wire.structs import Named

MAX_BODY = 5_242_880
MAX_DEPTH = 64
MAX_NODES = 400_000
MAX_KEY = 1024
ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def read_body(door: Any, body: bytes, *, strip_nul: bool) -> tuple[Any, bytes]:
    """The decoded Struct and the checked bytes that it was decoded from. Raises InvalidBody."""
    if not body:
        return nothing_sent(door)
    if strip_nul and b"\\u0000" in body:
        body = ESCAPED_NUL.sub(rb"\1", body)
    value = parse(body)
    try:
        return door.decoder.decode(body), body
    except ValueError as error:
        # msgspec's own refusal (a ValidationError), or a Struct's rule (`__post_init__`) that it passes on unwrapped.
        if value is None and door.body_optional:
            return None, b""
        return read_again(door.body_type, value, error)


def nothing_sent(door: Any) -> tuple[Any, bytes]:
    """No body at all: fine where no parameter is required."""
    if door.body_optional:
        return None, b""
    try:
        if isinstance(door.body_type, type) and issubclass(door.body_type, Named) and door.body_type.may_be_left_out:
            return door.decoder.decode(b"{}"), b"{}"
    except ValueError as error:
        raise InvalidBody(read_carefully(door.body_type, {}).findings, None) from error
    raise InvalidBody([Finding("missing", ("body",), "Field required", None)], None)


def read_again(kind: Any, value: Any, refusal: ValueError, root: str = "body") -> tuple[Any, bytes]:
    """What the strict reading refused: the value in the right types after all, or InvalidBody with every fault."""
    reading = read_carefully(kind, value, root)
    sent = value if root == "body" else None
    if reading.findings:
        raise InvalidBody(reading.findings, sent) from refusal
    try:
        return convert(reading.value, kind), encode(reading.value)
    except ValueError as error:
        raise InvalidBody([value_error((root,), str(error), sent)], sent) from error


def parse(body: bytes) -> Any:
    """The parsed value of a strict JSON document within the limits."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise not_json(body, error) from error
    # So few brackets cannot nest deeper than the limit, and without the escape there is no NUL: most need no walk.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH or b"\\u0000" in body or len(body) > 100_000:
        walk(value)
    return value


def not_json(body: bytes, refusal: orjson.JSONDecodeError) -> Exception:
    """The refusal in the words of Python's json module, which is what the real server reads with."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return BadRequest("There was an error parsing the body")
    place, reason = refusal.pos, str(refusal).split(":")[0]
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place, reason = error.pos, error.msg
    except (RecursionError, ValueError):
        pass  # orjson's own words will do
    finding = Finding("json_invalid", ("body", place), "JSON decode error", {}, {"error": reason})
    return InvalidBody([finding], text.replace("\x00", ""))


def walk(value: Any) -> None:
    """Refuse what a later layer would choke on. Iterative: the depth of a document is not the depth of our stack."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    nodes = 0
    while todo:
        item, depth = todo.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise refuse(f"The document is nested deeper than {MAX_DEPTH} levels.")
        if nodes > MAX_NODES:
            raise refuse(f"The document has more than {MAX_NODES} values.")
        if type(item) is str:
            if "\x00" in item:
                raise refuse("A string holds a NUL character.")
        elif type(item) is dict:
            for key in item:
                if len(key) > MAX_KEY or "\x00" in key:
                    raise refuse(f"A key is longer than {MAX_KEY} characters or holds a NUL character.")
            todo.extend((child, depth + 1) for child in item.values())
        elif type(item) is list:
            todo.extend((child, depth + 1) for child in item)


def refuse(reason: str) -> InvalidBody:
    return InvalidBody([value_error(("body",), reason, None)], None)
