"""How a workspace's secrets are sealed: its keys, changing them, and an organisation's own key in AWS KMS."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from blocks.services import customer_keys, encryption, key_rotation
from controlplane.errors import Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_WORKSPACE_SETTINGS, Permission.WRITE_WORKSPACE_SETTINGS


class CustomerKeyForm(forms.Form):
    key_arn = forms.CharField(
        label="ARN of the key", required=False, max_length=300,
        help_text="arn:aws:kms:<region>:<account>:key/<id>. Empty: the key of this installation.",
    )  # fmt: skip
    role_arn = forms.CharField(
        label="ARN of a role to use it with", required=False, max_length=600,
        help_text="Empty: the credentials of this installation, which the key's policy then has to allow.",
    )  # fmt: skip


@require_GET
@workspace_page(needs=SEE)
def encryption_page(request: PageRequest) -> HttpResponse:
    return show(request)


@require_POST
@workspace_page(needs=WRITE)
def rotate(request: PageRequest) -> HttpResponse:
    try:
        key_rotation.start_rotation(request.place.workspace_id, "reseal")
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "Secrets are being sealed with a new key. Everything goes on meanwhile.")
    return back(request)


@require_POST
@workspace_page(needs=WRITE, transaction=False)
def change_customer_key(request: PageRequest) -> HttpResponse:
    form = CustomerKeyForm(request.POST)
    if form.is_valid():
        try:
            customer_keys.set_customer_key(
                request.place.account_id, request.caller.actor_id, key_arn=form.cleaned_data["key_arn"].strip(),
                role_arn=form.cleaned_data["role_arn"].strip(),
            )  # fmt: skip
        except Problem as problem:
            form.add_error("role_arn" if "role" in problem.detail else "key_arn", problem.detail)
        else:
            messages.success(request, "The key was tried and is used from now on.")
            return back(request)
    with workspace_transaction(request.place.workspace_id):
        return show(request, form)


def show(request: PageRequest, form: CustomerKeyForm | None = None) -> HttpResponse:
    place = request.place
    found = encryption.read_encryption(place.workspace_id, place.account_id)
    if form is None:
        form = CustomerKeyForm(initial={"key_arn": found.customer_key, "role_arn": found.customer_role})
    context = {
        "found": found, "form": form, "may": WRITE in place.grants, "account": place.account_id,
        "under_way": any(rotation.finished is None for rotation in found.rotations),
        "rotations": [(WORDS[rotation.kind], rotation) for rotation in found.rotations],
    }  # fmt: skip
    return page(request, "blocks/encryption.html", context, status=422 if form.errors else 200)


WORDS = {"reseal": "Secrets sealed with a new key", "rewrap": "Keys wrapped anew"}


def back(request: PageRequest) -> HttpResponse:
    return redirect("encryption", request.place.account_handle, request.place.workspace_handle)
