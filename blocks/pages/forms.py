"""The form of a block: new, changed, cloned, or brought to the newer schema of its type."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event
from msgspec import Struct

from blocks.pages.listing import tile_of
from blocks.services import block_forms, system_types
from blocks.services.block_forms import Note, Stored
from blocks.services.block_schemas import read_block_schema
from blocks.wire.blocks import DASHED, BlockSchema
from controlplane.errors import BadRequest, Problem
from controlplane.schema_forms import Field, Form, act, fill, read
from controlplane.schema_forms.reading import TooManyFields
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

MANAGE = Permission.MANAGE_BLOCKS
LONGEST_NAME = 200


class Editing(Struct):
    """What the form is about. `stored` is what its secrets come from; `target` is what is written over."""

    title: str
    schema: BlockSchema
    stored: Stored | None = None
    target: Stored | None = None
    name: str = ""
    name_problem: str = ""
    problem: str = ""
    notes: Sequence[Note] = ()


@workspace_page(needs=MANAGE)
def new_block_page(request: PageRequest, slug: str) -> HttpResponse:
    workspace = request.place.workspace_id
    block_type = system_types.read_block_type_by_slug(workspace, slug, now=request.now)
    schema = block_forms.read_newest_schema(workspace, block_type)
    return edit(request, Editing(f"New {block_type.name} block", schema))


@workspace_page(needs=MANAGE)
def new_block_of_page(request: PageRequest) -> HttpResponse:
    """`?type=slug` leads to the form of that type."""
    place, slug = request.place, request.GET.get("type", "")
    if not slug or not DASHED.fullmatch(slug):
        return redirect("block_types", place.account_handle, place.workspace_handle)
    url = reverse("new_block", args=[place.account_handle, place.workspace_handle, slug])
    return redirect(f"{url}?drawer=1" if is_drawer(request) else url)


@workspace_page(needs=MANAGE, transaction=False)
def edit_block_page(request: PageRequest, id: UUID) -> HttpResponse:
    notes = block_forms.read_notes(request.place.workspace_id, id)
    with workspace_transaction(request.place.workspace_id):
        stored = block_forms.open_stored(request.place.workspace_id, id)
        return edit(request, Editing(f"Edit {stored.name}", stored.schema, stored, stored, stored.name, notes=notes))


@workspace_page(needs=MANAGE, transaction=False)
def upgrade_block_page(request: PageRequest, id: UUID) -> HttpResponse:
    """The same values in the newest schema of the type."""
    workspace = request.place.workspace_id
    notes = block_forms.read_notes(workspace, id)
    with workspace_transaction(workspace):
        stored = block_forms.open_stored(workspace, id)
        newest = read_block_schema(workspace, stored.newest)
        return edit(request, Editing(f"Upgrade {stored.name}", newest, stored, stored, stored.name, notes=notes))


@workspace_page(needs=MANAGE)
def clone_block_page(request: PageRequest, id: UUID) -> HttpResponse:
    """A new block of the same values. The secrets go along without having been shown to anybody."""
    stored = block_forms.open_stored(request.place.workspace_id, id)
    return edit(request, Editing(f"Clone {stored.name}", stored.schema, stored, None, f"{stored.name}-copy"))


def is_drawer(request: PageRequest) -> bool:
    """Whether the form is beside another one, which goes on with the block that is made here."""
    return bool(request.htmx) and request.GET.get("drawer") == "1"  # type: ignore[attr-defined]


def edit(request: PageRequest, editing: Editing) -> HttpResponse:
    form = block_forms.form_of(request.place.workspace_id, editing.schema, editing.stored)
    form.name = "nested" if is_drawer(request) else form.name
    if request.method != "POST":
        value = {} if editing.stored is None else editing.stored.value
        return show(request, editing, read(form, fill(form, value)))
    sent = {
        name: str(text) for name, text in request.POST.items() if name.partition("/")[0].partition("#")[0] == form.name
    }
    editing.name = request.POST.get("name", "").strip() if editing.target is None else editing.name
    action = request.POST.get("do", "save")
    try:
        if action != "save":
            tree = read(form, act(form, sent, action))
            # A form that is still being filled in is not told off.
            return show(request, editing, without_problems(tree))
        return save(request, editing, form, read(form, sent))
    except TooManyFields:
        raise BadRequest("The form has more fields than anybody fills in.") from None


def without_problems(tree: Field) -> Field:
    for field in tree.walk():
        field.problem = ""
    return tree


def save(request: PageRequest, editing: Editing, form: Form, tree: Field) -> HttpResponse:
    workspace, place = request.place.workspace_id, request.place
    value = block_forms.check(tree, editing.schema, editing.stored)
    editing.name_problem = problem_of_name(editing)
    if editing.name_problem or tree.has_problem:
        return show(request, editing, tree, status=422)
    try:
        if editing.target is None:
            id = block_forms.create(workspace, editing.schema, editing.name, value, now=request.now)
        else:
            id = editing.target.id
            may_see = Permission.SEE_SECRET_BLOCKS in place.grants
            block_forms.save(workspace, editing.target, editing.schema, value, may_see_secrets=may_see, now=request.now)
    except Problem as problem:
        if problem.detail == "Block already exists":
            editing.name_problem = "There is a block of this type and name already."
        else:
            editing.problem = problem.detail
        return show(request, editing, tree, status=422)
    if is_drawer(request):
        told = {"id": str(id), "words": editing.name, "group": editing.schema.block_type.name}
        return trigger_client_event(HttpResponse(status=204), "ui:made", told)
    messages.success(request, f"The block {editing.name} was saved.")
    url = reverse("block", args=[place.account_handle, place.workspace_handle, id])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def problem_of_name(editing: Editing) -> str:
    if editing.target is not None:
        return ""
    if not editing.name:
        return "Give it a name."
    if not DASHED.fullmatch(editing.name) or len(editing.name) > LONGEST_NAME:
        return "Use lowercase letters, numbers and dashes only."
    return ""


def show(request: PageRequest, editing: Editing, tree: Field, *, status: int = 200) -> HttpResponse:
    kind = editing.schema.block_type
    # Somebody who is at work in a form does not want to open it again after each button.
    tree.is_open = request.method == "POST"
    block_forms.note_secrets(tree, editing.notes)
    context: dict[str, Any] = {
        "editing": editing, "tree": tree, "type": kind, "tile": tile_of(kind.slug, kind.name), "section": "Blocks",
        "is_new": editing.target is None, "is_drawer": is_drawer(request),
        "new_block_url": reverse("new_block_of", args=[request.place.account_handle, request.place.workspace_handle]),
    }  # fmt: skip
    return page(request, "blocks/form.html", context, fragment="blocks/_form.html", status=status)
