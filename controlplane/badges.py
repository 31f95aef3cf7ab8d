"""The counts behind entries of the navigation: what a person would want to look at."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.shell import Badge
from runs.pages.visits import last_visit
from workspaces.permissions import Permission
from workspaces.services.callers import Place

MOST = 100
UNSEEN = timedelta(days=1)
"""What counts for a person who was not on the page of runs before."""


class Counts(Struct, frozen=True):
    failures: int
    abandoned: int
    incidents: int


count_badges = Statements(Path(__file__).parent / "badges.sql").one("count_badges", Counts)


def badges(place: Place, session: Any, channels: int) -> dict[str, Badge]:
    """By the name of the page's address; nothing for what the person may not see. `channels`: those in trouble."""
    now = datetime.now(UTC)
    counts = count(place.workspace_id, last_visit(session, place.workspace_id) or now - UNSEEN, now)
    found = [
        ("runs", Permission.SEE_FLOWS, counts.failures, "run{} failed since you were here", "failed"),
        ("workers", Permission.SEE_WORKERS, counts.abandoned, "pool{} with waiting runs and no worker", "late"),
        ("notifications", Permission.SEE_NOTIFICATIONS, channels, "channel{} in trouble", "failed"),
        ("incidents", Permission.SEE_INCIDENTS, counts.incidents, "incident{} open", "failed"),
    ]
    return {
        page: badge(number, words.format("" if number == 1 else "s"), state)
        for page, needs, number, words, state in found
        if number and needs in place.grants
    }


def count(workspace: UUID, since: datetime, now: datetime) -> Counts:
    with workspace_transaction(workspace):
        found = count_badges(workspace=workspace, since=since, now=now, most=MOST)
    assert found is not None
    return found


def badge(number: int, words: str, state: str) -> Badge:
    text = f"{MOST - 1}+" if number >= MOST else str(number)
    return Badge(text, f"{text} {words}", state)
