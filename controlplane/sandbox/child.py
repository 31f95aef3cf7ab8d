"""The process that renders. It knows nothing but what a request brings: no settings, no database, no environment.

Run as a program of its own (`python -I child.py`); reads and writes frames of a length and JSON. What exceeds its
budget kills this process, and the parent starts another.
"""

import json
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2_humanize_extension import HumanizeExtension

MEMORY_BYTES = 400 * 1024 * 1024
CPU_SECONDS = 1.0
LONGEST_OUTPUT = 1_000_000
LONGEST_RANGE = 100
# A record: an object with attributes that its JSON does not show.
DATA, ALSO, FOLDED = "\u0001data", "\u0001also", "\u0001folded"


class Record(dict[str, Any]):
    """A dictionary with attributes beside its keys."""

    also: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        if name in self.also:
            return self.also[name]
        raise AttributeError(name)


class Folded(dict[str, Any]):
    """Keys without regard to case, as headers have them."""

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key.lower())

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.lower())


def revive(value: dict[str, Any]) -> Any:
    if DATA in value:
        record = Record(value[DATA])
        record.also = value[ALSO]
        return record
    if FOLDED in value:
        return Folded(value[FOLDED])
    return value


def short_range(*numbers: int) -> range:
    made = range(*numbers)
    if len(made) > LONGEST_RANGE:
        raise TemplateError(f"range() may not count more than {LONGEST_RANGE} items")
    return made


def from_cloud_event(body: Any, headers: Any) -> str:
    """The JSON of an event, from a CloudEvents request in binary or structured mode."""
    structured = isinstance(body, dict) and "specversion" in body
    pick = body.get if structured else (lambda name, default=None: headers.get(f"ce-{name}", default))
    source, subject = str(pick("source") or "cloudevents"), pick("subject")
    data = body.get("data", {}) if structured else body
    event = {
        "event": str(pick("type") or "cloudevent"),
        "resource": {
            "prefect.resource.id": f"{source}/{subject}" if subject else source,
            "prefect.resource.name": str(subject or source),
        },
        "payload": data if isinstance(data, dict) else {"data": data},
    }
    return json.dumps(event)


def make_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=False, undefined=ChainableUndefined, extensions=[HumanizeExtension]
    )
    environment.globals = {"range": short_range, "from_cloud_event": from_cloud_event}
    environment.filters["from_cloud_event"] = from_cloud_event
    environment.filters["tojson"] = lambda value, indent=None: json.dumps(plain(value), indent=indent, default=str)
    return environment


def plain(value: Any) -> Any:
    return None if isinstance(value, ChainableUndefined) else value


def attribute_filter(name: str) -> Any:
    """A filter that reads what its subject was given beside its keys."""

    def read(value: Any) -> str:
        found = value.also.get(name) if isinstance(value, Record) else None
        return "" if found is None else str(found)

    return read


def answer(request: dict[str, Any]) -> dict[str, Any]:
    environment = make_environment()
    for name in request["attribute_filters"]:
        environment.filters[name] = attribute_filter(name)
    try:
        template = environment.from_string(request["source"])
        return {"text": "".join(limited(template.generate(**request["context"])))}
    except TemplateSyntaxError as error:
        return {"fault": f"{error.message} (line {error.lineno})"}
    except MemoryError:
        return {"fault": "needs too much memory"}
    except Exception as error:  # whatever a template can provoke is its author's to see, and nothing else is here
        return {"fault": f"{type(error).__name__}: {error}"[:1000]}


def limited(pieces: Iterator[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST_OUTPUT:
            raise TemplateError(f"the text is longer than {LONGEST_OUTPUT} characters")
        yield piece


def read_frame(stream: BinaryIO) -> bytes | None:
    head = stream.read(4)
    return stream.read(struct.unpack("!I", head)[0]) if len(head) == 4 else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    stream.write(struct.pack("!I", len(body)) + body)
    stream.flush()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)  # its default action ends the process
        reply = answer(json.loads(frame, object_hook=revive))
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        write_frame(sys.stdout.buffer, json.dumps(reply).encode())


if __name__ == "__main__":
    main()
