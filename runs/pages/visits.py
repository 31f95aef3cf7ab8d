"""When a person was last on the page of runs, in their session: what failed since then is news."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

KEY = "runs_seen"
EXACT = timedelta(seconds=10)
"""A visit so soon after the last writes nothing."""
MOST = 50


def note_visit(session: Any, workspace: UUID, now: datetime) -> None:
    before = last_visit(session, workspace)
    if before is not None and now - before < EXACT:
        return
    others = [(id, seen) for id, seen in session.get(KEY, {}).items() if id != str(workspace)]
    session[KEY] = dict([*others, (str(workspace), now.timestamp())][-MOST:])


def last_visit(session: Any, workspace: UUID) -> datetime | None:
    seen = session.get(KEY, {}).get(str(workspace))
    return None if seen is None else datetime.fromtimestamp(seen, UTC)
