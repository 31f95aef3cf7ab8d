"""What an API document says about names, types, defaults and statuses, in lines that a person can read and diff.

`wire-facts-3.8.txt` and `wire-facts-2.20.txt` are the wires of the two Prefect versions, written by

    python -m tests.contract.wire_facts DOCUMENT.json > tests/contract/wire-facts-3.8.txt

from a document that `prefect server` of that version serves at `/openapi.json` (or an excerpt of it). An operation or a
schema begins a paragraph; `!` means required, `= …` is the default, `…|null` may be null, `closed` refuses other keys.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOTHING = "nothing"
HERE = Path(__file__).parent
PLAIN = {"string": "str", "integer": "int", "number": "num", "boolean": "bool", "null": "null"}
FORMATS = {"uuid": "uuid", "date-time": "moment"}
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|#[^\s|\]}]+|[\w.-]+|[\[\]{}|]')
SETTINGS = re.compile(r"Settings$")


@dataclass
class Field:
    type: str
    required: bool = False
    default: str = NOTHING

    def __str__(self) -> str:
        return f"{'!' if self.required else ''} {self.type}{'' if self.default == NOTHING else f' = {self.default}'}"


@dataclass
class Schema:
    closed: bool = False
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass
class Operation:
    query: dict[str, Field] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    body: Field | None = None
    answers: dict[str, str] = field(default_factory=dict)


@dataclass
class Facts:
    operations: dict[str, Operation] = field(default_factory=dict)
    schemas: dict[str, Schema] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Schemas that are no objects (enums, aliases), by what they are."""


def gather(document: dict[str, Any]) -> Facts:
    """The facts of an OpenAPI document; of schemas only those that an operation reaches."""
    facts, components = Facts(), document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            facts.operations[f"{method.upper()} {path}"] = gather_operation(described)
    todo = [type_ for operation in facts.operations.values() for type_ in types_of(operation)]
    while todo:
        for name in re.findall(r"#([^\s|\]}]+)", todo.pop()):
            if name in facts.schemas or name in facts.names or SETTINGS.search(name):
                continue
            schema = components[name]
            if "properties" in schema:
                facts.schemas[name] = gather_schema(schema)
                todo += [found.type for found in facts.schemas[name].fields.values()]
            else:
                facts.names[name] = type_of(schema)
                todo.append(facts.names[name])
    return facts


def types_of(operation: Operation) -> Iterator[str]:
    yield from operation.answers.values()
    yield from (found.type for found in operation.query.values())
    if operation.body:
        yield operation.body.type


def gather_operation(described: dict[str, Any]) -> Operation:
    operation = Operation()
    for parameter in described.get("parameters", []):
        if parameter["in"] == "query":
            found = gather_field(parameter["schema"], parameter.get("required", False))
            operation.query[parameter["name"]] = found
        elif parameter["in"] == "path":
            operation.path.append(type_of(parameter["schema"]))
    if "requestBody" in described:
        body = described["requestBody"]
        schema = body["content"]["application/json"]["schema"]
        operation.body = Field(type_of(schema), body.get("required", False))
    for status, answer in described["responses"].items():
        if status.startswith("2"):
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            operation.answers[status] = "any" if schema is None else type_of(schema)
    return operation


def gather_schema(schema: dict[str, Any]) -> Schema:
    required = schema.get("required", [])
    fields = {name: gather_field(found, name in required) for name, found in schema["properties"].items()}
    return Schema(schema.get("additionalProperties") is False, fields)


def gather_field(schema: dict[str, Any], required: bool) -> Field:
    default = json.dumps(schema["default"]) if "default" in schema and not required else NOTHING
    return Field(type_of(schema), required, default)


def type_of(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return "#" + schema["$ref"].rpartition("/")[2]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "|".join(json.dumps(word) for word in schema["enum"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return "|".join(dict.fromkeys(type_of(member) for member in schema[union]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return "|".join(type_of({**schema, "type": member}) for member in kind)
    if kind == "array":
        items = schema.get("items")
        return f"[{type_of(items) if isinstance(items, dict) else 'any'}]"
    if kind == "object":
        values = schema.get("additionalProperties")
        return f"{{{type_of(values) if isinstance(values, dict) else 'any'}}}"
    return FORMATS.get(schema.get("format", ""), PLAIN.get(kind, "any"))


# --- as text ---------------------------------------------------------------------------------------------------------


def write(facts: Facts) -> Iterator[str]:
    for name, operation in sorted(facts.operations.items(), key=lambda item: item[0].split()[::-1]):
        yield name
        yield from (f"  path {type_}" for type_ in operation.path)
        yield from (f"  query {key}{found}" for key, found in operation.query.items())
        if operation.body:
            yield f"  body{operation.body}"
        yield from (f"  {status} {type_}" for status, type_ in operation.answers.items())
    for name, schema in sorted(facts.schemas.items()):
        yield f"#{name}{' closed' if schema.closed else ''}"
        yield from (f"  {key}{found}" for key, found in schema.fields.items())
    yield from (f"#{name} is {type_}" for name, type_ in sorted(facts.names.items()))


def read(lines: Iterable[str]) -> Facts:
    facts, operation, schema = Facts(), Operation(), Schema()
    for line in lines:
        if not line.startswith(" "):
            name, _, rest = line.partition(" ")
            if not name.startswith("#"):
                operation = facts.operations[line] = Operation()
            elif rest.startswith("is "):
                facts.names[name[1:]] = rest[3:]
            else:
                schema = facts.schemas[name[1:]] = Schema(rest == "closed")
            in_schema = name.startswith("#")
        elif in_schema:
            key, _, rest = line[2:].partition(" ")
            schema.fields[key.rstrip("!")] = read_field(key, rest)
        else:
            read_part(operation, line[2:])
    return facts


def read_part(operation: Operation, line: str) -> None:
    word, _, rest = line.partition(" ")
    if word == "path":
        operation.path.append(rest)
    elif word == "query":
        key, _, rest = rest.partition(" ")
        operation.query[key.rstrip("!")] = read_field(key, rest)
    elif word.startswith("body"):
        operation.body = read_field(word, rest)
    else:
        operation.answers[word] = rest


def read_field(key: str, text: str) -> Field:
    type_, _, default = text.partition(" = ")
    return Field(type_, key.endswith("!"), default or NOTHING)


def read_file(version: str) -> Facts:
    return read((HERE / f"wire-facts-{version}.txt").read_text().splitlines())


def parse(text: str) -> Any:
    """A type as a list of alternatives: words, `["[]", alternatives]`, `["{}", alternatives]`."""
    tokens = TOKEN.findall(text)
    alternatives, rest = parse_union(tokens)
    assert not rest, text
    return alternatives


def parse_union(tokens: list[str]) -> tuple[list[Any], list[str]]:
    found: list[Any] = []
    while True:
        token, *tokens = tokens
        if token in "[{":
            inner, tokens = parse_union(tokens)
            assert tokens[0] == {"[": "]", "{": "}"}[token]
            found.append(("[]" if token == "[" else "{}", inner))
            tokens = tokens[1:]
        else:
            found.append(token)
        if not tokens or tokens[0] != "|":
            return found, tokens
        tokens = tokens[1:]


if __name__ == "__main__":
    print("\n".join(write(gather(json.loads(Path(sys.argv[1]).read_text())))))
