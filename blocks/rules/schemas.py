"""A schema is stored apart from the blocks in it, and put together again when it is read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from blocks.rules.checksums import names_referred_to, plain_definitions

REFERENCES = "block_schema_references"


class ReferenceSent(Struct, frozen=True):
    """One entry of `block_schema_references`: a field, and a block that it may hold."""

    name: str
    slug: str
    checksum: str


class Part(Struct, frozen=True):
    """A stored schema, as far as others are made of it."""

    fields: dict[str, Any]
    checksum: str
    slug: str


class Link(Struct, frozen=True):
    """The schema `parent` has a field `name` that holds a block of the schema `child`."""

    parent: UUID
    name: str
    child: UUID


def references_of(fields: dict[str, Any]) -> list[ReferenceSent]:
    """What a schema says of the blocks in it. ValueError if it does not say it properly."""
    sent = fields.get(REFERENCES) or {}
    if not isinstance(sent, dict):
        raise ValueError(f"{REFERENCES} must be an object.")
    found = []
    for name, entries in sent.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            slug = entry.get("block_type_slug") if isinstance(entry, dict) else None
            checksum = entry.get("block_schema_checksum") if isinstance(entry, dict) else None
            if not isinstance(slug, str) or not isinstance(checksum, str):
                raise ValueError(f"The reference {name!r} needs a block_type_slug and a block_schema_checksum.")
            found.append(ReferenceSent(name, slug, checksum))
    return found


def fields_to_store(fields: dict[str, Any]) -> dict[str, Any]:
    """The parent's own part: no references, and of the definitions only its models."""
    own = {key: value for key, value in fields.items() if key not in (REFERENCES, "definitions")}
    if definitions := plain_definitions(fields):
        own["definitions"] = definitions
    return own


def definition_of(fields: dict[str, Any], reference: ReferenceSent) -> tuple[str, dict[str, Any]] | None:
    """The name and the whole schema of a block that is only known by its definition in the parent."""
    definitions = fields.get("definitions") or {}
    properties = fields.get("properties") or {}
    named = set(names_referred_to(properties.get(reference.name))) if isinstance(properties, dict) else set()
    blocks = {
        name: definition
        for name, definition in definitions.items()
        if isinstance(definition, dict) and definition.get("block_type_slug") == reference.slug
    }
    name = next((name for name in blocks if name in named), next(iter(blocks), None))
    if name is None:
        return None
    below = reachable(blocks[name], definitions)
    return name, {**blocks[name], "definitions": below} if below else blocks[name]


def reachable(definition: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that one refers to, directly or through others."""
    found: dict[str, Any] = {}
    todo = list(names_referred_to(definition))
    while todo:
        name = todo.pop()
        if name in definitions and name not in found:
            found[name] = definitions[name]
            todo.extend(names_referred_to(definitions[name]))
    return found


def whole_fields(schema: UUID, parts: Mapping[UUID, Part], links: Mapping[UUID, list[Link]]) -> dict[str, Any]:
    """The JSON Schema as a client sent it: its references, and the definitions of all that it is made of."""
    definitions: dict[str, Any] = {}
    fields = with_references(schema, parts, links)
    definitions.update(fields.pop("definitions", {}))
    seen = {schema}
    todo = [link.child for link in links.get(schema, [])]
    while todo:
        child = todo.pop(0)
        if child in seen or child not in parts:
            continue
        seen.add(child)
        inner = with_references(child, parts, links)
        definitions.update(inner.pop("definitions", {}))
        definitions[str(inner.get("title") or parts[child].slug)] = inner
        todo.extend(link.child for link in links.get(child, []))
    return {**fields, "definitions": definitions} if definitions else fields


def with_references(schema: UUID, parts: Mapping[UUID, Part], links: Mapping[UUID, list[Link]]) -> dict[str, Any]:
    references: dict[str, Any] = {}
    for link in links.get(schema, []):
        if (child := parts.get(link.child)) is None:
            continue
        entry = {"block_schema_checksum": child.checksum, "block_type_slug": child.slug}
        if link.name not in references:
            references[link.name] = entry
        elif isinstance(references[link.name], list):
            references[link.name].append(entry)
        else:
            references[link.name] = [references[link.name], entry]
    return {**parts[schema].fields, REFERENCES: references}
