"""One block: what is in it, how to use it, what uses it, its history."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from blocks import queries_pages
from blocks.pages.listing import refusal, tile_of
from blocks.pages.tracing import Shown, history_of, shown
from blocks.rules.catalogue import block_pattern, loading_code, reference_text
from blocks.services import block_documents, block_forms, connection_tests
from blocks.services.block_forms import Stored
from blocks.services.block_schemas import read_block_schema
from blocks.wire.blocks import ConnectionTest
from controlplane.schema_forms import fill, read
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_BLOCKS, Permission.MANAGE_BLOCKS


@workspace_page(needs=SEE, transaction=False)
def block_page(request: PageRequest, id: UUID) -> HttpResponse:
    return show(request, id)


@require_POST
@workspace_page(needs=MANAGE, transaction=False)
def test_block_page(request: PageRequest, id: UUID) -> HttpResponse:
    outcome = connection_tests.try_block_document(request.place.workspace_id, id)
    return show(request, id, outcome)


def show(request: PageRequest, id: UUID, outcome: ConnectionTest | None = None) -> HttpResponse:
    workspace = request.place.workspace_id
    with workspace_transaction(workspace):
        stored = block_forms.open_stored(workspace, id)
        form = block_forms.form_of(workspace, stored.schema, stored)
        tree = read(form, fill(form, stored.value))
        uses = uses_of(workspace, stored)
        changes = changes_of(workspace, stored)
    block_forms.note_secrets(tree, block_forms.read_notes(workspace, id))
    may_manage = MANAGE in request.place.grants
    slug = stored.type.slug
    context = {
        "stored": stored, "tree": tree, "tile": tile_of(slug, stored.type.name), "uses": uses, "changes": changes,
        "code": loading_code(slug, stored.name, stored.type.code_example), "section": "Blocks",
        "reference": reference_text(slug, stored.name), "outcome": outcome,
        "can_test": bool(connection_tests.kind_of_test(slug, stored.schema.fields)),
        "refused": refusal(request, MANAGE), "history": history_of(workspace, "block", id) if may_manage else None,
    }  # fmt: skip
    return page(request, "blocks/block.html", context)


def uses_of(workspace: UUID, stored: Stored) -> list[Shown]:
    pattern = block_pattern(stored.type.slug, stored.name)
    return shown(queries_pages.find_block_uses(workspace=workspace, id=stored.id, pattern=pattern))


def changes_of(workspace: UUID, stored: Stored) -> list[str] | None:
    """None when it has the newest schema of its type."""
    if not stored.is_outdated:
        return None
    newest = read_block_schema(workspace, stored.newest)
    return block_forms.changed_in_schema(stored.schema, newest) or ["only words, nothing that is stored"]


@workspace_page(needs=MANAGE)
def delete_block_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace, place = request.place.workspace_id, request.place
    stored = block_forms.open_stored(workspace, id)
    if request.method != "POST":
        context = {"stored": stored, "uses": uses_of(workspace, stored), "section": "Blocks"}
        return page(request, "blocks/delete.html", context)
    block_documents.delete_block_document(workspace, id, now=request.now)
    messages.success(request, f"The block {stored.name} was deleted.")
    return redirect("blocks", place.account_handle, place.workspace_handle)
