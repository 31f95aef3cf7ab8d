"""What was told long ago is forgotten."""

from datetime import datetime, timedelta

from django.conf import settings

from controlplane.sql.transactions import system_transaction
from notifications import queries

MOST_ROWS = 5_000
MOST_PASSES = 20


def forget_old_notifications(now: datetime) -> int:
    """Of all workspaces, in steps that hold no lock for long. Returns how many rows went; more may be left."""
    before, gone = now - timedelta(days=settings.KEEP_NOTIFICATIONS_DAYS), 0
    for forget in (queries.forget_old_messages, queries.forget_old_alerts):
        for _ in range(MOST_PASSES):
            with system_transaction():
                went = forget(before=before, most=MOST_ROWS)
            gone += went
            if went < MOST_ROWS:
                break
    return gone
