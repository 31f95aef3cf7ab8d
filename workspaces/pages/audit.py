"""The audit trail of a workspace, for its owners: filtered, and as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET
from msgspec import Raw, Struct, json, structs

from controlplane.errors import Invalid
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services import audit
from workspaces.wire import AuditEntry, AuditFilter

PAGE_SIZE = 50
LONGEST = 80
BATCH = 1000
MOST_EXPORTED = 20_000
KINDS = (
    ("", "Everything"), ("flow-run,flow", "Flows and runs"), ("deployment", "Deployments"),
    ("work-pool,work-queue,concurrency-limit", "Pools, queues and limits"),
    ("automation,service-level", "Automations and service levels"),
    ("block,variable,result-storage", "Blocks and variables"),
    ("notification-policy,notification-channel,notification-delivery,alert,slack-team,slack-user", "Notifications"),
    ("webhook", "Webhooks"), ("person,workspace,api-key,service-account,team", "People and keys"),
    ("permission", "Refused permissions"),
    ("data-boundary,customer-key,key-rotation", "Data boundary and encryption"),
)  # fmt: skip
COLUMNS = (
    "id", "created", "actor_type", "actor_id", "actor_name", "key_id", "action", "target_kind", "target_id",
    "target_name", "changes", "via", "address", "client",
)  # fmt: skip


class AuditForm(forms.Form):
    kind = forms.ChoiceField(label="About", choices=KINDS, required=False)
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
    wanted = wanted_by(form, before=read_id(request.GET.get("before", "")), limit=PAGE_SIZE + 1)
    entries = audit.list_entries(audit.trails_of(request.caller, request.place), wanted)
    context = {"form": form, "rows": [show(entry) for entry in entries[:PAGE_SIZE]], "older_url": "", "newest_url": ""}
    context["export_query"] = urlencode({name: value for name, value in request.GET.items() if name in form.fields})
    kept = {name: value for name, value in request.GET.items() if name in form.fields and value}
    if len(entries) > PAGE_SIZE:
        context["older_url"] = "?" + urlencode({**kept, "before": str(entries[PAGE_SIZE - 1].id)})
    if wanted.before:
        context["newest_url"] = "?" + urlencode(kept)
    return page(request, "workspaces/audit_log.html", context, status=422 if form.errors else 200)


@require_GET
@workspace_page(needs=Permission.SEE_AUDIT_LOG, transaction=False)
def export_audit_log(request: PageRequest) -> HttpResponse:
    """The entries that the page would show, on all its pages, as a table for other programs."""
    form = AuditForm(request.GET or None)
    if form.is_bound and not form.is_valid():
        raise Invalid("The filter of the export is not valid.")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in all_entries(audit.trails_of(request.caller, request.place), wanted_by(form, before=None, limit=BATCH)):
        writer.writerow(cell(getattr(entry, name)) for name in COLUMNS)
    name = f"audit-{request.place.workspace_handle}.csv"
    return HttpResponse(
        out.getvalue(), content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )  # fmt: skip


def all_entries(trails: list[UUID], wanted: AuditFilter) -> Iterator[AuditEntry]:
    told = 0
    while told < MOST_EXPORTED and (entries := audit.list_entries(trails, wanted)):
        yield from entries
        told += len(entries)
        wanted = structs.replace(wanted, before=entries[-1].id)


def cell(value: Any) -> str:
    """As text, and never as a formula: a spreadsheet would run what begins like one."""
    text = bytes(value).decode() if isinstance(value, Raw) else "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def wanted_by(form: AuditForm, *, before: UUID | None, limit: int) -> AuditFilter:
    asked: dict[str, Any] = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return AuditFilter(
        words=asked.get("words") or None,
        target_kinds=asked["kind"].split(",") if asked.get("kind") else None,
        since=start_of(asked.get("since")),
        until=start_of(asked["until"] + timedelta(days=1)) if asked.get("until") else None,
        before=before,
        limit=limit,
    )


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
    before, after = (value_in_words(value)[:LONGEST] for value in change)
    return after if before == "nothing" else f"{before} → {after}"


def value_in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)
