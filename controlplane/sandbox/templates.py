"""What a template may use. Runs in the process with limits (`controlplane.budget`), and knows only what it is given."""

import json
from collections.abc import Iterator
from typing import Any

from jinja2 import ChainableUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2_humanize_extension import HumanizeExtension

LONGEST_OUTPUT = 900_000
LONGEST_RANGE = 100
EXHAUSTED = "takes too much time or memory"
# A record: an object with attributes that its JSON does not show; and keys without regard to case.
DATA, ALSO, FOLDED = "\u0001data", "\u0001also", "\u0001folded"


class RenderingFailed(Exception):
    """A template that cannot be rendered; the text is for its author."""


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


def fill(source: str, context: dict[str, Any], attribute_filters: list[str]) -> str:
    """The text of a template. RenderingFailed with whatever it provoked: that is its author's to see."""
    environment = make_environment()
    for name in attribute_filters:
        environment.filters[name] = attribute_filter(name)
    try:
        template = environment.from_string(source)
        return "".join(limited(template.generate(**revive(context))))
    except TemplateSyntaxError as error:
        raise RenderingFailed(f"{error.message} (line {error.lineno})") from None
    except MemoryError:
        raise RenderingFailed(EXHAUSTED) from None
    except Exception as error:
        raise RenderingFailed(f"{type(error).__name__}: {error}"[:1000]) from None


def revive(value: Any) -> Any:
    if isinstance(value, list):
        return [revive(item) for item in value]
    if not isinstance(value, dict):
        return value
    if DATA in value:
        record = Record(revive(value[DATA]))
        record.also = revive(value[ALSO])
        return record
    if FOLDED in value:
        return Folded(value[FOLDED])
    return {key: revive(item) for key, item in value.items()}


def make_environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=False, undefined=ChainableUndefined, extensions=[HumanizeExtension]
    )
    environment.globals = {"range": short_range, "from_cloud_event": from_cloud_event}
    environment.filters["from_cloud_event"] = from_cloud_event
    environment.filters["tojson"] = lambda value, indent=None: json.dumps(plain(value), indent=indent, default=str)
    return environment


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


def plain(value: Any) -> Any:
    return None if isinstance(value, ChainableUndefined) else value


def attribute_filter(name: str) -> Any:
    """A filter that reads what its subject was given beside its keys."""

    def read(value: Any) -> str:
        found = value.also.get(name) if isinstance(value, Record) else None
        return "" if found is None else str(found)

    return read


def limited(pieces: Iterator[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST_OUTPUT:
            raise TemplateError(f"the text is longer than {LONGEST_OUTPUT} characters")
        yield piece
