"""The audit trail of a workspace, for its owners."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET
from msgspec import Struct, json

from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services import audit
from workspaces.wire import AuditEntry, AuditFilter

PAGE_SIZE = 50
LONGEST = 80


class AuditForm(forms.Form):
    words = forms.CharField(label="Action, person or object", required=False, max_length=200)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))


class Row(Struct, frozen=True):
    """An entry in words."""

    entry: AuditEntry
    words: str
    changes: list[tuple[str, str]]


@require_GET
@workspace_page(needs=Permission.SEE_AUDIT_LOG, transaction=False)
def audit_log(request: PageRequest) -> HttpResponse:
    """Newest first; the filter is in the address, so it can be kept and sent."""
    form = AuditForm(request.GET or None)
    asked: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    wanted = AuditFilter(
        words=asked.get("words") or None,
        since=start_of(asked.get("since")),
        until=start_of(asked["until"] + timedelta(days=1)) if asked.get("until") else None,
        before=read_id(request.GET.get("before", "")),
        limit=PAGE_SIZE + 1,
    )
    entries = audit.list_entries(request.place.workspace_id, wanted)
    context = {"form": form, "rows": [show(entry) for entry in entries[:PAGE_SIZE]], "older_url": "", "newest_url": ""}
    kept = {name: value for name, value in request.GET.items() if name in form.fields and value}
    if len(entries) > PAGE_SIZE:
        context["older_url"] = "?" + urlencode({**kept, "before": str(entries[PAGE_SIZE - 1].id)})
    if wanted.before:
        context["newest_url"] = "?" + urlencode(kept)
    return page(request, "workspaces/audit_log.html", context, status=422 if form.errors else 200)


def start_of(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def show(entry: AuditEntry) -> Row:
    thing, _, what = entry.action.partition(".")
    changes = json.decode(entry.changes)
    return Row(
        entry, f"{what} {thing}".replace("-", " ").capitalize(),
        [(name.replace("_", " "), in_words(value)) for name, value in changes.items() if value != [None, None]],
    )  # fmt: skip


def in_words(change: Any) -> str:
    if not isinstance(change, list) or len(change) != 2:
        return str(change)[:LONGEST]
    before, after = ("nothing" if value in (None, "") else str(value)[:LONGEST] for value in change)
    return after if before == "nothing" else f"{before} → {after}"
