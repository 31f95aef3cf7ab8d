"""Automations as files: the JSON or YAML that `prefect automation create --from-file` takes and `inspect` prints."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

LONGEST = 65_536
# What the server says of an automation, and nobody says to it.
TOLD = ("id", "created", "updated", "account", "workspace", "actor", "labels", "owner_resource")
NOT_ONE = "Paste one automation: this holds {}."


class Unreadable(Exception):
    """Text that is no automation; `line` counts from 1, where it is known."""

    def __init__(self, words: str, line: int | None = None) -> None:
        super().__init__(f"Line {line}: {words}" if line else words)
        self.line = line


class Loader(yaml.SafeLoader):
    """Without aliases, which can make gigabytes of a line, and without dates: on the wire they are text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise Unreadable("aliases (*name) are not read.", event.start_mark.line + 1)
        return super().compose_node(parent, index)


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def write_text(dumper: Dumper, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Dumper.add_representer(str, write_text)


def to_yaml(value: Any) -> str:
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)


def read_automation(text: str) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """The automation, and where in the text it is. `inspect` prints a list, files may have a list `automations`."""
    if len(text) > LONGEST:
        raise Unreadable(f"It is longer than {LONGEST} characters.")
    value = read_value(text)
    inside: tuple[str | int, ...] = ()
    if isinstance(value, dict) and isinstance(value.get("automations"), list):
        value, inside = value["automations"], ("automations",)
    if isinstance(value, list):
        if len(value) != 1:
            raise Unreadable(NOT_ONE.format(len(value)))
        value, inside = value[0], (*inside, 0)
    if not isinstance(value, dict):
        raise Unreadable("This is no automation: it has no name, trigger and actions.")
    return {key: item for key, item in value.items() if key not in TOLD}, inside


def read_value(text: str) -> Any:
    """JSON, or YAML, of which JSON is nearly a part: what looks like JSON is judged as JSON."""
    fault: Unreadable | None = None
    try:
        if text.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(text)
            except json.JSONDecodeError as error:
                fault = Unreadable(f"{error.msg}, in column {error.colno}.", error.lineno)
        return yaml.load(text, Loader=Loader)
    except RecursionError:
        raise Unreadable("This is nested too deeply.") from None
    except yaml.YAMLError as error:
        raise fault or explained(error) from None
    except ValueError as error:  # a number with too many digits, say
        raise fault or Unreadable(str(error)) from None


def explained(error: yaml.YAMLError) -> Unreadable:
    mark = getattr(error, "problem_mark", None)
    words = getattr(error, "problem", None) or "This is neither JSON nor YAML"
    return Unreadable(f"{words}.", None if mark is None else mark.line + 1)


def find_line(text: str, place: Sequence[str | int]) -> int | None:
    """The line of a place in a text that can be read; of what is around it, if it is missing there."""
    try:
        node = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, Unreadable, RecursionError):
        return None  # JSON that YAML does not read: tabs
    line = None
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == str(step)), None)
            if found is not None:
                line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
