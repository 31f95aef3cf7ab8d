"""The OpenAPI document of our API, made of the doors: routes, Structs, filters, query strings and statuses.

`GET /api/openapi.json` answers it without a key: it says what is in the source anyway, and nothing about anybody.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Raw

from controlplane.wire.doors import OPEN, REGISTRY, SIGNED_IN, Call, Door, Reply, get

REFERENCE = "#/components/schemas/{name}"
PARAMETER = re.compile(r"<(\w+):(\w+)>")
JSON = "application/json"
REFUSALS = {
    "401": "The key is missing, unknown or revoked.",
    "403": "The role of this key does not include what the operation needs.",
    "404": "There is no such object in this workspace.",
    "409": "It is there already, or in the way of something else.",
    "413": "The body is too large.",
    "422": "The body, the query or the address is not as described.",
}
Document = dict[str, Any]


@get("openapi.json", needs=OPEN)
def read_openapi(_call: Call) -> Reply[Raw]:
    return Reply(published(), headers={"Cache-Control": "public, max-age=3600"})


@cache
def published() -> Raw:
    """Made once: a process opens all its doors before the first request."""
    return Raw(msgspec.json.encode(describe_api(REGISTRY)))


def describe_api(doors: Iterable[Door]) -> Document:
    """An OpenAPI 3.1 document. Routes are written without tenant, as the doors are: a server address has it."""
    ordered = sorted(doors, key=lambda door: (door.route, door.method))
    schemas, components = describe_types([kind for door in ordered for kind in kinds_of(door)])
    paths: dict[str, Document] = {}
    for door in ordered:
        path = "/" + PARAMETER.sub(r"{\2}", door.route)
        paths.setdefault(path, {})[door.method.lower()] = describe_door(door, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Signalbox", "version": "0.8.4", "description": "The wire of Prefect 3.8 and 2.20."},
        "servers": [
            {
                "url": "/api/accounts/{account}/workspaces/{workspace}",
                "variables": {"account": {"default": "account-id"}, "workspace": {"default": "workspace-id"}},
            },
            {"url": "/api", "description": "The key's home workspace."},
        ],
        "security": [{"key": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }


def kinds_of(door: Door) -> Iterator[Any]:
    """Everything of a door that has a schema."""
    for kind in (door.body_type, door.query_type, answer_type(door)):
        if kind not in (None, NoneType):
            yield kind


def describe_types(kinds: list[Any]) -> tuple[dict[str, Document], Document]:
    """The schema of each type by its spelling, and the named ones that they refer to."""
    by_spelling = {repr(kind): kind for kind in kinds}
    made, components = msgspec.json.schema_components(by_spelling.values(), ref_template=REFERENCE)
    clash = [name for name, count in Counter(map(str.lower, components)).items() if count > 1]
    if clash:
        raise RuntimeError(f"Structs whose names differ in capitals only: {clash}")
    excuse_tags(components)
    return dict(zip(by_spelling, made, strict=True)), dict(components)


def excuse_tags(components: Document) -> None:
    """A tag may be left out where the other keys tell which Struct is meant (see `careful`)."""
    for schema in components.values():
        for name, field in schema.get("properties", {}).items():
            if "enum" in field and len(field["enum"]) == 1 and name in schema.get("required", ()):
                schema["required"].remove(name)
                field["default"] = field["enum"][0]


def answer_type(door: Door) -> Any:
    """What a door answers with, out of its `Reply[...]`; None when that is no JSON."""
    kinds = [unwrap(kind) for kind in members(door.returns)]
    kinds = [kind for kind in kinds if kind not in (None, NoneType, bytes, Raw, Any)]
    return None if not kinds else kinds[0] if len(kinds) == 1 else Union[tuple(kinds)]  # noqa: UP007


def members(kind: Any) -> tuple[Any, ...]:
    """The alternatives of an optional `Reply`; any other type is one."""
    if get_origin(kind) in (Union, UnionType) and any(get_origin(member) is Reply for member in get_args(kind)):
        return get_args(kind)
    return (kind,)


def unwrap(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Reply else kind


def describe_door(door: Door, schemas: dict[str, Document]) -> Document:
    described: Document = {
        "operationId": door.name,
        "tags": [door.route.partition("/")[0]],
        "parameters": [*path_parameters(door), *query_parameters(door)],
        "responses": {**success(door, schemas), **refusals(door)},
        "x-needs": str(door.needs),
    }
    if door.function.__doc__:
        described["description"] = door.function.__doc__
    if door.needs == OPEN:
        described["security"] = []
    if door.body_type is not None:
        content = {JSON: {"schema": schemas[repr(door.body_type)]}}
        described["requestBody"] = {"content": content, "required": not door.body_optional}
    return described


def path_parameters(door: Door) -> Iterator[Document]:
    for kind, name in PARAMETER.findall(door.route):
        schema = {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def query_parameters(door: Door) -> Iterator[Document]:
    if door.query_type is None:
        return
    schema = msgspec.json.schema(door.query_type, ref_template=REFERENCE)
    described = schema.get("$defs", {}).get(door.query_type.__name__) or described_here(door.query_type)
    for name, field in described["properties"].items():
        yield {"name": name, "in": "query", "required": name in described.get("required", []), "schema": field}


def described_here(kind: Any) -> Document:
    _, components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    described: Document = components[kind.__name__]
    return described


def success(door: Door, schemas: dict[str, Document]) -> Document:
    """A creation answers 200 instead of 201 when the object was there; a `Reply` of perhaps nothing, 204."""
    kind = answer_type(door)
    replies = any(get_origin(member) is Reply for member in members(door.returns))
    statuses = {door.status} | ({200} if replies and door.status == 201 else set())
    if replies and NoneType in get_args(unwrap(door.returns)):
        statuses.add(204)
    content = {} if kind is None else {"content": {JSON: {"schema": schemas[repr(kind)]}}}
    described: Document = {status: {"description": "The answer.", **content} for status in map(str, sorted(statuses))}
    if "204" in described:
        described["204"] = {"description": "Done."}
    return described


def refusals(door: Door) -> Document:
    """The errors that an operation can have. A 409 needs something to be written."""
    if door.needs == OPEN:
        return {}
    possible = {"401", "422"} if door.needs == SIGNED_IN else {"401", "403", "404", "422"}
    if door.method != "GET":
        possible |= {"409", "413"}
    return {status: {"description": REFUSALS[status]} for status in sorted(possible)}
