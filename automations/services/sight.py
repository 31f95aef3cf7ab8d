"""The enabled automations of all workspaces, in the memory of a process that evaluates.

Follows the table by the transaction that changed a row: each pass reads what changed since the one before, which is
nearly always nothing. That an automation is still what is remembered is checked under its lock before it is judged.
"""

import logging
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from automations import queries_evaluation as queries
from automations.rules.watching import Index, Watched

log = logging.getLogger(__name__)


class Sight(Struct):
    """`since` is the oldest transaction that was open when a pass began that was committed.

    Moved only then: a crash of PostgreSQL gives out numbers again that nothing was committed above.
    """

    index: Index = field(default_factory=Index)
    since: int = 0
    sampled: dict[tuple[UUID, str], tuple[datetime, int]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Take in what was changed, in a system transaction."""
        for row in queries.read_changed_automations(since=str(self.since)):
            known = self.index.find(row.workspace_id, row.id)
            if known is not None and known.version == row.version:
                continue
            self.index.drop(row.workspace_id, row.id)
            if not row.enabled:
                continue
            try:
                self.index.put(Watched(row.workspace_id, row, row.version))
            except ValueError:
                log.exception("An automation cannot be read", extra={"automation_id": str(row.id)})

    def hold(self, watched: set[Watched]) -> set[Watched]:
        """Lock automations. Those that were changed or deleted meanwhile are not among the answers, and forgotten."""
        if not watched:
            return set()
        ordered = sorted(watched, key=lambda one: one.id)
        locked = queries.lock_automations(
            workspaces=[one.workspace for one in ordered], ids=[one.id for one in ordered]
        )
        versions = {one.id: one.version for one in locked}
        current = {one for one in ordered if versions.get(one.id) == one.version}
        for one in watched - current:
            self.index.drop(one.workspace, one.id)
        return current


sight = Sight()
