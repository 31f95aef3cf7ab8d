"""A document's data and the documents that it refers to: taken apart when it is saved, put together when it is read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from blocks.rules.secrets import mask_document

MOST_DEPTH = 50
MOST_DOCUMENTS = 1000
"""So many documents are put into one; a further one stays a reference. Without it, 20 documents can hold a million."""


class BadReference(ValueError):
    """A `$ref` that does not say which document is meant."""


class Opened(Struct, frozen=True):
    """A document with its own data unsealed."""

    id: UUID
    name: str
    data: dict[str, Any]
    fields: dict[str, Any]  # of its schema
    block_type: Any  # as the wire shows it
    is_anonymous: bool
    references: dict[str, UUID]


class Whole(Struct, frozen=True):
    """A document's data with what it refers to, and where those came from."""

    data: dict[str, Any]
    references: dict[str, Any]


def take_references(sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, UUID]]:
    """The data of a document without, and by key, the references to others among them. Only the top level counts."""
    data: dict[str, Any] = {}
    references: dict[str, UUID] = {}
    for key, value in sent.items():
        if isinstance(value, dict) and "$ref" in value:
            references[key] = read_reference(key, value["$ref"])
        else:
            data[key] = value
    return data, references


def read_reference(key: str, reference: Any) -> UUID:
    if not isinstance(reference, dict) or "block_document_id" not in reference:
        raise BadReference(f"Received block reference without a block_document_id in key {key}")
    try:
        return UUID(reference["block_document_id"])
    except (ValueError, TypeError, AttributeError):
        raise BadReference(f"The block_document_id in key {key} is not a UUID.") from None


def merge(
    stored: dict[str, Any], stored_references: dict[str, UUID], sent: dict[str, Any], references: dict[str, UUID]
) -> tuple[dict[str, Any], dict[str, UUID]]:
    """The top-level keys that are sent replace what is stored under them, be it data or a reference."""
    touched = {*sent, *references}
    data = {key: value for key, value in stored.items() if key not in touched} | sent
    kept = {key: child for key, child in stored_references.items() if key not in touched}
    return data, kept | references


def assemble(document: UUID, documents: Mapping[UUID, Opened], *, show_secrets: bool) -> Whole:
    """A document as it is read. Its schema masks what is in it, on top of what the schemas in it mask."""
    return Assembly(documents, show_secrets).build(document, 0)


class Assembly:
    """The putting together of one document, which counts what it puts in."""

    def __init__(self, documents: Mapping[UUID, Opened], show_secrets: bool) -> None:
        self.documents = documents
        self.show_secrets = show_secrets
        self.count = 0

    def build(self, document: UUID, depth: int) -> Whole:
        self.count += 1
        opened = self.documents[document]
        data = dict(opened.data)
        references = {}
        for name, child in opened.references.items():
            if child not in self.documents or depth >= MOST_DEPTH or self.count >= MOST_DOCUMENTS:
                data[name] = {"$ref": {"block_document_id": child}}
                continue
            inner = self.build(child, depth + 1)
            data[name] = inner.data
            references[name] = {"block_document": self.describe(child, inner)}
        if not self.show_secrets:
            data = mask_document(data, opened.fields)
        return Whole(data, references)

    def describe(self, document: UUID, whole: Whole) -> dict[str, Any]:
        opened = self.documents[document]
        return {
            "id": opened.id,
            "name": opened.name,
            "block_type": opened.block_type,
            "is_anonymous": opened.is_anonymous,
            "block_document_references": whole.references,
        }


def reaches(start: set[UUID], target: UUID, edges: list[tuple[UUID, UUID]]) -> bool:
    """Whether `target` is one of `start` or can be reached from them."""
    below: dict[UUID, list[UUID]] = {}
    for parent, child in edges:
        below.setdefault(parent, []).append(child)
    todo, seen = list(start), set(start)
    while todo:
        here = todo.pop()
        if here == target:
            return True
        fresh = [child for child in below.get(here, []) if child not in seen]
        seen.update(fresh)
        todo.extend(fresh)
    return False
