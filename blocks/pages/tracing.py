"""What uses a block or a variable, and what was done with it."""

from collections.abc import Iterable
from uuid import UUID

from msgspec import json

from blocks.queries_pages import Use
from workspaces.services import audit
from workspaces.wire import AuditEntry, AuditFilter

PAGES = {"deployment": "deployment", "work_pool": "work_pool", "block": "block", "automation": "automation"}
KINDS = {
    "deployment": "Deployment", "work_pool": "Work pool", "block": "Block", "automation": "Automation",
    "policy": "Notification policy", "result_storage": "Results",
}  # fmt: skip
HISTORY = 20
Shown = tuple[str, str, Use]
"""The words for its kind, the name of its page, and the use."""


def shown(uses: Iterable[Use]) -> list[Shown]:
    return [(KINDS[use.kind], PAGES.get(use.kind, ""), use) for use in uses]


def history_of(workspace: UUID, kind: str, id: UUID) -> list[tuple[AuditEntry, list[str]]]:
    """The newest entries of the trail, each with what it says of the fields."""
    entries = audit.list_entries([workspace], AuditFilter(target_kinds=[kind], target_id=str(id), limit=HISTORY))
    return [(entry, [words(*change) for change in sorted(json.decode(entry.changes).items())]) for entry in entries]


def words(name: str, change: object) -> str:
    """Of a secret only its name; otherwise what it was and what it is."""
    if not isinstance(change, list) or len(change) != 2:
        return name
    before, after = (value if isinstance(value, str) else json.encode(value).decode() for value in change)
    return f"{name}: {before} → {after}"
