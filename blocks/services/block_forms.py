"""Blocks as forms: the schema of a type, a document's values, what was sent, and saving it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, json

from blocks import queries, queries_pages
from blocks.rules.secrets import keep_masked, mask_document
from blocks.services.block_contents import links_below, open_data
from blocks.services.block_documents import NOT_FOUND, create_block_document, update_block_document
from blocks.services.block_schemas import load_block_schemas, read_block_schema
from blocks.wire.blocks import BlockDocumentCreate, BlockDocumentUpdate, BlockSchema, BlockType
from controlplane.budget import OverBudget, spend
from controlplane.errors import NotFound
from controlplane.schema_forms import Choice, Field, Form, find_problems, place_problems
from controlplane.schema_forms.places import find_place, properties_of
from controlplane.schema_forms.secrets import NOTHING, kept_secrets, put_back
from controlplane.schema_forms.validation import SchemaMismatch
from workspaces.services import audit
from workspaces.wire import AuditEntry, AuditFilter

MOST_ENTRIES = 100
Note = tuple[AuditEntry, Mapping[str, Any]]


class Stored(Struct, frozen=True):
    """A document as its form needs it: opened, with references to other documents as references."""

    id: UUID
    name: str
    schema: BlockSchema
    newest: UUID
    value: dict[str, Any]  # with its secrets: for the control plane only
    created: datetime
    updated: datetime
    is_anonymous: bool

    @property
    def type(self) -> BlockType:
        return self.schema.block_type

    @property
    def is_outdated(self) -> bool:
        return self.newest != self.schema.id


def open_stored(workspace: UUID, document_id: UUID) -> Stored:
    rows = queries.find_block_documents(workspace=workspace, ids=[document_id])
    if not rows:
        raise NotFound(NOT_FOUND)
    row = rows[0]
    schema = load_block_schemas(workspace, [row.block_schema_id])[row.block_schema_id]
    references = links_below(workspace, [document_id]).get(document_id, {})
    value = open_data(workspace, row) | {
        key: {"$ref": {"block_document_id": str(child)}} for key, child in references.items()
    }
    newest = queries_pages.find_newest_schema(workspace=workspace, type=row.block_type_id)
    return Stored(
        id=row.id, name=row.name, schema=schema, newest=newest, value=value, created=row.created, updated=row.updated,
        is_anonymous=row.is_anonymous,
    )  # fmt: skip


def read_newest_schema(workspace: UUID, block_type: BlockType) -> BlockSchema:
    schema_id = queries_pages.find_newest_schema(workspace=workspace, type=block_type.id)
    if schema_id is None:
        raise NotFound(f"The type {block_type.name} has no schema yet. Register it once from code.")
    return read_block_schema(workspace, schema_id)


def form_of(workspace: UUID, schema: BlockSchema, stored: Stored | None = None) -> Form:
    form = Form(schema.fields)
    offer_blocks(workspace, form, {} if stored is None else stored.value)
    return form


def offer_blocks(workspace: UUID, form: Form, value: Mapping[str, Any]) -> None:
    """The blocks to choose from, and the ones that `value` refers to now, be they anonymous."""
    places = named_places(form)
    slugs = {slug for _, place in places for slug in place.slugs}
    choices: dict[str, list[Choice]] = {}
    names = queries_pages.find_block_names(workspace=workspace, slugs=sorted(slugs)) if slugs else []
    for name in names:
        choices.setdefault(name.slug, []).append(Choice(str(name.id), name.name, name.type_name))
    known = {choice.value for group in choices.values() for choice in group}
    for key, item in value.items():
        reference = item["$ref"].get("block_document_id") if is_reference(item) else None
        if reference and str(reference) not in known:
            slug = next((place.slugs[0] for name, place in places if name == key and place.slugs), "")
            choices.setdefault(slug, []).append(Choice(str(reference), "Its own, without a name", "Inline"))
    form.blocks = choices


def is_reference(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("$ref"), dict)


def named_places(form: Form) -> list[tuple[str, Any]]:
    root = form.root()
    return (
        [(key, find_place(sub, form, NOTHING, 1)) for key, sub in properties_of(root.schema)]
        if root.kind == "object"
        else []
    )


def read_notes(workspace: UUID, document_id: UUID) -> list[Note]:
    """What the trail says of a block, the newest first. Not inside a workspace's transaction."""
    wanted = AuditFilter(target_kinds=["block"], target_id=str(document_id), limit=MOST_ENTRIES)
    return [(entry, json.decode(entry.changes)) for entry in audit.list_entries([workspace], wanted)]


def note_secrets(tree: Field, notes: Sequence[Note]) -> None:
    """At each stored secret when it was given and by whom: the newest entry that names its field."""
    for field in tree.walk():
        if field.kind != "secret" or field.state != "stored" or not field.path:
            continue
        for entry, changes in notes:
            if field.path[0] in changes or entry.action == "block.created":
                field.set_at, field.set_by = entry.created, entry.actor_name
                break


def check(tree: Field, schema: BlockSchema, stored: Stored | None) -> dict[str, Any]:
    """The value to save, with the secrets that are kept; what is wrong with it stands at the fields afterwards."""
    value = tree.value if isinstance(tree.value, dict) else {}
    if stored is not None:
        put_back(value, stored.value, kept_secrets(tree))
        value = keep_masked(value, stored.value, mask_document(stored.value, stored.schema.fields))
    if not any(field.problem for field in tree.walk()):
        try:
            problems = spend(find_problems, value, schema.fields, raises=(SchemaMismatch,))
        except (OverBudget, SchemaMismatch):
            # What cannot be judged is not refused: over the API nothing is judged either.
            problems = []
        place_problems(tree, problems)
    return value


def create(workspace: UUID, schema: BlockSchema, name: str, value: dict[str, Any], *, now: datetime) -> UUID:
    body = BlockDocumentCreate(name=name, block_schema_id=schema.id, block_type_id=schema.block_type_id, data=value)
    return create_block_document(workspace, body, now=now).id


def save(
    workspace: UUID, stored: Stored, schema: BlockSchema, value: dict[str, Any], *, may_see_secrets: bool, now: datetime
) -> None:
    body = BlockDocumentUpdate(block_schema_id=schema.id, data=value, merge_existing_data=False)
    update_block_document(workspace, stored.id, body, may_see_secrets=may_see_secrets, now=now)


def changed_in_schema(old: BlockSchema, new: BlockSchema) -> list[str]:
    """What the newer schema does otherwise, in words."""
    before, after = old.fields.get("properties") or {}, new.fields.get("properties") or {}
    words = [f"{name} is new" for name in after if name not in before]
    words += [f"{name} is gone" for name in before if name not in after]
    words += [f"{name} has changed" for name in after if name in before and before[name] != after[name]]
    required = set(new.fields.get("required") or []) - set(old.fields.get("required") or [])
    return words + [f"{name} is needed now" for name in sorted(required & set(before))]
