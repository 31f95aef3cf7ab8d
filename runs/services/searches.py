"""Saved searches: kept by name."""

from datetime import datetime
from uuid import UUID

from controlplane.errors import NotFound
from controlplane.filters import page_limits
from controlplane.wire.structs import Raw
from runs.models import SavedSearch as Row
from runs.services.announcing import raw
from runs.wire.searches import SavedSearch, SavedSearchCreate, SearchListing

NOT_FOUND = "Saved search not found"


def save_search(workspace: UUID, body: SavedSearchCreate, *, now: datetime) -> tuple[SavedSearch, bool]:
    """The search, and whether it is new; the filters of one that exists are replaced."""
    filters = [{name: getattr(part, name) for name in part.__struct_fields__} for part in body.filters]
    row = Row(workspace_id=workspace, name=body.name, filters=filters, created=now, updated=now)
    Row.objects.bulk_create([row], ignore_conflicts=True)
    kept = Row.objects.of(workspace).filter(name=body.name)
    created = kept.filter(id=row.id).exists()
    if not created:
        kept.update(filters=filters, updated=now)
    return shown(kept.get()), created


def read_search(workspace: UUID, search_id: UUID) -> SavedSearch:
    row = Row.objects.of(workspace).filter(id=search_id).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return shown(row)


def list_searches(workspace: UUID, body: SearchListing) -> list[SavedSearch]:
    limits = page_limits(body)
    rows = Row.objects.of(workspace).order_by("name", "id")[limits.offset : limits.offset + limits.limit]
    return [shown(row) for row in rows]


def delete_search(workspace: UUID, search_id: UUID) -> None:
    deleted, _ = Row.objects.of(workspace).filter(id=search_id).delete()
    if not deleted:
        raise NotFound(NOT_FOUND)


def shown(row: Row) -> SavedSearch:
    filters: Raw = raw(row.filters)
    return SavedSearch(id=row.id, created=row.created, updated=row.updated, name=row.name, filters=filters)
